"""The risk report of Zipline's "classic" metrics: the run's figures over every span of 1, 3, 6 and 12 months."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import polars as pl

from rustybt.metrics._alpha import alpha
from rustybt.metrics._beta import beta
from rustybt.metrics._checks import check_frame
from rustybt.metrics._leverage import max_leverage
from rustybt.metrics._max_drawdown import max_drawdown
from rustybt.metrics._numbers import check_periods
from rustybt.metrics._returns import total_return
from rustybt.metrics._sharpe import sharpe
from rustybt.metrics._sortino import sortino
from rustybt.metrics._volatility import volatility

OWN: Final = (
    *("algorithm_period_return", "excess_return", "alpha", "beta"),
    *("sharpe", "sortino", "algo_volatility", "max_drawdown"),
)
"""What is made of the run's returns."""
_EXACT: Final = ("returns", "gross_leverage")
SPANS: Final = {"one_month": 1, "three_month": 3, "six_month": 6, "twelve_month": 12}


def risk_report(daily: pl.DataFrame, *, periods: int) -> dict[str, list[dict[str, Any]]]:
    """A list of figures for each length: one_month, three_month, six_month, twelve_month.

    A span starts with each month of the run and is listed where it ends by the run's last month; the first and the last
    month may be cut short. The keys of a span are Zipline's, and so is what they hold: `excess_return` is the run's
    return, `sharpe` is 0 for a single session, and for returns that are all 0. What is made of the run's returns is
    None in a span with a session that begins with nothing or less, and ratios where a return is -100 % or less.

    daily: session, returns, gross_leverage and, where there is a benchmark, benchmark_returns.
    periods: sessions per year of the run's calendar.

    >>> from rustybt import run
    >>> from rustybt.metrics import risk_report
    >>> def handle_data(context, data):
    ...     context.order_target_percent(context.symbol("IBM"), 1)
    >>> result = run(handle_data, start="2010-01-04", end="2010-03-31")
    >>> report = risk_report(result.daily, periods=result.periods)
    >>> {name: len(periods) for name, periods in report.items()}
    {'one_month': 3, 'three_month': 1, 'six_month': 0, 'twelve_month': 0}
    """
    annual = check_periods(periods)
    check_frame(daily, ("session", *_EXACT), exact=_EXACT)
    if not daily.height:
        return {name: [] for name in SPANS}
    first, last = daily["session"][0], daily["session"][-1]
    months = [_month(first, step) for step in range((last.year - first.year) * 12 + last.month - first.month + 1)]
    return {
        name: [
            _span(daily, start, _month(start, length), annual) for start in months[: max(0, len(months) - length + 1)]
        ]
        for name, length in SPANS.items()
    }


def _month(day: dt.date, step: int) -> dt.date:
    """The first day of the month that many months later."""
    months = day.year * 12 + day.month - 1 + step
    return dt.date(months // 12, months % 12 + 1, 1)


def _span(daily: pl.DataFrame, start: dt.date, end: dt.date, periods: int) -> dict[str, Any]:
    rows = daily.filter((pl.col("session") >= start) & (pl.col("session") < end))
    last_day = min(end - dt.timedelta(days=1), daily["session"][-1])
    label = {"period_label": last_day.strftime("%Y-%m"), "treasury_period_return": 0, "trading_days": rows.height}
    returns = rows["returns"]
    benchmark: Any = rows["benchmark_returns"] if "benchmark_returns" in rows.columns else [0] * rows.height
    # a session that begins with nothing or less has no return
    own = dict.fromkeys(OWN) if returns.null_count() else _of_returns(returns, benchmark, periods)
    return {
        **own,
        "benchmark_period_return": total_return(benchmark),
        "benchmark_volatility": volatility(benchmark, periods=periods),
        "max_leverage": max_leverage(rows["gross_leverage"]),
        **label,
    }


def _of_returns(returns: Any, benchmark: Any, periods: int) -> dict[str, Any]:
    total = total_return(returns)
    still = len(returns) < 2 or not any(returns)
    figures = (
        *(total, total, alpha(returns, benchmark, periods=periods), beta(returns, benchmark)),
        *(Decimal(0) if still else sharpe(returns, periods=periods), sortino(returns, periods=periods)),
        *(volatility(returns, periods=periods), max_drawdown(returns)),
    )
    return dict(zip(OWN, figures, strict=True))
