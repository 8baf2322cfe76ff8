"""Each measure against the formula in decimal with 120 digits, and against NumPy and empyrical in floats."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt import metrics
from rustybt.core import decimal_column
from rustybt.errors import InputError, NonFiniteInput

CONTEXT = decimal.Context(prec=120, rounding=decimal.ROUND_HALF_EVEN)
EIGHTEEN = Decimal("1e-18")

returns_18 = st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=40)
coarse = st.lists(st.integers(-99, 99), min_size=1, max_size=40)
periods = st.sampled_from([1, 12, 252, 365, 98_280])


def rounded(number: Fraction) -> Decimal:
    """A fraction with 18 decimals, half-even: Python's own rounding of fractions."""
    return CONTEXT.multiply(Decimal(round(number * 10**18)), EIGHTEEN)


def root(number: Fraction) -> Decimal:
    quotient = CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))
    return CONTEXT.quantize(CONTEXT.sqrt(quotient), EIGHTEEN)


def fractions_of(values: list[int], scale: int = 18) -> list[Fraction]:
    return [Fraction(value, 10**scale) for value in values]


def variance(numbers: list[Fraction]) -> Fraction:
    mean = sum(numbers, Fraction()) / len(numbers)
    return sum(((number - mean) ** 2 for number in numbers), Fraction()) / (len(numbers) - 1)


@given(returns_18, periods)
def test_volatility_is_correctly_rounded(values: list[int], annual: int) -> None:
    found = metrics.volatility(decimal_column("r", values, 18), periods=annual)
    if len(values) < 2 or min(values) <= -(10**18):
        assert found is None
    else:
        assert found == root(variance(fractions_of(values)) * annual)


@given(coarse, periods, st.sampled_from(["0", "0.0001", "-0.02"]))
def test_sharpe_is_correctly_rounded(values: list[int], annual: int, rate: str) -> None:
    found = metrics.sharpe(decimal_column("r", values, 2), periods=annual, risk_free=[rate] * len(values))
    excess = [number - Fraction(rate) for number in fractions_of(values, 2)]
    if len(values) < 2 or variance(excess) == 0:
        assert found is None
    else:
        mean = sum(excess, Fraction()) / len(excess)
        expected = root(mean**2 / variance(excess) * annual)
        assert found == (-expected if mean < 0 else expected)


@given(coarse, periods, st.sampled_from(["0", "0.003", "-0.5"]))
def test_sortino_is_correctly_rounded(values: list[int], annual: int, target: str) -> None:
    found = metrics.sortino(decimal_column("r", values, 2), periods=annual, target=[target] * len(values))
    excess = [number - Fraction(target) for number in fractions_of(values, 2)]
    below = sum((min(number, Fraction()) ** 2 for number in excess), Fraction()) / len(excess)
    if len(values) < 2 or below == 0:
        assert found is None
    else:
        mean = sum(excess, Fraction()) / len(excess)
        expected = root(mean**2 * annual / below)
        assert found == (-expected if mean < 0 else expected)


@given(st.lists(st.integers(-3 * 10**18, 2 * 10**18), min_size=1, max_size=12) | returns_18)
def test_drawdown_and_total_return_are_correctly_rounded(values: list[int]) -> None:
    growth = peak = Fraction(1)
    worst = Fraction()
    for number in fractions_of(values):
        growth *= 1 + number
        peak = max(peak, growth)
        worst = min(worst, growth / peak - 1)
    column = decimal_column("r", values, 18)
    assert metrics.max_drawdown(column) == rounded(worst)
    if abs(growth) < 10**50:
        assert metrics.total_return(column) == rounded(growth - 1)


@given(st.lists(st.integers(-(10**24), 10**28), min_size=1, max_size=30))
def test_drawdown_of_values_is_correctly_rounded(values: list[int]) -> None:
    found = metrics.max_drawdown_of_values(decimal_column("v", values, 20))
    if values[0] <= 0:
        assert found is None
        return
    peak, worst = values[0], Fraction()
    for value in values:
        peak = max(peak, value)
        worst = min(worst, Fraction(value, peak) - 1)
    assert found == rounded(worst)


def test_a_tie_of_a_drawdown_is_rounded_to_even() -> None:
    tiny = [Decimal("-0.0000000000000000005"), Decimal("-0.0000000000000000015"), Decimal("-0.0000000000000000025")]
    assert [metrics.max_drawdown([number]) for number in tiny] == [Decimal(0), Decimal("-2e-18"), Decimal("-2e-18")]


def test_the_digits_are_kept_through_many_sessions() -> None:
    up_and_down = [Decimal("1.5"), Decimal("-0.6")] * 300  # every pair multiplies by exactly one
    assert metrics.total_return(up_and_down) == 0
    assert metrics.max_drawdown(up_and_down) == Decimal("-0.6")
    assert metrics.max_drawdown([Decimal("-0.5")] * 300) == -1 + Decimal(0).quantize(EIGHTEEN)


@pytest.mark.parametrize("seed", range(5))
def test_floats_agree_with_numpy_and_empyrical(seed: int) -> None:
    empyrical = pytest.importorskip("empyrical")
    numbers = np.random.default_rng(seed).normal(0.0005, 0.01, 500)
    column = pl.Series("r", numbers)
    close = pytest.approx
    assert float(metrics.volatility(column, periods=252)) == close(np.std(numbers, ddof=1) * math.sqrt(252), rel=1e-12)  # type: ignore[arg-type]
    ours = {
        "annual_volatility": metrics.volatility(column, periods=252),
        "sharpe_ratio": metrics.sharpe(column, periods=252),
        "sortino_ratio": metrics.sortino(column, periods=252),
        "max_drawdown": metrics.max_drawdown(column),
        "annual_return": metrics.annual_return(column, periods=252),
        "cum_returns_final": metrics.total_return(column),
    }
    for name, figure in ours.items():
        assert float(figure) == close(float(getattr(empyrical, name)(numbers)), rel=1e-11, abs=1e-14)  # type: ignore[arg-type]


