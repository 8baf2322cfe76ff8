"""So much per order in a future."""

from __future__ import annotations

from typing import Any

from rustybt.execution.commission._per_contract import PerContract


class PerFutureTrade(PerContract):
    """A cost per order, paid with its first fill, however many contracts it is for.

    cost: money, or money by root symbol; roots that are not named have their exchange's fee.

    >>> import polars as pl
    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> days = ["2024-01-02", "2024-01-03"]
    >>> bars = pl.DataFrame({"date": days, "open": 70, "high": 73, "low": 69, "close": [70, 71], "volume": 900})
    >>> def handle_data(context, data):
    ...     context.order_target(context.future_symbol("CLG24"), 10)
    >>> blotter = SimulationBlotter(future_commission=commission.PerFutureTrade(cost="2.50"))
    >>> round(run(handle_data, {"CLG24": bars}, assets={"type": "future"}, blotter=blotter).metrics["commission"], 2)
    Decimal('2.50')
    """

    itemised = False

    def __init__(self, cost: Any = 0) -> None:
        super().__init__(0, cost)
        self.cost = cost

    def parameters(self) -> dict[str, str]:
        return {"cost": super().parameters()["exchange_fee"]}
