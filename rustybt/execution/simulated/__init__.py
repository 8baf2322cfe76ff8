"""The simulated broker: triggers, execution, and the broker that joins them."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.execution.simulated._broker import ReadyOrder, SimulatedBroker
from rustybt.execution.simulated._readings import READINGS, AmbiguousBar
from rustybt.execution.simulated._transit import Meeting
from rustybt.execution.simulated._triggers import Trigger, Triggers

if TYPE_CHECKING:
    from rustybt.execution.simulated._history import Past, PastEvent, history_of
    from rustybt.execution.simulated._why import WhyOpen
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.execution.simulated._history": (
                "Past",
                "PastEvent",
                "history_of",
            ),
            "rustybt.execution.simulated._why": ("WhyOpen",),
        },
    )


__all__ = [
    "READINGS",
    "AmbiguousBar",
    "Meeting",
    "Past",
    "PastEvent",
    "ReadyOrder",
    "SimulatedBroker",
    "Trigger",
    "Triggers",
    "WhyOpen",
    "history_of",
]
