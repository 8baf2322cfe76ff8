"""Parameters of the formulas, exact or as floats."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from rustybt.core import RATIO_SCALE, as_decimal, div_half_even, exact_number
from rustybt.errors import InputError


def exact(value: Any, what: str, *, above_zero: bool = False) -> Fraction:
    """A number of 0 or more, or above zero. Raises InputError."""
    number = Fraction(exact_number(value, what))
    if number < 0 or (above_zero and not number):
        raise InputError(f"{what} is {value!r}: pass a number {'above zero' if above_zero else 'of 0 or more'}.")
    return number


def check_count(value: Any, what: str) -> None:
    """Raises InputError for what is no whole number of 1 or more."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(f"{what} is {value!r}. Pass a whole number, 1 or more.")


def rounded(value: Fraction) -> Decimal:
    """A fraction with 18 decimals, rounded half-even."""
    return as_decimal(div_half_even(value.numerator * 10**RATIO_SCALE, value.denominator), RATIO_SCALE)
