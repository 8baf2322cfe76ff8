"""The basic figures of a run."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, cast

import polars as pl

from rustybt.core import MONEY_SCALE, as_decimal, scaled_ints
from rustybt.metrics._checks import check_frame
from rustybt.metrics._columns import BENCHMARK, BENCHMARK_STATISTICS, DECIMALS, STATISTICS, daily_column
from rustybt.metrics._exposure import average_exposure
from rustybt.metrics._leverage import average_leverage, max_leverage
from rustybt.metrics._numbers import exact_sum
from rustybt.metrics._path import growth_path
from rustybt.metrics._returns import annualised
from rustybt.metrics._ruin import ruined_row

_NEEDED: Final = (*DECIMALS, "net_leverage", "long_exposure", "short_exposure", *STATISTICS)

type Figures = dict[str, Decimal | int | None]


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
    check_frame(daily, _NEEDED if BENCHMARK not in getattr(daily, "columns", ()) else (*_NEEDED, *BENCHMARK_STATISTICS))
    names = {"total_return": "algorithm_period_return", "volatility": "algo_volatility"}
    names |= {name: name for name in ("sharpe", "sortino", "max_drawdown", "max_leverage")}
    against = {} if BENCHMARK not in daily.columns else {"benchmark_return": "benchmark_period_return"}
    against |= {name: name for name in BENCHMARK_STATISTICS[1:] if against}
    if not daily.height:
        money = ("starting_value", "final_value", "pnl", "total_return", "annual_return")
        averages = [f"average_{name}" for name in ("gross_leverage", "net_leverage", "long_exposure", "short_exposure")]
        return {"trading_days": 0} | dict.fromkeys([*money, *names, *averages, *against])
    last = daily.row(-1, named=True)
    values, pnl = daily_column(daily, "portfolio_value"), daily_column(daily, "pnl")
    start = exact_sum(values.head(1)) - exact_sum(pnl.head(1))
    ruined = ruined_row(daily) is not None
    figures: Figures = {
        "trading_days": daily.height,
        "starting_value": as_decimal(start, MONEY_SCALE),
        "final_value": last["portfolio_value"],
        "pnl": as_decimal(exact_sum(pnl), MONEY_SCALE),
        "total_return": last["algorithm_period_return"],
        "annual_return": None if ruined else _annual_return(values, pnl, daily_column(daily, "returns"), periods),
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
