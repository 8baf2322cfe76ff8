"""Commission models: RustyBT's own, under Zipline's names."""

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
]
