"""A share of the money traded."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.execution._offer import Fill
from rustybt.execution.commission._base import EquityCommissionModel, amount, as_money


class PerDollar(EquityCommissionModel):
    """A cost per unit of money traded.

    cost: money per unit of money: 0.0015 is 15 basis points.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = commission.PerDollar(cost="0.001")
    >>> blotter = SimulationBlotter(equity_commission=model)
    >>> round(run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).metrics["commission"], 4)
    Decimal('13.0915')
    """

    _set_by_init = ("_cost",)

    def __init__(self, cost: Any = "0.0015") -> None:
        self.cost = cost
        self._cost = amount(cost, "PerDollar(cost)")

    @property
    def cost_per_dollar(self) -> float:
        """The cost of a unit of money, under the name that Zipline gives it."""
        return float(self.cost)

    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        value, scale = self._cost
        instrument = order.instrument
        money = abs(fill.quantity) * fill.price * instrument.multiplier
        return as_money(
            money * value, scale + instrument.quantity_scale + instrument.fill_scale + instrument.multiplier_scale
        )

    def parameters(self) -> dict[str, str]:
        return {"cost": str(self.cost)}
