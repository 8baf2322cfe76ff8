"""The daily columns: each row is the measure's own function on the sessions so far."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt import metrics
from rustybt.core import decimal_column
from rustybt.errors import InputError

E18, E20 = 10**18, 10**20


def half_even(numerator: int, denominator: int) -> int:
    return round(Fraction(numerator, denominator))


def daily_frame(values: list[int], flows: list[int] | None = None, start: int = 100 * E20) -> pl.DataFrame:
    """A daily base frame from portfolio values at scale 20; flows: capital that came before each session."""
    flows = flows or [0] * len(values)
    bases = [before + flow for before, flow in zip([start, *values[:-1]], flows, strict=True)]
    pnl = [value - base for value, base in zip(values, bases, strict=True)]
    returns = [half_even((value - base) * E18, base) for value, base in zip(values, bases, strict=True)]
    count = len(values)
    leverage = [None if index == 0 else index * E18 // 7 for index in range(count)]
    return pl.DataFrame(
        {
            "session": [dt.date(2024, 1, 30) + dt.timedelta(days=index) for index in range(count)],
            "portfolio_value": decimal_column("portfolio_value", values, 20),
            "pnl": decimal_column("pnl", pnl, 20),
            "returns": decimal_column("returns", returns, 18),
            "gross_leverage": decimal_column("gross_leverage", leverage, 18),
            "net_leverage": decimal_column("net_leverage", leverage, 18),
            "long_exposure": decimal_column("long_exposure", [value // 2 for value in values], 20),
            "short_exposure": decimal_column("short_exposure", [-(value // 4) for value in values], 20),
        },
        schema_overrides={"session": pl.Date},
    )


@given(st.lists(st.integers(E20 // 1000, 300 * E20), min_size=1, max_size=25))
def test_each_row_equals_the_function_on_its_prefix(values: list[int]) -> None:
    daily = metrics.with_statistics(daily_frame(values), periods=252)
    path = [100 * E20, *values]
    for row in range(len(values)):
        returns = daily["returns"][: row + 1]
        assert daily["algo_volatility"][row] == metrics.volatility(returns, periods=252)
        assert daily["sharpe"][row] == metrics.sharpe(returns, periods=252)
        assert daily["sortino"][row] == metrics.sortino(returns, periods=252)
        assert daily["max_leverage"][row] == metrics.max_leverage(daily["gross_leverage"][: row + 1])
        so_far = decimal_column("value", path[: row + 2], 20)
        assert daily["max_drawdown"][row] == metrics.max_drawdown_of_values(so_far)
        total = half_even((path[row + 1] - path[0]) * E18, path[0])
        assert daily["algorithm_period_return"][row] == Decimal(total).scaleb(-18)
    assert daily["trading_days"].to_list() == list(range(1, len(values) + 1))


def test_the_first_row_has_no_dispersion_yet() -> None:
    daily = metrics.with_statistics(daily_frame([90 * E20, 99 * E20]), periods=252)
    first, second = daily.row(0, named=True), daily.row(1, named=True)
    assert [first[name] for name in ("algo_volatility", "sharpe", "sortino", "max_leverage")] == [None] * 4
    assert (first["max_drawdown"], first["algorithm_period_return"]) == (Decimal("-0.1"), Decimal("-0.1"))
    assert {name for name, value in second.items() if value is None} == {"alpha", "beta"}  # without a benchmark
    assert daily["period_label"].to_list() == ["2024-01", "2024-01"]


def test_capital_that_comes_or_goes_is_no_return() -> None:
    # 100 -> 110, then 890 comes: 1000 -> 900, then 800 goes: 100 -> 120
    daily = daily_frame([110 * E20, 900 * E20, 120 * E20], flows=[0, 890 * E20, -800 * E20])
    with_statistics = metrics.with_statistics(daily, periods=252)
    found = with_statistics["algorithm_period_return"].to_list()
    assert found == [Decimal("0.1"), Decimal("-0.01"), Decimal("0.188")]
    assert with_statistics["max_drawdown"].to_list() == [Decimal(0), Decimal("-0.1"), Decimal("-0.1")]


def test_capital_that_moves_within_a_session_leaves_its_return_in_charge() -> None:
    path = metrics.growth_path([110 * E20, 200 * E20], [10 * E20, 5 * E20], [E18 // 10, E18 // 5])
    assert [Decimal(point) / path[0] for point in path] == [1, Decimal("1.1"), Decimal("1.32")]


def test_capital_that_moves_within_the_first_session_leaves_its_return_in_charge() -> None:
    # 1000 -> 900, then 800 goes: 100 -> 110, then 120. Its profit of -90 would make it start with 200
    path = metrics.growth_path([110 * E20, 120 * E20], [-90 * E20, 10 * E20], [-E18 // 100, half_even(E18, 11)])
    assert [Decimal(point) / path[0] for point in path] == [1, Decimal("0.99"), Decimal("1.08")]


def test_more_may_leave_within_the_first_session_than_it_began_with() -> None:
    # 100 -> 400, then 390 goes: 10 -> 12, then 15. Its profit of 302 would make it start with -290
    path = metrics.growth_path([12 * E20, 15 * E20], [302 * E20, 3 * E20], [38 * E18 // 10, E18 // 4])
    assert [Decimal(point) / path[0] for point in path] == [1, Decimal("4.8"), 6]


def test_a_start_that_is_not_positive_leaves_return_and_drawdown_undefined() -> None:
    found = metrics.expanding_statistics([0, 0], [0, 0, 0], [None, None], periods=252)
    assert found.algorithm_period_return == found.max_drawdown == found.max_leverage == [None, None]
    assert found.algo_volatility == [None, 0]
    assert metrics.expanding_statistics([], [], [], periods=252).sharpe == []


def test_figures_of_a_run() -> None:
    daily = metrics.with_statistics(daily_frame([110 * E20, 99 * E20, 121 * E20]), periods=3)
    figures = metrics.summary(daily, periods=3)
    assert figures["trading_days"] == 3
    assert (figures["starting_value"], figures["final_value"], figures["pnl"]) == (100, 121, 21)
    assert figures["total_return"] == figures["annual_return"] == Decimal("0.21")
    assert figures["max_drawdown"] == Decimal("-0.1")
    assert figures["average_long_exposure"] == Decimal("0.5")
    assert figures["average_short_exposure"] == Decimal("-0.25")
    assert figures["average_gross_leverage"] == Decimal("0.214285714285714286")  # of 1/7 and 2/7
    empty = metrics.summary(daily.clear(), periods=3)
    assert list(empty) == list(figures)
    assert empty.pop("trading_days") == 0
    assert set(empty.values()) == {None}


def test_a_frame_of_another_shape_is_refused() -> None:
    daily = daily_frame([110 * E20])
    with pytest.raises(InputError, match="no column 'pnl'"):
        metrics.with_statistics(daily.drop("pnl"), periods=252)
    with pytest.raises(InputError, match="returns"):
        metrics.with_statistics(daily.with_columns(returns=pl.lit(0.1)), periods=252)
    with pytest.raises(InputError, match="one point more"):
        metrics.expanding_statistics([0], [1], [None], periods=252)


def test_the_cost_of_a_session_does_not_grow_with_the_sessions_before_it() -> None:
    def seconds(sessions: int) -> float:
        values = [(100 + (index * 7919) % 13) * E20 + index for index in range(sessions)]
        daily = daily_frame(values)
        best = 1e9
        for _ in range(5):
            begin = time.perf_counter()
            metrics.with_statistics(daily, periods=252)
            best = min(best, time.perf_counter() - begin)
        return best

    small, large = seconds(1_000), seconds(8_000)
    assert large < small * 8 * 2.5, "recomputing every prefix would cost eight times more than this again"


def test_a_profit_that_leaves_out_a_dividend_does_not_blur_the_exact_path() -> None:
    values = [103 * E20, 107 * E20]
    returns = [half_even(3 * E18, 100), half_even(4 * E18, 103)]
    assert metrics.growth_path(values, [3 * E20, 3 * E20], returns) == [100 * E20, *values]
