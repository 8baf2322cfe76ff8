"""What a ruined account has no figure for: derived from its values, not from the code."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rustybt import metrics
from rustybt.core import decimal_column
from tests.unit.metrics.test_expanding import E18, E20, half_even

RATIOS = ("algo_volatility", "sharpe", "sortino", "alpha", "beta")


def daily_of(values: list[int], flows: list[int] | None = None, start: int = 100) -> pl.DataFrame:
    """A daily frame with statistics, of whole values at the closes; flows: capital that comes before each session."""
    flows = flows or [0] * len(values)
    bases = [before + flow for before, flow in zip([start, *values[:-1]], flows, strict=True)]
    returns = [half_even((v - b) * E18, b) if b else 0 for v, b in zip(values, bases, strict=True)]
    count = len(values)
    base = pl.DataFrame(
        [
            pl.Series("session", [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(count)]),
            decimal_column("portfolio_value", [v * E20 for v in values], 20),
            decimal_column("pnl", [(v - b) * E20 for v, b in zip(values, bases, strict=True)], 20),
            decimal_column("returns", returns, 18),
            decimal_column("benchmark_returns", [(day % 3) * E18 // 100 for day in range(count)], 18),
            decimal_column("gross_leverage", [half_even(50 * E18, v) if v else None for v in values], 18),
            decimal_column("net_leverage", [half_even(50 * E18, v) if v else None for v in values], 18),
            decimal_column("long_exposure", [50 * E20] * count, 20),
            decimal_column("short_exposure", [0] * count, 20),
        ]
    )
    return metrics.with_statistics(base, periods=252)


def test_from_its_ruin_on_a_run_has_no_ratio_of_its_returns() -> None:
    daily = daily_of([120, 90, -30, -60, 20, 40])
    assert metrics.ruined_on(daily) == dt.date(2024, 1, 3)
    for name in RATIOS:
        assert [value is None for value in daily[name].to_list()] == [True, False, True, True, True, True], name
    # the return into the ruin is on 90; those after it would be on -30 and -60, and the last one is on 20
    expected = [Decimal("0.2"), Decimal("-0.25"), Decimal("-1.333333333333333333"), None, None, Decimal(1)]
    assert daily["returns"].to_list() == expected
    # a total return and a fall below the peak are quotients by what there was at the start, and at the peak
    assert daily["algorithm_period_return"].to_list()[2:] == [
        Decimal(text) for text in ("-1.3", "-1.6", "-0.8", "-0.6")
    ]
    assert daily["max_drawdown"].to_list()[2:] == [Decimal("-1.25"), *[Decimal("-1.5")] * 3]


def test_leverage_is_that_of_closes_at_which_something_was_left() -> None:
    daily = daily_of([100, -50, 0, 25])
    assert daily["gross_leverage"].to_list() == daily["net_leverage"].to_list() == [Decimal("0.5"), None, None, 2]
    assert daily["max_leverage"].to_list() == [Decimal("0.5")] * 3 + [Decimal(2)]
    figures = metrics.summary(daily, periods=252)
    assert figures["average_gross_leverage"] == figures["average_long_exposure"] == Decimal("1.25")
    assert figures["max_leverage"] == 2


def test_the_figures_of_a_ruined_run() -> None:
    figures = metrics.summary(daily_of([120, -30, 50]), periods=252)
    gone = {"annual_return", "volatility", "sharpe", "sortino", "alpha", "beta"}
    assert {name for name, value in figures.items() if value is None} == gone
    assert (figures["total_return"], figures["final_value"]) == (Decimal("-0.5"), 50)
    assert figures["max_drawdown"] == Decimal("-1.25")


def test_losing_everything_to_the_cent_is_ruin_and_taking_it_out_is_not() -> None:
    assert metrics.ruined_on(daily_of([50, 0, 0])) == dt.date(2024, 1, 2)
    assert metrics.ruined_on(daily_of([50, 0, 0], flows=[0, -50, 0])) is None
    assert metrics.ruined_on(daily_of([50, 1])) is None


def test_capital_that_comes_after_the_ruin_has_no_part_in_the_total_return() -> None:
    # 100 -> -50; then 200 comes: 150 -> 300, a gain of 100 % on new capital
    daily = daily_of([-50, 300, 330], flows=[0, 200, 0])
    assert daily["algorithm_period_return"].to_list() == [Decimal("-1.5"), None, None]
    assert daily["max_drawdown"].to_list() == [Decimal("-1.5"), None, None]
    assert daily["returns"].to_list() == [Decimal("-1.5"), Decimal(1), Decimal("0.1")]
    # capital that came before it counts as ever: 100 -> 110, then 100 comes: 210 -> -105, all told 1.1 * -0.5 - 1
    before = daily_of([110, -105], flows=[0, 100])
    assert before["algorithm_period_return"].to_list() == [Decimal("0.1"), Decimal("-1.55")]


def test_the_classic_report_has_no_figures_of_returns_where_a_session_begins_with_nothing() -> None:
    (span,) = metrics.risk_report(daily_of([120, -30, 50]), periods=252)["one_month"]
    assert {span[name] for name in ("sharpe", "sortino", "alpha", "beta", "algo_volatility", "excess_return")} == {None}


@given(st.lists(st.integers(-150, 400), min_size=1, max_size=12))
def test_a_session_is_the_first_ruin_exactly_where_fractions_say_so(values: list[int]) -> None:
    daily = daily_of(values)
    before = [100, *values[:-1]]
    ruined = [v < 0 or (b > 0 and Fraction(v, b) <= 0) for v, b in zip(values, before, strict=True)]
    row = ruined.index(True) if True in ruined else None
    assert metrics.ruined_row(daily) == row
    for place in range(len(values)):
        returns = daily["returns"][: place + 1]
        past = row is not None and place >= row
        assert daily["sharpe"][place] == (None if past else metrics.sharpe(returns, periods=252))
        assert (daily["returns"][place] is None) == (past and place > (row or 0) and before[place] <= 0)
