"""Trading for nothing."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.execution._offer import Fill, unpacks
from rustybt.execution.commission._base import CommissionModel


class NoCommission(CommissionModel):
    """No fill costs anything."""

    @unpacks
    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        return 0

    def kernel(self) -> Any:
        return None if type(self) is NoCommission else NotImplemented
