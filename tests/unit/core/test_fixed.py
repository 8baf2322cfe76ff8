"""Exact numbers: what crosses over, what rounds, what is refused."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.core import (
    MONEY_LIMIT,
    as_decimal,
    as_plain_decimal,
    check_money,
    div_half_even,
    exact_number,
    rescale_exact,
    rescale_half_even,
    scaled,
    scaled_float,
    to_scale,
)
from rustybt.errors import MoneyOverflow, NonFiniteInput, PrecisionLost


@given(st.integers(), st.integers().filter(bool))
def test_a_quotient_is_rounded_once_half_even(numerator: int, denominator: int) -> None:
    # Fraction's own round() is half-even
    assert div_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(), st.integers(0, 30), st.integers(0, 30))
def test_a_rescaled_number_is_the_nearest_of_its_new_scale(value: int, scale: int, other: int) -> None:
    assert rescale_half_even(value, scale, other) == round(Fraction(value, 10**scale) * 10**other)


@given(st.integers(), st.integers(0, 30), st.integers(0, 30))
def test_rescaling_exactly_keeps_the_number_or_is_refused(value: int, scale: int, other: int) -> None:
    wanted = Fraction(value, 10**scale) * 10**other
    if wanted.denominator == 1:
        assert rescale_exact(value, scale, other) == wanted
    else:
        with pytest.raises(PrecisionLost, match="decimals"):
            rescale_exact(value, scale, other)


@given(st.integers(-(10**50), 10**50), st.integers(0, 40))
def test_integers_become_the_same_decimal_in_whatever_context(value: int, scale: int) -> None:
    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_UP)):
        assert Fraction(as_decimal(value, scale)) == Fraction(value, 10**scale)
        assert as_decimal(value, scale).as_tuple().exponent == -scale
        plain = as_plain_decimal(value, scale)
        assert Fraction(plain) == Fraction(value, 10**scale)
    exponent = plain.as_tuple().exponent
    assert isinstance(exponent, int)
    assert exponent <= 0
    assert exponent == 0 or plain.as_tuple().digits[-1] != 0


@given(st.floats() | st.floats(-1e6, 1e6).map(lambda number: round(number, 2)))
def test_the_quick_way_of_a_float_is_the_long_one_or_none(number: float) -> None:
    quick = scaled_float(number)
    if quick is None:
        assert not math.isfinite(number) or "e" in repr(number)
    else:
        assert quick == scaled(exact_number(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_crosses_over_by_its_shortest_repr(number: float) -> None:
    assert exact_number(number) == Decimal(repr(number))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (3, "3"),
        ("12.50", "12.50"),
        (" 1e3 ", "1E+3"),
        (0.1, "0.1"),
        (Decimal("0.1"), "0.1"),
        (np.float64(0.1), "0.1"),
        (np.float32(0.1), "0.1"),
        (np.int32(7), "7"),
        (np.int64(-7), "-7"),
    ],
)
def test_numbers_of_every_kind_are_taken(number: object, expected: str) -> None:
    assert exact_number(number) == Decimal(expected)


@pytest.mark.parametrize(
    "number",
    [
        True, np.True_, None, "", "ten", "1,5", [], object(), 1j,
        float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), "nan", "-inf", np.float64("nan"),
    ],
)  # fmt: skip
def test_what_is_no_finite_number_is_refused_with_its_name(number: object) -> None:
    with pytest.raises(NonFiniteInput, match="limit_price"):
        exact_number(number, "limit_price")


def test_a_number_of_a_thousand_digits_is_refused() -> None:
    with pytest.raises(NonFiniteInput, match="beyond"):
        scaled(Decimal("1e500"))
    with pytest.raises(NonFiniteInput):
        scaled(Decimal("NaN"))


def test_to_scale_refuses_to_drop_a_digit() -> None:
    assert to_scale(Decimal("1.50"), 1) == 15
    with pytest.raises(PrecisionLost, match=r"1\.55 has more than 1 decimals"):
        to_scale(Decimal("1.55"), 1)


def test_money_ends_below_a_million_millions_of_millions() -> None:
    assert check_money(MONEY_LIMIT - 1) == MONEY_LIMIT - 1
    for amount in (MONEY_LIMIT, -MONEY_LIMIT):
        with pytest.raises(MoneyOverflow, match="1e18"):
            check_money(amount)
