"""Commission models: RustyBT's own, under Zipline's names."""

from __future__ import annotations

from typing import Any

from rustybt.execution.commission import (
    CommissionModel,
    EquityCommissionModel,
    FutureCommissionModel,
    NoCommission,
    PerContract,
    PerDollar,
    PerFutureTrade,
    PerShare,
    PerTrade,
)

__all__ = [
    "CommissionModel",
    "EquityCommissionModel",
    "FutureCommissionModel",
    "NoCommission",
    "PerContract",
    "PerDollar",
    "PerFutureTrade",
    "PerShare",
    "PerTrade",
    "calculate_per_unit_commission",
]


def calculate_per_unit_commission(
    order: Any, transaction: Any, cost_per_unit: float, initial_commission: float, min_trade_cost: float
) -> Any:
    """What a fill costs by the unit, over all fills of its order at least the minimum, and once the initial sum."""
    cost = abs(transaction.amount * cost_per_unit)
    if order.commission == 0:
        return max(min_trade_cost, cost + initial_commission)
    whole = abs(order.filled * cost_per_unit) + cost + initial_commission
    return 0 if whole < min_trade_cost else whole - order.commission
