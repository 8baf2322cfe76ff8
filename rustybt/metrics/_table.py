"""All figures of a series of returns in one frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final

import polars as pl

from rustybt.core import RATIO_SCALE
from rustybt.errors import InputError, NonFiniteInput
from rustybt.metrics import _standard_errors as errors
from rustybt.metrics._against import (
    Pair,
    arithmetic_alpha,
    correlation,
    down_capture,
    information_ratio,
    pair_of,
    tracking_error,
    treynor,
    up_capture,
)
from rustybt.metrics._alpha import scaled_alpha
from rustybt.metrics._beta import scaled_beta
from rustybt.metrics._calmar import calmar
from rustybt.metrics._checks import check_frame
from rustybt.metrics._columns import BENCHMARK
from rustybt.metrics._downside_deviation import downside_deviation
from rustybt.metrics._drawdowns import longest_under_water, time_under_water
from rustybt.metrics._gain_to_pain import gain_to_pain
from rustybt.metrics._kelly import kelly
from rustybt.metrics._kurtosis import kurtosis
from rustybt.metrics._max_drawdown import max_drawdown
from rustybt.metrics._numbers import Numbers, check_periods, ratio
from rustybt.metrics._omega import omega
from rustybt.metrics._probabilistic_sharpe import minimum_track_record, probabilistic_sharpe
from rustybt.metrics._rates import Rate
from rustybt.metrics._recovery_factor import recovery_factor
from rustybt.metrics._returns import annual_return, calendar_return, total_return
from rustybt.metrics._ruin import ruined_row
from rustybt.metrics._sample import Sample, exact_ratio, sample_of
from rustybt.metrics._sharpe import sharpe, sharpe_error, sharpe_interval
from rustybt.metrics._skewness import skewness
from rustybt.metrics._sortino import sortino
from rustybt.metrics._summary import Figures
from rustybt.metrics._tail_ratio import tail_ratio
from rustybt.metrics._ulcer_index import martin, ulcer_index
from rustybt.metrics._value_at_risk import conditional_value_at_risk, value_at_risk
from rustybt.metrics._volatility import volatility
from rustybt.metrics._wins import expectancy, longest_streaks, payoff_ratio, profit_factor, win_rate

type Value = Decimal | int | None
type Measure = tuple[Callable[[], Value], Callable[[], Decimal | None] | None]
"""What makes a figure, and its standard error; None where there is none."""

_IN_SUMMARY: Final = frozenset(
    (
        *("sessions", "total_return", "annual_return", "volatility", "sharpe", "sortino", "max_drawdown"),
        *("benchmark_return", "benchmark_volatility", "alpha", "beta"),
    )
)
_METHODS: Final = {"": "historical", "_normal": "normal", "_cornish_fisher": "cornish-fisher"}


def table(returns: Any, *, periods: int | None = None, benchmark: Any = None, risk_free: Any = 0) -> pl.DataFrame:
    """Every figure of a series of returns: those of a run, a fund, or any library's.

    returns: simple returns per session, 0.01 means one per cent: a Polars or pandas Series, a NumPy array or a
        sequence; no nulls or NaN. benchmark: the same sessions' returns of what to compare with.
    periods: sessions per year: 252 for shares, 12 for months; it has to be given.
    risk_free: a yearly rate, compounded over the sessions, or the riskless return of each session.
    Returns a frame: figure, value (Decimal(38, 18), null where the figure's own function says None), error (its
    standard error for returns that do not depend on each other; null where there is none). `rustybt.metrics` has a
    function of each figure's name with its definition and source.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods` or rate, or a benchmark that has
    not as many returns.

    >>> from rustybt import metrics
    >>> figures = metrics.table([0.02, -0.01, 0.015, 0.01], periods=12)
    >>> figures.filter(figures["figure"] == "sharpe").row(0)
    ('sharpe', Decimal('2.305049459783497307'), Decimal('2.242270523751731089'))
    """
    if periods is None:
        raise InputError("periods: how many sessions has a year? 252 of shares, 365 of crypto; 52 weeks, 12 months.")
    rows = measures(
        _checked(returns), periods, None if benchmark is None else _plain(benchmark), _plain_rate(risk_free)
    )
    return pl.DataFrame(
        {
            "figure": list(rows),
            "value": _column(value() for value, _ in rows.values()),
            "error": _column(None if error is None else error() for _, error in rows.values()),
        }
    )


def measures(
    returns: Numbers | Sample, periods: int, benchmark: Numbers | Sample | None, risk_free: Rate
) -> Mapping[str, Measure]:
    """What makes the figures, by name, in the order to show them: nothing is computed that nobody asks for."""
    annual = check_periods(periods)
    sample = sample_of(returns)
    figures = _growth(sample, annual) | _ratios(sample, annual, risk_free) | _shape(sample) | _falls(sample)
    figures |= _risks(sample) | _sessions(sample)
    if benchmark is None:
        return figures
    return figures | _compared(pair_of(sample, benchmark), annual, risk_free)


def further_figures(daily: pl.DataFrame, *, periods: int) -> Figures:
    """What `table` has of a run's session returns beyond `summary`, and `calendar_return`, by name.

    daily: as `with_statistics` returns it. periods: sessions per year of the run's calendar.
    A figure is None where its own function says so; all are for no sessions, and where an account was ruined: there
    are no returns on nothing.

    >>> from rustybt import run
    >>> from rustybt.metrics import further_figures
    >>> def handle_data(context, data):
    ...     context.order_target_percent(context.symbol("AAPL"), 1)
    >>> result = run(handle_data, start="2010-01-04", end="2010-12-31")
    >>> round(further_figures(result.daily, periods=result.periods)["calmar"], 4)
    Decimal('3.9036')
    """
    check_frame(daily, ("session", "portfolio_value", "returns"), exact=("portfolio_value", "returns"))
    compared = BENCHMARK in daily.columns
    lost = not daily.height or bool(daily["returns"].null_count()) or ruined_row(daily) is not None
    # the names are those of any returns
    returns = sample_of(pl.Series([0, 0]) if lost else daily["returns"])
    benchmark = None if not compared else returns if lost else daily[BENCHMARK]
    rows = measures(returns, periods, benchmark, 0)
    wanted = [name for name in rows if name not in _IN_SUMMARY]
    figures: Figures = {name: None if lost else rows[name][0]() for name in wanted}
    return {"calendar_return": None if lost else _by_calendar(daily, returns)} | figures


def _by_calendar(daily: pl.DataFrame, returns: Sample) -> Decimal | None:
    """The first session counts as a day."""
    days = (daily["session"][-1] - daily["session"][0]).days + 1
    return calendar_return(returns, days=days)


def _growth(sample: Sample, periods: int) -> dict[str, Measure]:
    return {
        "sessions": (lambda: sample.count, None),
        "total_return": (lambda: total_return(sample), None),
        "annual_return": (lambda: annual_return(sample, periods=periods), None),
        "volatility": (lambda: volatility(sample, periods=periods), lambda: errors.of_volatility(sample, periods)),
    }


def _ratios(sample: Sample, periods: int, risk_free: Rate) -> dict[str, Measure]:
    rate = {"periods": periods, "risk_free": risk_free}
    yearly = 0 if isinstance(risk_free, pl.Series | list) else risk_free
    ends = cache(lambda: sharpe_interval(sample, **rate) or (None, None))  # type: ignore[arg-type]
    return {
        "sharpe": (lambda: sharpe(sample, **rate), lambda: sharpe_error(sample, **rate)),  # type: ignore[arg-type]
        "sharpe_low": (lambda: ends()[0], None),
        "sharpe_high": (lambda: ends()[1], None),
        "probabilistic_sharpe": (lambda: probabilistic_sharpe(sample, **rate), None),  # type: ignore[arg-type]
        "minimum_track_record": (lambda: minimum_track_record(sample, **rate), None),  # type: ignore[arg-type]
        "downside_deviation": (lambda: downside_deviation(sample, periods=periods), None),
        "sortino": (lambda: sortino(sample, periods=periods, target=risk_free), None),
        "calmar": (lambda: calmar(sample, periods=periods), None),
        "omega": (lambda: omega(sample, periods=periods), None),
        "martin": (lambda: martin(sample, periods=periods, risk_free=yearly), None),  # type: ignore[arg-type]
        "gain_to_pain": (lambda: gain_to_pain(sample), None),
        "tail_ratio": (lambda: tail_ratio(sample), None),
        "kelly": (lambda: kelly(sample, **rate), None),  # type: ignore[arg-type]
    }


def _shape(sample: Sample) -> dict[str, Measure]:
    return {
        "skewness": (lambda: skewness(sample), lambda: errors.of_skewness(sample)),
        "kurtosis": (lambda: kurtosis(sample), lambda: errors.of_kurtosis(sample)),
        "best_session": (lambda: _end(sample, -1), None),
        "worst_session": (lambda: _end(sample, 0), None),
    }


def _end(sample: Sample, row: int) -> Decimal | None:
    return ratio(exact_ratio(sample.ascending[row], sample.one)) if sample.count else None


def _falls(sample: Sample) -> dict[str, Measure]:
    return {
        "max_drawdown": (lambda: max_drawdown(sample), None),
        "recovery_factor": (lambda: recovery_factor(sample), None),
        "ulcer_index": (lambda: ulcer_index(sample), None),
        "time_under_water": (lambda: time_under_water(sample), None),
        "longest_under_water": (lambda: longest_under_water(sample), None),
    }


def _risks(sample: Sample) -> dict[str, Measure]:
    functions = {"var": value_at_risk, "cvar": conditional_value_at_risk}
    return {
        f"{name}_{level}{ending}": (
            partial(function, sample, confidence=f"0.{level}", method=method),  # type: ignore[arg-type]
            None,
        )
        for ending, method in _METHODS.items()
        for name, function in functions.items()
        for level in (95, 99)
    }


def _sessions(sample: Sample) -> dict[str, Measure]:
    streaks = cache(lambda: longest_streaks(sample))
    return {
        "win_rate": (lambda: win_rate(sample), lambda: errors.of_share(win_rate(sample), sample.count)),
        "profit_factor": (lambda: profit_factor(sample), None),
        "payoff_ratio": (lambda: payoff_ratio(sample), None),
        "expectancy": (lambda: expectancy(sample), lambda: errors.of_mean(sample)),
        "longest_winning_streak": (lambda: streaks()[0], None),
        "longest_losing_streak": (lambda: streaks()[1], None),
    }


def _compared(pair: Pair, periods: int, risk_free: Rate) -> dict[str, Measure]:
    own, other = pair.own, pair.other
    rate = {"periods": periods, "risk_free": risk_free}
    of_line = cache(lambda: errors.of_beta_and_alpha(pair, risk_free, periods))
    together = cache(lambda: correlation(own, other))
    return {
        "benchmark_return": (lambda: total_return(other), None),
        "benchmark_volatility": (lambda: volatility(other, periods=periods), None),
        "beta": (lambda: _slope(pair), lambda: of_line()[0]),
        "alpha": (lambda: _level(pair, periods), None),
        "arithmetic_alpha": (
            lambda: arithmetic_alpha(own, other, **rate),  # type: ignore[arg-type]
            lambda: of_line()[1],
        ),
        "correlation": (together, lambda: errors.of_correlation(together(), pair.count)),
        "tracking_error": (lambda: tracking_error(own, other, periods=periods), None),
        "information_ratio": (
            lambda: information_ratio(own, other, periods=periods),
            lambda: sharpe_error(pair.active, periods=periods),
        ),
        "treynor": (lambda: treynor(own, other, **rate), None),  # type: ignore[arg-type]
        "up_capture": (lambda: up_capture(own, other), None),
        "down_capture": (lambda: down_capture(own, other), None),
    }


def _slope(pair: Pair) -> Decimal | None:
    slope = None if pair.own.loses_all else scaled_beta(pair.shared, pair.other.second)
    return None if slope is None else ratio(slope)


def _level(pair: Pair, periods: int) -> Decimal | None:
    sums = (pair.own.total, pair.other.total, pair.shared, pair.other.second)
    level = None if pair.own.loses_all else scaled_alpha(pair.count, *sums, pair.own.one, periods)
    return None if level is None else ratio(level)


def _column(values: Iterable[Decimal | int | None]) -> pl.Series:
    return pl.Series([None if value is None else Decimal(value) for value in values], dtype=pl.Decimal(38, RATIO_SCALE))


def _plain(numbers: Any) -> Numbers:
    """A pandas Series or NumPy array as a list; what is neither stays."""
    if isinstance(numbers, pl.Series):
        return numbers
    if isinstance(numbers, pl.DataFrame):
        raise InputError("returns: a frame was given. Pass one of its columns.")
    to_list = getattr(numbers, "tolist", None)
    return numbers if to_list is None else list(to_list())


def _checked(returns: Any) -> Numbers:
    """As `_plain`. Raises NonFiniteInput for a first return of NaN, and says where that comes from."""
    plain: Any = _plain(returns)
    first = next(iter(plain), None) if isinstance(plain, pl.Series | Sequence) else None
    if isinstance(first, float) and math.isnan(first):
        raise NonFiniteInput("returns: the first is NaN, as that of pandas' pct_change() is. Pass returns.dropna().")
    return plain  # type: ignore[no-any-return]


def _plain_rate(rate: Any) -> Rate:
    plain = rate if isinstance(rate, int | float | str | Decimal) else _plain(rate)
    return list(plain) if isinstance(plain, tuple) else plain
