"""So much per order in a future."""

from __future__ import annotations

from typing import Any

from rustybt.execution.commission._per_contract import PerContract


class PerFutureTrade(PerContract):
    """A cost per order, paid with its first fill, however many contracts it is for.

    cost: money, or money by root symbol; roots that are not named have their exchange's fee.
    """

    itemised = False

    def __init__(self, cost: Any = 0) -> None:
        super().__init__(0, cost)
        self.cost = cost

    def parameters(self) -> dict[str, str]:
        return {"cost": super().parameters()["exchange_fee"]}
