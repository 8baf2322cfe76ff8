"""Orders meet bars: the simulated broker, slippage and commission models."""

from rustybt._kernels import WorkingOrder
from rustybt.execution._at_open import work_at_open, work_rest
from rustybt.execution._custom import check_model, commission_for, is_own, slippage_for
from rustybt.execution._simulated import Execution, SimulatedBroker
from rustybt.execution._simulation_blotter import BLOTTERS, SimulationBlotter, blotter_named, register_blotter
from rustybt.execution._uninitialised import behind, check_initialised

__all__ = [
    "BLOTTERS",
    "Execution",
    "SimulatedBroker",
    "SimulationBlotter",
    "WorkingOrder",
    "behind",
    "blotter_named",
    "check_initialised",
    "check_model",
    "commission_for",
    "is_own",
    "register_blotter",
    "slippage_for",
    "work_at_open",
    "work_rest",
]
