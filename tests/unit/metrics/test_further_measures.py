"""Measures beyond the basic ones: against NumPy and SciPy, by laws that hold for any returns, and by hand."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt import metrics
from rustybt.api import order_target_percent, symbol
from rustybt.errors import InputError, NonFiniteInput
from tests._examples import examples

stats = pytest.importorskip("scipy.stats")
drawn_returns = st.lists(st.integers(-900, 1500).map(lambda n: Decimal(n).scaleb(-4)), min_size=5, max_size=60)
close = pytest.approx


def _figures(returns: Any, **given_: Any) -> dict[str, Decimal | None]:
    return dict(metrics.table(returns, periods=252, **given_).select("figure", "value").rows())


def _number(value: Decimal | None) -> float:
    assert value is not None
    return float(value)


@pytest.mark.parametrize("seed", range(4))
def test_numpy_and_scipy_find_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    r, b = rng.normal(0.0005, 0.012, (2, 700)).round(9) + np.array([[0], [1e-4]])
    figures = _figures(r, benchmark=b)
    # of a ratio below 0 no record shows that it is above
    assert [name for name, value in figures.items() if value is None] == ["minimum_track_record"] * int(r.mean() <= 0)
    found = {name: _number(value) for name, value in figures.items() if value is not None}
    wealth = np.concatenate([[1], np.cumprod(1 + r)])
    under = 1 - wealth / np.maximum.accumulate(wealth)
    slope = stats.linregress(b, r)
    up, down = b > 0, b < 0

    def geometric(x: Any) -> float:
        return float(np.exp(np.log1p(x).mean()) - 1)

    per_session = r.mean() / r.std(ddof=1)
    spread = 1 - stats.skew(r) * per_session + (stats.kurtosis(r, fisher=False) - 1) / 4 * per_session**2
    expected = {
        "probabilistic_sharpe": stats.norm.cdf(per_session * np.sqrt(len(r) - 1) / np.sqrt(spread)),
        "kelly": r.mean() / r.var(ddof=1),
        "recovery_factor": (wealth[-1] - 1) / under.max(),
        "skewness": stats.skew(r, bias=False),
        "kurtosis": stats.kurtosis(r, bias=False),
        "max_drawdown": -under.max(),
        "ulcer_index": np.sqrt((under[1:] ** 2).mean()),
        "time_under_water": (under[1:] > 1e-14).mean(),
        "var_99": -np.percentile(r, 1),
        "cvar_99": -r[r <= np.percentile(r, 1)].mean(),
        "var_95_normal": -stats.norm(r.mean(), r.std(ddof=1)).ppf(0.05),
        "tail_ratio": abs(np.percentile(r, 95) / np.percentile(r, 5)),
        "omega": r[r > 0].sum() / -r[r < 0].sum(),
        "win_rate": (r > 0).mean(),
        "payoff_ratio": r[r > 0].mean() / -r[r < 0].mean(),
        "beta": slope.slope,
        "arithmetic_alpha": slope.intercept * 252,
        "correlation": slope.rvalue,
        "tracking_error": (r - b).std(ddof=1) * np.sqrt(252),
        "up_capture": geometric(r[up]) / geometric(b[up]),
        "down_capture": geometric(r[down]) / geometric(b[down]),
    }
    if r.mean() > 0:
        expected["minimum_track_record"] = 1 + spread * (stats.norm.ppf(0.95) / per_session) ** 2
    for name, value in expected.items():
        assert found[name] == close(float(value), rel=1e-9, abs=1e-12), name
    errors = dict(metrics.table(r, periods=252, benchmark=b).select("figure", "error").rows())
    assert _number(errors["beta"]) == close(slope.stderr, rel=1e-9)
    assert _number(errors["arithmetic_alpha"]) == close(slope.intercept_stderr * 252, rel=1e-9)
    assert _number(errors["expectancy"]) == close(stats.sem(r), rel=1e-9)


@given(drawn_returns, st.randoms(use_true_random=False))
@settings(max_examples=examples(60))
def test_what_does_not_depend_on_the_order_of_sessions(returns: list[Decimal], random: Any) -> None:
    mixed = list(returns)
    random.shuffle(mixed)
    before, after = _figures(returns), _figures(mixed)
    for name in ("skewness", "kurtosis", "sharpe", "omega", "var_95", "cvar_99", "win_rate", "profit_factor"):
        assert before[name] == after[name], name
    assert _number(before["total_return"]) == close(_number(after["total_return"]), abs=1e-17)


@given(drawn_returns, st.integers(2, 9))
@settings(max_examples=examples(60))
def test_what_returns_a_few_times_as_large_change(returns: list[Decimal], factor: int) -> None:
    """Risk grows with them; ratios and shapes don't."""
    small = [value / 10 for value in returns]
    once, more = _figures(small), _figures([value * factor for value in small])
    for name in ("skewness", "kurtosis", "sharpe", "sortino", "omega", "win_rate", "tail_ratio"):
        assert once[name] == more[name], name
    for name in ("volatility", "downside_deviation", "var_95", "var_95_cornish_fisher", "cvar_95_normal"):
        value, larger = once[name], more[name]
        assert (value is None) == (larger is None)
        if value is not None and larger is not None:
            assert abs(value * factor - larger) <= Decimal("1e-17"), name


