"""Orders meet bars: the broker protocol, the simulated broker, slippage and commission models."""

from typing import TYPE_CHECKING

from rustybt._kernels import WorkingOrder
from rustybt._lazy import when_asked
from rustybt.execution._broker import Broker, SavedBroker
from rustybt.execution._custom import check_model, commission_for, is_own, slippage_for
from rustybt.execution._offer import Fill, Offer
from rustybt.execution._simulation_blotter import BLOTTERS, SimulationBlotter, blotter_named, register_blotter
from rustybt.execution._uninitialised import behind, check_initialised
from rustybt.execution.simulated import (
    READINGS,
    AmbiguousBar,
    Meeting,
    SimulatedBroker,
    Triggers,
    WhyOpen,
)

if TYPE_CHECKING:
    from rustybt.execution.simulated import Past, PastEvent, history_of
else:
    __getattr__ = when_asked(__name__, {"rustybt.execution.simulated": ("Past", "PastEvent", "history_of")})

__all__ = [
    "BLOTTERS",
    "READINGS",
    "AmbiguousBar",
    "Broker",
    "Fill",
    "Meeting",
    "Offer",
    "Past",
    "PastEvent",
    "SavedBroker",
    "SimulatedBroker",
    "SimulationBlotter",
    "Triggers",
    "WhyOpen",
    "WorkingOrder",
    "behind",
    "blotter_named",
    "check_initialised",
    "check_model",
    "commission_for",
    "history_of",
    "is_own",
    "register_blotter",
    "slippage_for",
]


def __dir__() -> list[str]:
    return sorted([*__all__, "cancel_policy", "commission", "impact", "slippage", "spreads"])
