"""Sets of metrics, and the metrics of which Zipline's own sets are made."""

from rustybt.zipline.finance.metrics._sets import classic_metrics, default_metrics, load, metrics_sets
from rustybt.zipline.finance.metrics.core import register, unregister
from rustybt.zipline.finance.metrics.metric import (
    PNL,
    AlphaBeta,
    BenchmarkReturnsAndVolatility,
    CashFlow,
    DailyLedgerField,
    MaxLeverage,
    NumTradingDays,
    Orders,
    PeriodLabel,
    Positions,
    Returns,
    ReturnsStatistic,
    SimpleLedgerField,
    StartOfPeriodLedgerField,
    Transactions,
    _ClassicRiskMetrics,
    _ConstantCumulativeRiskMetric,
)

__all__ = [
    "PNL",
    "AlphaBeta",
    "BenchmarkReturnsAndVolatility",
    "CashFlow",
    "DailyLedgerField",
    "MaxLeverage",
    "NumTradingDays",
    "Orders",
    "PeriodLabel",
    "Positions",
    "Returns",
    "ReturnsStatistic",
    "SimpleLedgerField",
    "StartOfPeriodLedgerField",
    "Transactions",
    "_ClassicRiskMetrics",
    "_ConstantCumulativeRiskMetric",
    "classic_metrics",
    "default_metrics",
    "load",
    "metrics_sets",
    "register",
    "unregister",
]