@given(drawn_returns)
@settings(max_examples=examples(60))
def test_bounds(returns: list[Decimal]) -> None:
    found = _figures(returns, benchmark=list(reversed(returns)))
    assert -1 <= (found["max_drawdown"] or 0) <= 0
    assert 0 <= (found["ulcer_index"] or 0) <= -(found["max_drawdown"] or 0) + Decimal("1e-17")
    for level in (95, 99):
        assert (found[f"cvar_{level}"] or 0) >= (found[f"var_{level}"] or 0)
        fallen = found[f"cvar_{level}_cornish_fisher"], found[f"var_{level}_cornish_fisher"]
        assert fallen[0] is None or fallen[1] is None or fallen[0] >= fallen[1]
    assert found["correlation"] is None or -1 <= found["correlation"] <= 1
    sharpe, volatility = found["sharpe"], found["volatility"]
    if sharpe is not None and volatility is not None:
        mean = sum(returns, Decimal()) / len(returns)
        assert float(sharpe * volatility) == close(float(mean * 252), rel=1e-12, abs=1e-15)


@given(drawn_returns)
@settings(max_examples=examples(60))
def test_the_falls_are_those_of_the_wealth(returns: list[Decimal]) -> None:
    falls = metrics.drawdowns(returns, count=1000)
    wealth, peak, lowest = Decimal(1), Decimal(1), Decimal(0)
    for value in returns:
        wealth *= 1 + value
        peak = max(peak, wealth)
        lowest = min(lowest, wealth / peak - 1)
    assert falls["depth"].to_list() == sorted(falls["depth"].to_list())
    assert float(min([*falls["depth"], Decimal(0)])) == close(float(lowest), abs=1e-15)
    under = sum(length - (recovery is not None) for length, recovery in falls.select("length", "recovery").rows())
    assert under == round((metrics.time_under_water(returns) or 0) * len(returns))


def test_falls_by_hand() -> None:
    days = [dt.date(2024, 1, day) for day in range(1, 8)]
    # wealth 1.1, 0.88, 0.99, 1.1, 1.32, 1.188, 1.0692
    returns = ["0.1", "-0.2", "0.125", Decimal(1) / 9 + Decimal("1e-27"), "0.2", "-0.1", "-0.1"]
    found = metrics.drawdowns(returns, days)
    assert found.rows() == [
        (Decimal("-0.2").quantize(Decimal("1e-18")), days[0], days[1], days[3], 3, 1),
        (Decimal("-0.19").quantize(Decimal("1e-18")), days[4], days[6], None, 2, 2),
    ]
    assert metrics.longest_under_water(returns) == 2
    assert metrics.drawdowns(["-0.5"], days[:1]).row(0)[1:4] == (None, days[0], None)


def test_a_window_has_the_figures_of_its_sessions() -> None:
    rng = np.random.default_rng(5)
    r, b = rng.normal(0, 0.01, (2, 40)).round(6)
    names = ["volatility", "sharpe", "sortino", "beta", "correlation"]
    found = metrics.rolling(r, window=10, periods=252, figures=names, benchmark=b)  # type: ignore[arg-type]
    assert found.height == 40
    assert found.head(9).select(names).null_count().row(0) == (9,) * 5
    for end in (10, 25, 40):
        whole = _figures(r[end - 10 : end], benchmark=b[end - 10 : end])
        assert found.row(end - 1)[1:] == tuple(whole[name] for name in names)


def test_months_quarters_years_and_weekdays() -> None:
    days = pl.date_range(dt.date(2023, 12, 1), dt.date(2024, 2, 29), "1d", eager=True)
    returns = [Decimal(1).scaleb(-3)] * days.len()
    months = metrics.by_period(returns, days)
    assert months["period"].to_list() == ["2023-12", "2024-01", "2024-02"]
    assert [_number(value) for value in months["total_return"]] == [close(1.001**n - 1) for n in (31, 31, 29)]
    assert metrics.by_period(returns, days, every="quarter")["sessions"].to_list() == [31, 60]
    assert metrics.by_period(returns, days, every="year")["period"].to_list() == ["2023", "2024"]
    assert metrics.by_period(returns, days, every="weekday")["sessions"].sum() == 91
    with pytest.raises(InputError, match="'fortnight' is unknown"):
        metrics.by_period(returns, days, every="fortnight")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pl.Series])
