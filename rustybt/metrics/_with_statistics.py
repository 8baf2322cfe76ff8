"""The daily frame's statistics, a row a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import polars as pl

from rustybt.core import RATIO_SCALE, ExactColumn, frame_of, scaled_ints
from rustybt.metrics._against_benchmark import benchmark_statistics
from rustybt.metrics._checks import check_frame
from rustybt.metrics._columns import ALWAYS_ZERO, BENCHMARK, BENCHMARK_STATISTICS, DECIMALS, STATISTICS, daily_column
from rustybt.metrics._expanding import expanding_statistics
from rustybt.metrics._path import growth_path
from rustybt.metrics._ruin import without_meaning


def with_statistics(daily: pl.DataFrame, *, periods: int) -> pl.DataFrame:
    """The daily base frame with its statistics: STATISTICS, BENCHMARK_STATISTICS, `excess_return` and
    `treasury_period_return` (always 0), `trading_days` (Int64) and `period_label` ("YYYY-MM").

    daily: one row a session, ascending: session (Date), portfolio_value and pnl (Decimal(38, 20)), returns and
        gross_leverage (Decimal(38, 18), leverage null where the portfolio value is 0), and benchmark_returns
        (Decimal(38, 18)) where there is a benchmark; without one its returns count as 0.
    What an account that was ruined does not have is null, as `without_meaning` says.
    periods: sessions per year of the run's calendar.
    Raises InputError where a column is missing or has another scale.
    """
    check_frame(daily, ("session", *DECIMALS))
    values, pnl, returns, leverage = (_ints(daily, name) for name in DECIMALS)
    benchmark = _ints(daily, BENCHMARK) if BENCHMARK in daily.columns else None
    whole = (cast(list[int], values), cast(list[int], pnl), cast(list[int], returns))
    added = statistics_columns(daily["session"], *whole, leverage, cast(list[int] | None, benchmark), periods=periods)
    return without_meaning(daily.with_columns(*frame_of(added).get_columns()))


def statistics_columns(
    sessions: pl.Series,
    values: Sequence[int],
    pnl: Sequence[int],
    returns: Sequence[int],
    leverage: Sequence[int | None],
    benchmark: Sequence[int] | None,
    *,
    periods: int,
) -> list[pl.Series | ExactColumn]:
    """The columns that `with_statistics` adds, of a daily frame's own as integers."""
    path = growth_path(values, pnl, returns)
    statistics = expanding_statistics(returns, path, leverage, periods=periods)
    against = benchmark_statistics(returns, benchmark, periods=periods)
    exact = [ExactColumn(name, getattr(statistics, name), RATIO_SCALE) for name in STATISTICS]
    exact += [ExactColumn(name, getattr(against, name), RATIO_SCALE) for name in BENCHMARK_STATISTICS]
    exact += [ExactColumn(name, [0] * len(returns), RATIO_SCALE) for name in ALWAYS_ZERO]
    days = pl.Series("trading_days", range(1, len(returns) + 1), dtype=pl.Int64)
    return [*exact, days, sessions.dt.strftime("%Y-%m").alias("period_label")]


def _ints(daily: pl.DataFrame, name: str) -> list[int | None]:
    return scaled_ints(daily_column(daily, name))
