"""Zipline's sets as sets of metrics, so that a script can take one, leave some out and add its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from rustybt import metrics
from rustybt.zipline.finance.metrics import _statistics
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
    Returns,
    ReturnsStatistic,
    SimpleLedgerField,
    StartOfPeriodLedgerField,
    Transactions,
    _ClassicRiskMetrics,
    _ConstantCumulativeRiskMetric,
)

STARTING: Final = {"positions_exposure": "exposure", "positions_value": "value", "cash": "cash"}
"""What is told of a day's start and its end, and how its columns end."""
SUMS: Final = ("longs_count", "shorts_count", "long_value", "short_value", "long_exposure", "short_exposure")


def default_metrics() -> set[Any]:
    """The metrics whose columns Zipline's performance frame has."""
    found: set[Any] = {
        Returns(),
        BenchmarkReturnsAndVolatility(),
        PNL(),
        CashFlow(),
        Orders(),
        Transactions(),
        SimpleLedgerField("positions"),
        AlphaBeta(),
        MaxLeverage(),
        NumTradingDays(),
        PeriodLabel(),
        DailyLedgerField("portfolio.portfolio_value"),
        DailyLedgerField("account.gross_leverage"),
        DailyLedgerField("account.net_leverage"),
        ReturnsStatistic(_statistics.annual_volatility, "algo_volatility"),
        ReturnsStatistic(_statistics.sharpe_ratio, "sharpe"),
        ReturnsStatistic(_statistics.sortino_ratio, "sortino"),
        ReturnsStatistic(_statistics.max_drawdown),
        *(_ConstantCumulativeRiskMetric(name, 0.0) for name in ("excess_return", "treasury_period_return")),
        *(DailyLedgerField(f"position_tracker.stats.{name}") for name in SUMS),
    }
    for field, column in STARTING.items():
        found.add(StartOfPeriodLedgerField(f"portfolio.{field}", f"starting_{column}"))
        found.add(DailyLedgerField(f"portfolio.{field}", f"ending_{column}"))
    return found


def classic_metrics() -> set[Any]:
    """The same, and the risk report over 1, 3, 6 and 12 months at the end: `context.risk_report`."""
    return default_metrics() | {_ClassicRiskMetrics()}


OWN: Final[Mapping[str, Callable[[], Iterable[Any]]]] = {"default": default_metrics, "classic": classic_metrics}


class _Sets(Mapping[str, Callable[[], Iterable[Any]]]):
    """The functions that make the sets, by name; read-only."""

    def __getitem__(self, name: str) -> Callable[[], Iterable[Any]]:
        return OWN.get(name) or metrics.metrics_sets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(metrics.metrics_sets)

    def __len__(self) -> int:
        return len(metrics.metrics_sets)


metrics_sets: Final = _Sets()


def load(name: str) -> set[Any]:
    """A new set of that name. Raises InputError, a ValueError, where there is none."""
    return OWN[name]() if name in OWN else metrics.load(name)  # type: ignore[return-value]