def test_any_series(kind: Any) -> None:
    assert metrics.table(kind([0.01, -0.02, 0.03]), periods=12).equals(
        metrics.table(["0.01", "-0.02", "0.03"], periods=12)
    )


@pytest.mark.parametrize(
    ("returns", "given_", "said"),
    [
        ([0.01, None], {}, "row 1: there is no value"),
        ([0.01, float("nan")], {}, "nan"),
        ([0.01, 0.02], {"benchmark": [0.01]}, "2 returns and 1 of the benchmark"),
        ([0.01, 0.02], {"risk_free": [0.01]}, "1 returns for 2 sessions"),
        ([0.01, 0.02], {"risk_free": -1}, "leaves nothing"),
        (pl.DataFrame({"a": [0.1]}), {}, "Pass one of its columns"),
    ],
)
def test_bad_input_is_named(returns: Any, given_: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=said):
        metrics.table(returns, periods=252, **given_)


def test_without_returns_there_is_no_figure() -> None:
    counted = {"sessions", "longest_under_water", "longest_winning_streak", "longest_losing_streak", "total_return"}
    assert {name for name, value in _figures([]).items() if value is not None} == counted
    assert all(value == 0 for value in _figures([]).values() if value is not None)


def test_a_result_has_the_figures_of_its_returns() -> None:
    def handle_data(context: Any, data: Any) -> None:
        order_target_percent(symbol("AAPL"), 1)

    result = rustybt.run(handle_data, start="2010-01-04", end="2010-12-31", benchmark="IBM")
    table = _figures(result.daily["returns"], benchmark=result.daily["benchmark_returns"])
    for name in set(table) - {"sessions"}:
        value = result.metrics[name]
        assert value is None if table[name] is None else abs((value or 0) - (table[name] or 0)) < Decimal("1e-15"), name
    # 362 days from the first session to the last
    yearly = (1 + float(result.metrics["total_return"] or 0)) ** (365.25 / 362) - 1
    assert float(result.metrics["calendar_return"] or 0) == close(yearly, rel=1e-12)


@settings(max_examples=examples(60), deadline=None)
@given(drawn_returns, drawn_returns)
def test_what_adds_up_over_two_stretches(first: list[Decimal], second: list[Decimal]) -> None:
    """Growth multiplies, sums and counts add up, falls of the whole are no smaller than those of its parts."""
    both = [*first, *second]
    grown = (1 + metrics.total_return(first)) * (1 + metrics.total_return(second)) - 1
    assert abs(metrics.total_return(both) - grown) < Decimal("1e-15") * (1 + abs(grown)) * 10**3
    means = [(metrics.expectancy(part) or 0) * len(part) for part in (first, second, both)]
    assert abs(means[0] + means[1] - means[2]) < Decimal("1e-15")
    won = [(metrics.win_rate(part) or 0) * len(part) for part in (first, second, both)]
    assert abs(won[0] + won[1] - won[2]) < Decimal("1e-15")
    worst = [metrics.max_drawdown(part) or 0 for part in (first, second, both)]
    assert worst[2] <= min(worst[:2]) + Decimal("1e-17")
    assert metrics.longest_under_water(both) >= metrics.longest_under_water(first)
    assert metrics.histogram(both, bins=7)["count"].sum() == len(both)


@settings(max_examples=examples(60), deadline=None)
@given(drawn_returns, st.integers(0, 20).map(lambda n: Decimal(n).scaleb(-2)))
def test_ratios_times_their_risk_are_the_excess_return(returns: list[Decimal], rate: Decimal) -> None:
    per_session = (1 + float(rate)) ** (1 / 252) - 1
    excess = 252 * (float(metrics.expectancy(returns) or 0) - per_session)
    target = {"periods": 252, "target": rate}
    for ratio, risk, earned in (
        (metrics.sharpe(returns, periods=252, risk_free=rate), metrics.volatility(returns, periods=252), excess),
        (metrics.sortino(returns, **target), metrics.downside_deviation(returns, **target), excess),  # type: ignore[arg-type]
        (
            metrics.calmar(returns, periods=252),
            metrics.max_drawdown(returns),
            metrics.annual_return(returns, periods=252),
        ),
    ):
        if ratio is not None and risk is not None and earned is not None:
            assert float(ratio) * abs(float(risk)) == close(float(earned), rel=1e-9, abs=1e-9)


def test_a_table_asks_for_what_it_lacks() -> None:
    with pytest.raises(InputError, match="252 of shares"):
        metrics.table([0.01, 0.02])
    with pytest.raises(NonFiniteInput, match="dropna"):
        metrics.table([math.nan, 0.01, 0.02], periods=252)
