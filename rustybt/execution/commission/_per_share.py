"""So much per unit, with a minimum per order."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.execution._offer import Fill, unpacks
from rustybt.execution.commission._base import EquityCommissionModel, amount, as_money, per_unit


class PerShare(EquityCommissionModel):
    """A cost per unit traded. The default for equities, as in Zipline: 0.001, no minimum.

    cost: money per unit. min_trade_cost: the least that an order costs; later fills of it pay only what exceeds it.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = commission.PerShare(cost="0.005", min_trade_cost=1)
    >>> blotter = SimulationBlotter(equity_commission=model)
    >>> round(run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).metrics["commission"], 4)
    Decimal('1.0000')
    """

    _set_by_init = ("_cost", "_minimum")

    def __init__(self, cost: Any = "0.001", min_trade_cost: Any = 0) -> None:
        self.cost = cost
        self.min_trade_cost = min_trade_cost
        self._cost = amount(cost, "PerShare(cost)")
        self._minimum = as_money(*amount(min_trade_cost or 0, "PerShare(min_trade_cost)"))

    @property
    def cost_per_share(self) -> float:
        """The cost of a unit, under the name that Zipline gives it."""
        return float(self.cost)

    @unpacks
    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        quantity, _, _, _, _ = fill
        return per_unit(order, quantity, self._cost, 0, self._minimum)

    def kernel(self) -> Any:
        return (*self._cost, self._minimum) if type(self) is PerShare else NotImplemented

    def parameters(self) -> dict[str, str]:
        return {"cost": str(self.cost), "min_trade_cost": str(self.min_trade_cost)}
