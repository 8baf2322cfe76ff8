"""How the orders of a run are executed, as one value: `run_algorithm(blotter=)` takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rustybt.core import Asset
from rustybt.errors import InputError
from rustybt.execution._broker import Broker
from rustybt.execution.cancel_policy import NeverCancel
from rustybt.execution.commission import DEFAULT_PER_CONTRACT_COST, EXCHANGE_FEE_OF_ROOT, PerContract, PerShare
from rustybt.execution.slippage import FixedBasisPointsSlippage, VolatilityVolumeShare

FUTURE_VOLUME_LIMIT: Final = "0.05"


class SimulationBlotter:
    """Models and cancel policy of a run; what is not given is Zipline's default. `initialize` may change them.

    slippage, commission: the models for "equity", which is all but futures, and for "future".

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission, slippage
    >>> cheap = SimulationBlotter(equity_slippage=slippage.NoSlippage(), equity_commission=commission.NoCommission())
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 10)
    >>> run(handle_data, start="2010-01-04", end="2010-01-05", blotter=cheap).metrics["commission"]
    Decimal('0E-20')
    """

    def __init__(
        self,
        equity_slippage: Any = None,
        future_slippage: Any = None,
        equity_commission: Any = None,
        future_commission: Any = None,
        cancel_policy: Any = None,
    ) -> None:
        self.slippage: dict[str | Asset, Any] = {
            "equity": equity_slippage or FixedBasisPointsSlippage(),
            "future": future_slippage or VolatilityVolumeShare(FUTURE_VOLUME_LIMIT),
        }
        self.commission: dict[str | Asset, Any] = {
            "equity": equity_commission or PerShare(),
            "future": future_commission or PerContract(DEFAULT_PER_CONTRACT_COST, EXCHANGE_FEE_OF_ROOT),
        }
        self.cancel_policy = cancel_policy or NeverCancel()

    def broker(self, simulated: Broker) -> Broker:
        """The broker of a run, called once after `initialize`: the simulated one.

        A subclass may put another one around it, which passes on what it is asked and what is reported, or in its
        place.
        """
        return simulated

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.slippage}, {self.commission}, {self.cancel_policy})"


BLOTTERS: Final[dict[str, Callable[[], SimulationBlotter]]] = {"default": SimulationBlotter}
"""Makers of blotters by name; a dict to add one's own to."""


def register_blotter(name: str, make: Callable[[], SimulationBlotter]) -> None:
    """Gives a blotter a name, for run_algorithm(blotter=name). make: called for each run.

    >>> from rustybt import SimulationBlotter, register_blotter, run
    >>> from rustybt.api import commission
    >>> register_blotter("free", lambda: SimulationBlotter(equity_commission=commission.NoCommission()))
    >>> run(lambda context, data: None, start="2010-01-04", end="2010-01-05", blotter="free").manifest["commission"]
    'NoCommission()'
    """
    BLOTTERS[name] = make


def blotter_named(value: Any) -> SimulationBlotter:
    """A blotter from what `run_algorithm(blotter=)` takes: a name, a SimulationBlotter, or nothing."""
    if value is None:
        return SimulationBlotter()
    made = value
    if isinstance(value, str):
        if value not in BLOTTERS:
            raise InputError(
                f"blotter={value!r} is not known, only {', '.join(map(repr, BLOTTERS))}. "
                "Add it with rustybt.register_blotter(name, make)."
            )
        made = BLOTTERS[value]()
    if not isinstance(made, SimulationBlotter):
        raise InputError(f"blotter={value!r}: pass a SimulationBlotter, or the name of one.")
    return made
