"""The simulated broker: triggers, execution, and the broker that joins them."""

from rustybt.execution.simulated._broker import ReadyOrder, SimulatedBroker
from rustybt.execution.simulated._triggers import Trigger, Triggers
from rustybt.execution.simulated._why import WhyOpen

__all__ = ["ReadyOrder", "SimulatedBroker", "Trigger", "Triggers", "WhyOpen"]
