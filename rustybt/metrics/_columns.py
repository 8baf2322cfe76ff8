"""The columns of a daily frame that measures read, and those of its statistics."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.core import MONEY_SCALE, RATIO_SCALE
from rustybt.errors import InputError

STATISTICS: Final = (
    "algorithm_period_return",
    "algo_volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "max_leverage",
)
"""The Decimal(38, 18) columns that `with_statistics` adds, besides `trading_days` and `period_label`."""
BENCHMARK_STATISTICS: Final = ("benchmark_period_return", "benchmark_volatility", "alpha", "beta")
"""Those that compare with a benchmark, Decimal(38, 18) too."""
ALWAYS_ZERO: Final = ("excess_return", "treasury_period_return")
"""Zipline has these columns and knows no riskless rate: 0 in every session, there and here."""
BENCHMARK: Final = "benchmark_returns"
DECIMALS: Final = {
    "portfolio_value": MONEY_SCALE,
    "pnl": MONEY_SCALE,
    "returns": RATIO_SCALE,
    "gross_leverage": RATIO_SCALE,
}
"""The columns that statistics are made of, and how many decimals each has."""


def daily_column(daily: pl.DataFrame, name: str) -> pl.Series:
    """A column. Raises InputError where it is missing, has another scale, or nulls that it may not have."""
    if name not in daily.columns:
        raise InputError(f"daily: there is no column {name!r}, only {daily.columns}. Pass the engine's daily frame.")
    column = daily[name]
    if not (isinstance(column.dtype, pl.Decimal) and column.dtype.scale == DECIMALS.get(name, RATIO_SCALE)):
        scale = DECIMALS.get(name, RATIO_SCALE)
        raise InputError(f"daily: {name!r} is {column.dtype}. Pass it as Decimal(38, {scale}).")
    if name != "gross_leverage" and column.null_count():
        raise InputError(f"daily: {name!r} has nulls. Pass a value for every session.")
    return column
