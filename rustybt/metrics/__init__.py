"""Measures of a run, exact and with declared digits: 18 decimals, half-even, None only where a docstring says so."""

from rustybt.metrics._against_benchmark import BenchmarkStatistics, benchmark_statistics
from rustybt.metrics._alpha import alpha
from rustybt.metrics._beta import beta
from rustybt.metrics._expanding import ExpandingStatistics, expanding_statistics
from rustybt.metrics._exposure import average_exposure
from rustybt.metrics._leverage import average_leverage, max_leverage
from rustybt.metrics._max_drawdown import max_drawdown, max_drawdown_of_values
from rustybt.metrics._objects import DailyLedgerField, ReturnsStatistic, SimpleLedgerField, StartOfPeriodLedgerField
from rustybt.metrics._path import growth_path
from rustybt.metrics._returns import annual_return, total_return
from rustybt.metrics._risk_report import risk_report
from rustybt.metrics._ruin import ruined_on, ruined_row, without_meaning
from rustybt.metrics._sets import (
    HOOKS,
    ClassicRiskReport,
    DailyColumns,
    load,
    metrics_of,
    metrics_sets,
    register,
    unregister,
)
from rustybt.metrics._sharpe import sharpe
from rustybt.metrics._sortino import sortino
from rustybt.metrics._summary import (
    ALWAYS_ZERO,
    BENCHMARK_STATISTICS,
    STATISTICS,
    Figures,
    statistics_columns,
    summary,
    with_statistics,
)
from rustybt.metrics._volatility import volatility

__all__ = [
    "ALWAYS_ZERO",
    "BENCHMARK_STATISTICS",
    "HOOKS",
    "STATISTICS",
    "BenchmarkStatistics",
    "ClassicRiskReport",
    "DailyColumns",
    "DailyLedgerField",
    "ExpandingStatistics",
    "Figures",
    "ReturnsStatistic",
    "SimpleLedgerField",
    "StartOfPeriodLedgerField",
    "alpha",
    "annual_return",
    "average_exposure",
    "average_leverage",
    "benchmark_statistics",
    "beta",
    "expanding_statistics",
    "growth_path",
    "load",
    "max_drawdown",
    "max_drawdown_of_values",
    "max_leverage",
    "metrics_of",
    "metrics_sets",
    "register",
    "risk_report",
    "ruined_on",
    "ruined_row",
    "sharpe",
    "sortino",
    "statistics_columns",
    "summary",
    "total_return",
    "unregister",
    "volatility",
    "with_statistics",
    "without_meaning",
]


def __dir__() -> list[str]:
    return sorted(__all__)
