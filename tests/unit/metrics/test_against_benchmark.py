"""Alpha, beta and the benchmark's own figures: against fractions, and against empyrical, which Zipline uses."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rustybt import metrics
from rustybt.errors import InputError, NonFiniteInput

E18 = 10**18
RETURN = st.integers(-E18 // 20, E18 // 20)
PAIRS = st.lists(st.tuples(RETURN, RETURN), min_size=2, max_size=30)


def shown(value: int) -> Decimal:
    return Decimal(f"{value}E-18")  # not scaleb, which rounds to 28 digits


def mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def exact(pairs: list[tuple[int, int]]) -> tuple[list[Fraction], list[Fraction]]:
    return [Fraction(own, E18) for own, _ in pairs], [Fraction(other, E18) for _, other in pairs]


def rounded(value: Fraction) -> Decimal:
    return shown(round(value * E18))


def decimals(values: list[Fraction]) -> list[Decimal]:
    return [shown(int(value * E18)) for value in values]


@given(PAIRS)
def test_beta_and_alpha_are_the_exact_values_rounded_once(pairs: list[tuple[int, int]]) -> None:
    own, other = exact(pairs)
    variance = mean([b * b for b in other]) - mean(other) ** 2
    assume(variance)
    slope = (mean([a * b for a, b in zip(own, other, strict=True)]) - mean(own) * mean(other)) / variance
    assert metrics.beta(decimals(own), decimals(other)) == rounded(slope)
    daily = mean([a - slope * b for a, b in zip(own, other, strict=True)])
    yearly = (1 + daily) ** 252 - 1
    assume(abs(yearly) < 10**19)
    assert metrics.alpha(decimals(own), decimals(other), periods=252) == rounded(yearly)


@given(PAIRS)
def test_each_row_equals_the_function_on_its_prefix(pairs: list[tuple[int, int]]) -> None:
    own, other = [a for a, _ in pairs], [b for _, b in pairs]
    columns = metrics.benchmark_statistics(own, other, periods=252)
    own_exact, other_exact = (decimals(values) for values in exact(pairs))
    growth = Fraction(1)
    for row in range(len(pairs)):
        so_far = slice(0, row + 1)
        growth *= 1 + Fraction(other[row], E18)
        assert columns.benchmark_period_return[row] == round((growth - 1) * E18)
        for name, value in (
            ("beta", metrics.beta(own_exact[so_far], other_exact[so_far])),
            ("alpha", metrics.alpha(own_exact[so_far], other_exact[so_far], periods=252)),
            ("benchmark_volatility", metrics.volatility(other_exact[so_far], periods=252)),
        ):
            found = getattr(columns, name)[row]
            assert (None if found is None else shown(found)) == value


def test_figures_agree_with_empyrical() -> None:
    empyrical = pytest.importorskip("empyrical")
    rng = np.random.default_rng(7)
    market = rng.normal(0.0004, 0.01, 500)
    own = 0.8 * market + rng.normal(0.0002, 0.006, 500)
    columns = metrics.benchmark_statistics(
        [round(Fraction(repr(float(value))) * E18) for value in own],
        [round(Fraction(repr(float(value))) * E18) for value in market],
        periods=252,
    )
    for row in (1, 2, 19, 251, 499):
        alpha, beta = empyrical.alpha_beta_aligned(own[: row + 1], market[: row + 1])
        assert columns.alpha[row] / E18 == pytest.approx(alpha, rel=1e-9)
        assert columns.beta[row] / E18 == pytest.approx(beta, rel=1e-9)
        volatility = empyrical.annual_volatility(market[: row + 1])
        assert columns.benchmark_volatility[row] / E18 == pytest.approx(volatility, rel=1e-9)
        growth = empyrical.cum_returns(market[: row + 1])[-1]
        assert columns.benchmark_period_return[row] / E18 == pytest.approx(growth, rel=1e-9)


def test_undefined_where_the_benchmark_did_not_move() -> None:
    flat = ["0.01", "0.01", "0.01"]
    assert metrics.beta(["0.1", "0.2", "0.3"], flat) is None
    assert metrics.alpha(["0.1", "0.2", "0.3"], flat, periods=252) is None
    assert metrics.beta(["0.1"], ["0.2"]) is metrics.alpha(["0.1"], ["0.2"], periods=252) is None
    assert metrics.beta(["0.1", "0.2"], ["0.01", "0.02"]) == 10


def test_without_a_benchmark_its_returns_count_as_zero() -> None:
    assumed = metrics.benchmark_statistics([E18, 0, -1], None, periods=252)
    assert assumed == metrics.benchmark_statistics([E18, 0, -1], [0, 0, 0], periods=252)
    assert assumed.benchmark_period_return == [0, 0, 0]
    assert assumed.benchmark_volatility == [None, 0, 0]
    assert assumed.alpha == assumed.beta == [None, None, None]
    assert metrics.benchmark_statistics([], None, periods=252).benchmark_volatility == []


def test_a_figure_beyond_what_a_column_holds_is_undefined() -> None:
    # 1.5 ** 252 is about 2e44
    assert metrics.alpha(["0.5", "0.5"], ["0", "0.1"], periods=252) is None
    huge = metrics.benchmark_statistics([0, 0, 0], [10**30, 10**30, -(10**18)], periods=1)
    assert huge.benchmark_period_return == [10**30, None, -(10**18)]


def test_pairs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="2 returns and 1 of the benchmark"):
        metrics.beta(["0.1", "0.2"], ["0.1"])
    with pytest.raises(InputError, match="2 returns and 1 of the benchmark"):
        metrics.benchmark_statistics([1, 2], [1], periods=252)
    with pytest.raises(NonFiniteInput):
        metrics.alpha(["0.1", "NaN"], ["0.1", "0.2"], periods=252)
    with pytest.raises(InputError, match="periods"):
        metrics.alpha(["0.1", "0.1"], ["0.1", "0.2"], periods=0)
