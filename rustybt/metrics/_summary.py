"""The daily frame's statistics, and the basic figures of a run."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

import polars as pl

from rustybt.core import MONEY_SCALE, RATIO_SCALE, ExactColumn, as_decimal, frame_of, scaled_ints
from rustybt.errors import InputError
from rustybt.metrics._against_benchmark import benchmark_statistics
from rustybt.metrics._expanding import expanding_statistics
from rustybt.metrics._exposure import average_exposure
from rustybt.metrics._leverage import average_leverage, max_leverage
from rustybt.metrics._numbers import exact_sum
from rustybt.metrics._path import growth_path
from rustybt.metrics._returns import annualised
from rustybt.metrics._ruin import ruined_row, without_meaning

STATISTICS = (
    "algorithm_period_return",
    "algo_volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "max_leverage",
)
"""The Decimal(38, 18) columns that `with_statistics` adds, besides `trading_days` and `period_label`."""
BENCHMARK_STATISTICS = ("benchmark_period_return", "benchmark_volatility", "alpha", "beta")
"""Those that compare with a benchmark, Decimal(38, 18) too."""
ALWAYS_ZERO = ("excess_return", "treasury_period_return")
"""Zipline has these columns and knows no riskless rate: 0 in every session, there and here."""
_DECIMALS = {"portfolio_value": MONEY_SCALE, "pnl": MONEY_SCALE, "returns": RATIO_SCALE, "gross_leverage": RATIO_SCALE}
BENCHMARK = "benchmark_returns"

type Figures = dict[str, Decimal | int | None]


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
    values, pnl, returns, leverage = (_ints(daily, name) for name in _DECIMALS)
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
    return scaled_ints(_column(daily, name))


def _column(daily: pl.DataFrame, name: str) -> pl.Series:
    if name not in daily.columns:
        raise InputError(f"daily: there is no column {name!r}, only {daily.columns}. Pass the engine's daily frame.")
    column = daily[name]
    if not (isinstance(column.dtype, pl.Decimal) and column.dtype.scale == _DECIMALS.get(name, RATIO_SCALE)):
        scale = _DECIMALS.get(name, RATIO_SCALE)
        raise InputError(f"daily: {name!r} is {column.dtype}. Pass it as Decimal(38, {scale}).")
    if name != "gross_leverage" and column.null_count():
        raise InputError(f"daily: {name!r} has nulls. Pass a value for every session.")
    return column


def summary(daily: pl.DataFrame, *, periods: int) -> Figures:
    """The basic figures of a run, from its daily frame with statistics.

    daily: as `with_statistics` returns it.
    Returns, in this order: trading_days (int), starting_value, final_value and pnl (money), total_return,
    annual_return, volatility, sharpe, sortino, max_drawdown, max_leverage, average_gross_leverage,
    average_net_leverage, average_long_exposure, average_short_exposure (shares of the portfolio value, shorts
    negative); where there is a benchmark, benchmark_return, benchmark_volatility, alpha and beta too. Ratios have 18
    decimals; a figure is None where its own function says so, all but trading_days for no sessions. Of an account
    that was ruined there are no annual_return, volatility, sharpe, sortino, alpha and beta; leverage and exposure are
    those of the sessions at whose close it had more than it owed.

    >>> from rustybt import run
    >>> from rustybt.metrics import summary
    >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-29")
    >>> summary(result.daily, periods=result.periods)["trading_days"]
    19
    """
    names = {"total_return": "algorithm_period_return", "volatility": "algo_volatility"}
    names |= {name: name for name in ("sharpe", "sortino", "max_drawdown", "max_leverage")}
    against = {} if BENCHMARK not in daily.columns else {"benchmark_return": "benchmark_period_return"}
    against |= {name: name for name in BENCHMARK_STATISTICS[1:] if against}
    if not daily.height:
        money = ("starting_value", "final_value", "pnl", "total_return", "annual_return")
        averages = [f"average_{name}" for name in ("gross_leverage", "net_leverage", "long_exposure", "short_exposure")]
        return {"trading_days": 0} | dict.fromkeys([*money, *names, *averages, *against])
    last = daily.row(-1, named=True)
    values, pnl = _column(daily, "portfolio_value"), _column(daily, "pnl")
    start = exact_sum(values.head(1)) - exact_sum(pnl.head(1))
    ruined = ruined_row(daily) is not None
    figures: Figures = {
        "trading_days": daily.height,
        "starting_value": as_decimal(start, MONEY_SCALE),
        "final_value": last["portfolio_value"],
        "pnl": as_decimal(exact_sum(pnl), MONEY_SCALE),
        "total_return": last["algorithm_period_return"],
        "annual_return": None if ruined else _annual_return(values, pnl, _column(daily, "returns"), periods),
    }
    figures |= {name: last[column] for name, column in names.items()}
    solvent = daily.filter(daily["portfolio_value"] > 0) if ruined else daily
    if ruined:
        figures |= {"volatility": None, "sharpe": None, "sortino": None}
        figures["max_leverage"] = max_leverage(solvent["gross_leverage"])
    for name in ("gross_leverage", "net_leverage"):
        figures[f"average_{name}"] = average_leverage(solvent[name])
    for name in ("long_exposure", "short_exposure"):
        figures[f"average_{name}"] = average_exposure(daily[name], daily["portfolio_value"])
    compared = {name: last[column] for name, column in against.items()}
    return figures | compared | (dict.fromkeys(("alpha", "beta")) if ruined and against else {})


def _annual_return(values: pl.Series, pnl: pl.Series, returns: pl.Series, periods: int) -> Decimal | None:
    from rustybt.metrics._counted import grows_by_values

    if grows_by_values(values, pnl, returns):
        start, end = exact_sum(values.head(1)) - exact_sum(pnl.head(1)), exact_sum(values.tail(1))
    else:
        path = growth_path(*(cast(list[int], scaled_ints(column)) for column in (values, pnl, returns)))
        start, end = path[0], path[-1]
    return annualised(end, start, len(values), periods) if min(start, end) > 0 else None
