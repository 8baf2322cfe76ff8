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
    "load",
    "metrics_sets",
    "register",
    "unregister",
]
