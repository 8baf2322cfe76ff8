"""So much per order."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.execution._offer import Fill, unpacks
from rustybt.execution.commission._base import CommissionModel, amount, as_money


class PerTrade(CommissionModel):
    """A cost per order, paid with its first fill.

    cost: money per order.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = commission.PerTrade(cost="4.95")
    >>> blotter = SimulationBlotter(equity_commission=model)
    >>> round(run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).metrics["commission"], 4)
    Decimal('4.9500')
    """

    _set_by_init = ("_cost",)

    def __init__(self, cost: Any = 0) -> None:
        self.cost = cost
        self._cost = as_money(*amount(cost, "PerTrade(cost)"))

    @unpacks
    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        return 0 if order.commission else self._cost

    def parameters(self) -> dict[str, str]:
        return {"cost": str(self.cost)}
