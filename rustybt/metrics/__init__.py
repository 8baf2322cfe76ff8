"""Measures of a run, exact and with declared digits: 18 decimals, half-even, None only where a docstring says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt.metrics._against import (
        arithmetic_alpha,
        correlation,
        down_capture,
        information_ratio,
        tracking_error,
        treynor,
        up_capture,
    )
    from rustybt.metrics._against_benchmark import BenchmarkStatistics, benchmark_statistics
    from rustybt.metrics._alpha import alpha
    from rustybt.metrics._beta import beta
    from rustybt.metrics._brinson import brinson
    from rustybt.metrics._by_period import by_period
    from rustybt.metrics._calmar import calmar
    from rustybt.metrics._columns import ALWAYS_ZERO, BENCHMARK_STATISTICS, STATISTICS
    from rustybt.metrics._component_value_at_risk import component_value_at_risk
    from rustybt.metrics._concentration import concentration
    from rustybt.metrics._downside_deviation import downside_deviation
    from rustybt.metrics._drawdowns import drawdowns, longest_under_water, time_under_water, under_water
    from rustybt.metrics._expanding import ExpandingStatistics, expanding_statistics
    from rustybt.metrics._exposure import average_exposure
    from rustybt.metrics._factors import FactorRegression, factor_regression
    from rustybt.metrics._gain_to_pain import gain_to_pain
    from rustybt.metrics._histogram import histogram
    from rustybt.metrics._kelly import kelly
    from rustybt.metrics._kurtosis import kurtosis
    from rustybt.metrics._leverage import average_leverage, max_leverage
    from rustybt.metrics._max_drawdown import max_drawdown, max_drawdown_of_values
    from rustybt.metrics._objects import DailyLedgerField, ReturnsStatistic, SimpleLedgerField, StartOfPeriodLedgerField
    from rustybt.metrics._omega import omega
    from rustybt.metrics._path import growth_path
    from rustybt.metrics._probabilistic_sharpe import minimum_track_record, probabilistic_sharpe
    from rustybt.metrics._recovery_factor import recovery_factor
    from rustybt.metrics._returns import annual_return, calendar_return, total_return
    from rustybt.metrics._risk_report import risk_report
    from rustybt.metrics._rolling import rolling
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
    from rustybt.metrics._sharpe import sharpe, sharpe_error, sharpe_interval
    from rustybt.metrics._skewness import skewness
    from rustybt.metrics._sortino import sortino
    from rustybt.metrics._summary import Figures, summary
    from rustybt.metrics._table import further_figures, table
    from rustybt.metrics._tail_ratio import tail_ratio
    from rustybt.metrics._trade_table import trade_table
    from rustybt.metrics._ulcer_index import martin, ulcer_index
    from rustybt.metrics._value_at_risk import conditional_value_at_risk, value_at_risk
    from rustybt.metrics._volatility import volatility
    from rustybt.metrics._wins import expectancy, longest_streaks, payoff_ratio, profit_factor, win_rate
    from rustybt.metrics._with_statistics import statistics_columns, with_statistics
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.metrics._against": (
                "arithmetic_alpha",
                "correlation",
                "down_capture",
                "information_ratio",
                "tracking_error",
                "treynor",
                "up_capture",
            ),
            "rustybt.metrics._against_benchmark": (
                "BenchmarkStatistics",
                "benchmark_statistics",
            ),
            "rustybt.metrics._alpha": ("alpha",),
            "rustybt.metrics._beta": ("beta",),
            "rustybt.metrics._brinson": ("brinson",),
            "rustybt.metrics._by_period": ("by_period",),
            "rustybt.metrics._calmar": ("calmar",),
            "rustybt.metrics._component_value_at_risk": ("component_value_at_risk",),
            "rustybt.metrics._concentration": ("concentration",),
            "rustybt.metrics._downside_deviation": ("downside_deviation",),
            "rustybt.metrics._drawdowns": (
                "drawdowns",
                "longest_under_water",
                "time_under_water",
                "under_water",
            ),
            "rustybt.metrics._expanding": (
                "ExpandingStatistics",
                "expanding_statistics",
            ),
            "rustybt.metrics._exposure": ("average_exposure",),
            "rustybt.metrics._factors": (
                "FactorRegression",
                "factor_regression",
            ),
            "rustybt.metrics._gain_to_pain": ("gain_to_pain",),
            "rustybt.metrics._histogram": ("histogram",),
            "rustybt.metrics._kelly": ("kelly",),
            "rustybt.metrics._kurtosis": ("kurtosis",),
            "rustybt.metrics._leverage": (
                "average_leverage",
                "max_leverage",
            ),
            "rustybt.metrics._max_drawdown": (
                "max_drawdown",
                "max_drawdown_of_values",
            ),
            "rustybt.metrics._objects": (
                "DailyLedgerField",
                "ReturnsStatistic",
                "SimpleLedgerField",
                "StartOfPeriodLedgerField",
            ),
            "rustybt.metrics._omega": ("omega",),
            "rustybt.metrics._path": ("growth_path",),
            "rustybt.metrics._probabilistic_sharpe": (
                "minimum_track_record",
                "probabilistic_sharpe",
            ),
            "rustybt.metrics._recovery_factor": ("recovery_factor",),
            "rustybt.metrics._returns": (
                "annual_return",
                "calendar_return",
                "total_return",
            ),
            "rustybt.metrics._risk_report": ("risk_report",),
            "rustybt.metrics._rolling": ("rolling",),
            "rustybt.metrics._ruin": (
                "ruined_on",
                "ruined_row",
                "without_meaning",
            ),
            "rustybt.metrics._sets": (
                "HOOKS",
                "ClassicRiskReport",
                "DailyColumns",
                "load",
                "metrics_of",
                "metrics_sets",
                "register",
                "unregister",
            ),
            "rustybt.metrics._sharpe": (
                "sharpe",
                "sharpe_error",
                "sharpe_interval",
            ),
            "rustybt.metrics._skewness": ("skewness",),
            "rustybt.metrics._sortino": ("sortino",),
            "rustybt.metrics._columns": ("ALWAYS_ZERO", "BENCHMARK_STATISTICS", "STATISTICS"),
            "rustybt.metrics._summary": ("Figures", "summary"),
            "rustybt.metrics._table": (
                "further_figures",
                "table",
            ),
            "rustybt.metrics._tail_ratio": ("tail_ratio",),
            "rustybt.metrics._trade_table": ("trade_table",),
            "rustybt.metrics._ulcer_index": (
                "martin",
                "ulcer_index",
            ),
            "rustybt.metrics._value_at_risk": (
                "conditional_value_at_risk",
                "value_at_risk",
            ),
            "rustybt.metrics._volatility": ("volatility",),
            "rustybt.metrics._with_statistics": ("statistics_columns", "with_statistics"),
            "rustybt.metrics._wins": (
                "expectancy",
                "longest_streaks",
                "payoff_ratio",
                "profit_factor",
                "win_rate",
            ),
        },
    )

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
    "FactorRegression",
    "Figures",
    "ReturnsStatistic",
    "SimpleLedgerField",
    "StartOfPeriodLedgerField",
    "alpha",
    "annual_return",
    "arithmetic_alpha",
    "average_exposure",
    "average_leverage",
    "benchmark_statistics",
    "beta",
    "brinson",
    "by_period",
    "calendar_return",
    "calmar",
    "component_value_at_risk",
    "concentration",
    "conditional_value_at_risk",
    "correlation",
    "down_capture",
    "downside_deviation",
    "drawdowns",
    "expanding_statistics",
    "expectancy",
    "factor_regression",
    "further_figures",
    "gain_to_pain",
    "growth_path",
    "histogram",
    "information_ratio",
    "kelly",
    "kurtosis",
    "load",
    "longest_streaks",
    "longest_under_water",
    "martin",
    "max_drawdown",
    "max_drawdown_of_values",
    "max_leverage",
    "metrics_of",
    "metrics_sets",
    "minimum_track_record",
    "omega",
    "payoff_ratio",
    "probabilistic_sharpe",
    "profit_factor",
    "recovery_factor",
    "register",
    "risk_report",
    "rolling",
    "ruined_on",
    "ruined_row",
    "sharpe",
    "sharpe_error",
    "sharpe_interval",
    "skewness",
    "sortino",
    "statistics_columns",
    "summary",
    "table",
    "tail_ratio",
    "time_under_water",
    "total_return",
    "tracking_error",
    "trade_table",
    "treynor",
    "ulcer_index",
    "under_water",
    "unregister",
    "up_capture",
    "value_at_risk",
    "volatility",
    "win_rate",
    "with_statistics",
    "without_meaning",
]


def __dir__() -> list[str]:
    return sorted(__all__)
