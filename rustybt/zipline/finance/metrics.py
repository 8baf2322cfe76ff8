"""Sets of metrics: RustyBT's own registry, under Zipline's names."""

from rustybt.metrics import (
    DailyLedgerField,
    ReturnsStatistic,
    SimpleLedgerField,
    StartOfPeriodLedgerField,
    load,
    metrics_sets,
    register,
    unregister,
)

__all__ = [
    "DailyLedgerField",
    "ReturnsStatistic",
    "SimpleLedgerField",
    "StartOfPeriodLedgerField",
    "classic_metrics",
    "default_metrics",
    "load",
    "metrics_sets",
    "register",
    "unregister",
]

default_metrics = metrics_sets["default"]
classic_metrics = metrics_sets["classic"]