def test_a_float_counts_by_its_shortest_repr() -> None:
    assert metrics.total_return([0.1]) == Decimal("0.1")
    assert metrics.total_return(pl.Series([0.1, 0.2])) == Decimal("0.32")


@pytest.mark.parametrize("measure", [metrics.volatility, metrics.sharpe, metrics.sortino])
def test_one_return_is_too_few_and_two_are_enough(measure: object) -> None:
    assert callable(measure)
    assert measure([], periods=252) is None
    assert measure(["-0.01"], periods=252) is None
    assert measure(["-0.01", "0.02"], periods=252) is not None


def test_sharpe_is_none_exactly_where_all_returns_are_equal() -> None:
    assert metrics.sharpe(["0.01", "0.010"], periods=252) is None
    assert metrics.sharpe(["0.01", "0.0100000001"], periods=252) is not None
    assert metrics.sharpe(["0.01", "-0.01"], periods=252) == 0


def test_sortino_is_none_exactly_where_no_return_is_below_the_target() -> None:
    assert metrics.sortino(["0.01", "0"], periods=252) is None
    assert metrics.sortino(["0.01", "0"], target="0.001", periods=252) is not None
    assert metrics.sortino(["0.01", "-0.000000001"], periods=252) is not None


def test_annual_return_is_none_exactly_where_nothing_is_left_to_grow() -> None:
    assert metrics.annual_return([], periods=252) is None
    assert metrics.annual_return([-1], periods=252) is None
    assert metrics.annual_return([1], periods=252) is None  # 2 ** 252
    assert metrics.annual_return(["0.21"], periods=1) == Decimal("0.21")
    assert metrics.annual_return(["0.1", "0.1", "0.1", "0.1"], periods=2) == Decimal("0.21")
    assert metrics.annual_return(["0.21", "0"], periods=1) == Decimal("0.1")


def test_sessions_of_an_account_below_zero_have_no_leverage_and_no_exposure() -> None:
    assert metrics.max_leverage(["-374.5", None, "-2"]) is None
    assert metrics.max_leverage(["-2", "0.5"]) == Decimal("0.5")
    assert metrics.average_exposure([5, 5, 5], [-1, 0, 10]) == Decimal("0.5")


@pytest.mark.parametrize("gone", ["-1", "-1.0", "-1.2"])
def test_where_a_return_leaves_nothing_no_ratio_can_be_had_of_returns(gone: str) -> None:
    returns, benchmark = ["0.1", gone, "0.3"], ["0.01", "0.02", "-0.01"]
    for measure in (metrics.volatility, metrics.sharpe, metrics.sortino, metrics.annual_return):
        assert measure(returns, periods=252) is None
        assert measure(["0.1", "-0.999999999999999999", "0.3"], periods=252) is not None
    assert metrics.beta(returns, benchmark) is metrics.alpha(returns, benchmark, periods=252) is None


def test_two_returns_below_minus_one_make_no_growth() -> None:
    # (1 - 1.5) * (1 - 1.5) is 0.25, and nobody grew to that
    assert metrics.annual_return(["-1.5", "-1.5"], periods=252) is None


def test_leverage_and_exposure_leave_out_sessions_without_a_value() -> None:
    assert metrics.max_leverage([None, None]) is None
    assert metrics.average_leverage([]) is None
    column = decimal_column("l", [10**18, None, 2 * 10**18, 2 * 10**18], 18)
    assert metrics.max_leverage(column) == 2
    assert metrics.average_leverage(column) == Decimal("1.666666666666666667")
    assert metrics.average_exposure([5, 5], [0, 10]) == Decimal("0.5")
    assert metrics.average_exposure([5], [0]) is None
    assert metrics.average_exposure([-1, 0, 0], [3, 3, 3]) == Decimal("-0.111111111111111111")
    with pytest.raises(InputError, match="1 exposures and 2 values"):
        metrics.average_exposure([5], [1, 2])


def test_nulls_and_what_is_no_number_are_refused() -> None:
    with pytest.raises(InputError, match="row 1"):
        metrics.total_return(pl.Series([Decimal("0.1"), None]))
    with pytest.raises(InputError, match="row 0"):
        metrics.total_return(pl.Series([None], dtype=pl.Float64))
    for bad in (math.nan, math.inf):
        with pytest.raises(NonFiniteInput):
            metrics.volatility([0.1, bad], periods=252)
    for wrong in (0, -1, 252.0, True):
        with pytest.raises(InputError, match="periods"):
            metrics.sharpe([0.1, 0.2], periods=wrong)  # type: ignore[arg-type]


def test_the_users_decimal_context_changes_nothing_and_is_not_changed() -> None:
    numbers = ["0.013", "-0.027", "0.0031"]
    expected = [metrics.volatility(numbers, periods=252), metrics.annual_return(numbers, periods=252)]
    with decimal.localcontext(decimal.Context(prec=3)) as own:
        found = [metrics.volatility(numbers, periods=252), metrics.annual_return(numbers, periods=252)]
        assert not own.flags[decimal.Inexact]
    assert found == expected
