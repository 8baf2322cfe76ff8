"""Orders meet bars: the blotter, the simulated broker, slippage and commission models."""

from rustybt.execution._blotter import Blotter, OrderEvent
from rustybt.execution._custom import commission_for, slippage_for
from rustybt.execution._order import WHY_OPEN, WorkingOrder
from rustybt.execution._simulated import Execution, SimulatedBroker

__all__ = [
    "WHY_OPEN",
    "Blotter",
    "Execution",
    "OrderEvent",
    "SimulatedBroker",
    "WorkingOrder",
    "commission_for",
    "slippage_for",
]
