"""Trading for nothing."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.execution._offer import Fill, unpacks
from rustybt.execution.commission._base import CommissionModel


class NoCommission(CommissionModel):
    """No fill costs anything.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = commission.NoCommission()
    >>> blotter = SimulationBlotter(equity_commission=model)
    >>> round(run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).metrics["commission"], 4)
    Decimal('0.0000')
    """

    @unpacks
    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        return 0

    def kernel(self) -> Any:
        return None if type(self) is NoCommission else NotImplemented
