"""Orders meet bars: the simulated broker, slippage and commission models."""

from rustybt._kernels import WorkingOrder
from rustybt.execution._custom import commission_for, is_own, slippage_for
from rustybt.execution._simulated import Execution, SimulatedBroker
from rustybt.execution._simulation_blotter import BLOTTERS, SimulationBlotter, blotter_named, register_blotter

__all__ = [
    "BLOTTERS",
    "Execution",
    "SimulatedBroker",
    "SimulationBlotter",
    "WorkingOrder",
    "blotter_named",
    "commission_for",
    "is_own",
    "register_blotter",
    "slippage_for",
]
