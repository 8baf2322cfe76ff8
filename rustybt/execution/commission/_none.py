"""Trading for nothing."""

from __future__ import annotations

from rustybt.execution._order import WorkingOrder
from rustybt.execution.commission._base import CommissionModel


class NoCommission(CommissionModel):
    """No fill costs anything."""

    def fee(self, order: WorkingOrder, quantity: int, price: int) -> int:
        return 0
