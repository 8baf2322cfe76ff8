"""So much per contract, and what the exchange charges per order."""

from __future__ import annotations

import functools
from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import FeeKind
from rustybt.errors import InputError
from rustybt.execution._offer import Fill
from rustybt.execution.commission._base import FutureCommissionModel, Parts, amount, as_money, per_unit
from rustybt.execution.commission._exchange_fees import EXCHANGE_FEE_OF_ROOT

DEFAULT_PER_CONTRACT_COST = "0.85"


class PerContract(FutureCommissionModel):
    """A cost per contract, and an exchange's fee once per order.

    The default for futures, as in Zipline: 0.85 a contract and the fees of `EXCHANGE_FEE_OF_ROOT`.

    cost, exchange_fee: money, or money by root symbol; roots that are not named cost 0.85, and have the fee of that
    table. min_trade_cost: the least that an order costs; later fills of it pay only what exceeds it.

    >>> import polars as pl
    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> days = ["2024-01-02", "2024-01-03"]
    >>> bars = pl.DataFrame({"date": days, "open": 70, "high": 73, "low": 69, "close": [70, 71], "volume": 900})
    >>> def handle_data(context, data):
    ...     context.order_target(context.future_symbol("CLG24"), 10)
    >>> blotter = SimulationBlotter(future_commission=commission.PerContract(cost="0.85", exchange_fee="1.50"))
    >>> round(run(handle_data, {"CLG24": bars}, assets={"type": "future"}, blotter=blotter).metrics["commission"], 2)
    Decimal('10.00')
    """

    itemised = True

    _set_by_init = ("_costs", "_fees", "_minimum")

    def __init__(self, cost: Any, exchange_fee: Any, min_trade_cost: Any = 0) -> None:
        self.cost = cost
        self.exchange_fee = exchange_fee
        self.min_trade_cost = min_trade_cost
        name = type(self).__name__
        self._costs = _by_root(cost, f"{name}(cost)")
        self._fees = _exchange_fees(exchange_fee, f"{name}(exchange_fee)")
        self._minimum = as_money(*amount(min_trade_cost or 0, f"{name}(min_trade_cost)"))

    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        root = getattr(order.instrument.asset, "root_symbol", None)
        cost = self._costs.get(root) or self._costs.get(None) or DEFAULT_COST
        return per_unit(order, fill.quantity, cost, self._exchange_fee(root), self._minimum)

    def parts(self, order: WorkingOrder, fee: int) -> Parts:
        exchange = 0 if order.commission else self._exchange_fee(getattr(order.instrument.asset, "root_symbol", None))
        return ((FeeKind.COMMISSION, fee - exchange), (FeeKind.EXCHANGE_FEE, exchange))

    def _exchange_fee(self, root: str | None) -> int:
        fee = self._fees.get(root, self._fees.get(None))
        if fee is None:
            raise InputError(
                f"{type(self).__name__} knows no exchange fee for futures of the root {root!r}. Set it in initialize: "
                f"set_commission(us_futures=PerContract(cost={self.cost!r}, exchange_fee={{{root!r}: 1.50}}))."
            )
        return fee

    def parameters(self) -> dict[str, str]:
        return {
            "cost": _shown(self.cost),
            "exchange_fee": _shown(self.exchange_fee),
            "min_trade_cost": str(self.min_trade_cost),
        }


DEFAULT_COST = amount(DEFAULT_PER_CONTRACT_COST, "the cost of a contract")


def _by_root(given: Any, what: str) -> dict[str | None, tuple[int, int]]:
    """Amounts by root symbol; under None the one that holds for every root."""
    if not isinstance(given, dict):
        return {None: amount(given, what)}
    return {root: amount(value, f"{what} of {root!r}") for root, value in given.items()}


def _exchange_fees(given: Any, what: str) -> dict[str | None, int]:
    """Money by root symbol: what was given, and what the table of the exchanges' fees says of the other roots."""
    if not isinstance(given, dict):
        return {None: as_money(*amount(given, what))}
    own = {root: fee for root, fee in given.items() if fee is not EXCHANGE_FEE_OF_ROOT.get(root)}
    return _known_fees() | {root: as_money(*fee) for root, fee in _by_root(own, what).items()}


@functools.cache
def _known_fees() -> dict[str | None, int]:
    return {root: as_money(*fee) for root, fee in _by_root(EXCHANGE_FEE_OF_ROOT, "exchange fee").items()}


def _shown(given: Any) -> str:
    return "<varies>" if isinstance(given, dict) else str(given)
