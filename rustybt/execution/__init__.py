"""Orders meet bars: the blotter, the simulated broker, slippage and commission models."""

from rustybt._kernels import WorkingOrder
from rustybt.execution._at_open import work_at_open, work_rest
from rustybt.execution._blotter import Blotter, OrderEvent
from rustybt.execution._custom import commission_for, is_own, slippage_for
from rustybt.execution._order import WHY_OPEN
from rustybt.execution._simulated import Execution, SimulatedBroker
from rustybt.execution._simulation_blotter import BLOTTERS, SimulationBlotter, blotter_named, register_blotter

__all__ = [
    "BLOTTERS",
    "WHY_OPEN",
    "Blotter",
    "Execution",
    "OrderEvent",
    "SimulatedBroker",
    "SimulationBlotter",
    "WorkingOrder",
    "blotter_named",
    "commission_for",
    "is_own",
    "register_blotter",
    "slippage_for",
    "work_at_open",
    "work_rest",
]
