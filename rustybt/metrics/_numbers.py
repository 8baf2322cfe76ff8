"""How a measure gets its integers, and how a quotient or a root becomes a number with 18 decimals, rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isqrt
from typing import Final

import polars as pl

from rustybt.core import RATIO_SCALE, Number, as_decimal, exact_number, scaled, scaled_ints
from rustybt.errors import InputError
from rustybt.metrics._checks import check_rows

type Numbers = pl.Series | Sequence[Number]
"""A Polars Series (Decimal, integer or float) or a sequence of int, Decimal, text or float."""

ONE: Final = 10**RATIO_SCALE
_WIDEST: Final = 2**126
"""Sums of 128 bits wrap around without a word."""


def scaled_numbers(numbers: Numbers, what: str) -> tuple[list[int], int]:
    """All numbers as integers of one scale, exactly; floats by their shortest repr.

    Raises InputError on a null and for what has no rows, NonFiniteInput on NaN, an infinity, or what is no number.
    """
    if isinstance(numbers, pl.Series) and isinstance(numbers.dtype, pl.Decimal):
        ints = scaled_ints(numbers)
        if numbers.null_count():
            _present(None, what, ints.index(None))
        return ints, numbers.dtype.scale  # type: ignore[return-value]  # there is no null
    check_rows(numbers, what)
    pairs = [scaled(exact_number(_present(n, what, row), f"{what}, row {row}")) for row, n in enumerate(numbers)]
    scale = max((own for _, own in pairs), default=0)
    return [value * 10 ** (scale - own) for value, own in pairs], scale


def exact_sum(column: pl.Series) -> int:
    """The sum of the integers behind a Decimal column, at its scale; nulls count as 0.

    >>> exact_sum(pl.Series(["0.25", "0.5", None]).cast(pl.Decimal(38, 2)))
    75
    """
    ints = column.to_physical()
    ends: list[int] = [ints.min() or 0, ints.max() or 0]  # type: ignore[list-item]  # they are integers
    if max(map(abs, ends)) * len(ints) < _WIDEST:
        return int(ints.sum())
    return sum(value for value in ints.to_list() if value is not None)


def _present[T](number: T | None, what: str, row: int) -> T:
    if number is None:
        raise InputError(f"{what}, row {row}: there is no value. Drop or fill the nulls first.")
    return number


def loses_all(values: list[int], scale: int) -> bool:
    """Whether some return is -100 % or less: nothing is left that a later one could be on."""
    return bool(values) and min(values) <= -(10**scale)


def align(values: list[int], scale: int, number: Number, what: str) -> tuple[list[int], int, int]:
    """Values and one more number (a target, a rate) at a scale that shows both exactly: values, number, scale."""
    own, own_scale = scaled(exact_number(number, what))
    common = max(scale, own_scale)
    factor = 10 ** (common - scale)
    return [value * factor for value in values] if factor != 1 else values, own * 10 ** (common - own_scale), common


def root_half_even(numerator: int, denominator: int) -> int:
    """The square root of a quotient of non-negative integers, as an integer, rounded once, half-even.

    >>> root_half_even(9, 4), root_half_even(25, 4), root_half_even(26, 4)
    (2, 2, 3)
    """
    # the root in halves says on which side of the middle it lies
    quotient, rest = divmod(4 * numerator, denominator)
    halves = isqrt(quotient)
    root = halves >> 1
    if halves & 1 and (rest or root & 1 or halves * halves != quotient):
        root += 1
    return root


def signed_root_half_even(sign: int, numerator: int, denominator: int) -> int:
    """`root_half_even` with the sign of `sign`."""
    root = root_half_even(numerator, denominator)
    return -root if sign < 0 else root


def ratio(value: int) -> Decimal:
    """The Decimal with 18 decimals."""
    return as_decimal(value, RATIO_SCALE)


def check_periods(periods: object) -> int:
    """Returns the sessions per year. Raises InputError where it is no positive integer."""
    if isinstance(periods, bool) or not isinstance(periods, int) or periods < 1:
        raise InputError(f"periods: {periods!r} is not a number of sessions per year. Pass a positive int, like 252.")
    return periods
