"""Whole columns of exact integers at a time: 128 bits wide, and Python's own integers where that is not enough."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import div_half_even

_WIDEST: Final = 2**126
"""Polars wraps around without a word: what may come to this is left to Python."""

_DIGITS: Final = 10**9

type Factor = pl.Series | int


def wide(values: Any) -> pl.Series:
    """Integers as a column of 128 bits; the physical values of a Decimal one, 0 for null."""
    if isinstance(values, pl.Series):
        return values.to_physical().cast(pl.Int128).fill_null(0)
    return pl.Series(values, dtype=pl.Int128)


def ratio_half_even(values: pl.Series, factor: Factor, divisor: Factor) -> pl.Series:
    """`values * factor / divisor` of each row, rounded once, half-even; null where a divisor is 0.

    >>> ratio_half_even(wide([5, -5, 7]), 1, 2).to_list()
    [2, -2, 4]
    """
    if not len(values):
        return values
    if _most(values) * _most(factor) * 2 >= _WIDEST or _most(divisor) * 2 >= _WIDEST:
        return _in_steps(values, factor, divisor)
    product = values if isinstance(factor, int) and factor == 1 else values * _column(factor)
    if isinstance(divisor, int) and divisor == 1:
        return product
    by = _column(divisor)
    quotients = product // by
    rest = (product - quotients * by) * _column(2)
    up = (rest > by) | ((rest == by) & (quotients % _column(2) == _column(1)))
    return quotients + up.cast(pl.Int128)


def _in_steps(values: pl.Series, factor: Factor, divisor: Factor) -> pl.Series:
    """Divided before it is multiplied, and then what is left: for products beyond 128 bits whose quotients are not."""
    by, two = _column(divisor), _column(2)
    # as in long division, a few digits at a time
    steps = [_DIGITS, factor // _DIGITS] if isinstance(factor, int) and factor % _DIGITS == 0 else [factor]
    if _most(divisor) * max(map(_most, steps)) * 2 >= _WIDEST:
        return _one_by_one(values, factor, divisor)
    found = values // by
    if _most(found) * _most(factor) * 2 >= _WIDEST:
        return _one_by_one(values, factor, divisor)
    rest = values - found * by
    for step in steps:
        rest = rest * _column(step)
        more = rest // by
        rest, found = rest - more * by, found * _column(step) + more
    up = (rest * two > by) | ((rest * two == by) & (found % two == _column(1)))
    return found + up.cast(pl.Int128)


def _column(factor: Factor) -> pl.Series:
    """A number as a column of one row, which counts for each."""
    return pl.Series([factor], dtype=pl.Int128) if isinstance(factor, int) else factor


def share_half_even(parts: pl.Series, whole: pl.Series, scale: int) -> pl.Series:
    """`parts / whole` at that scale, rounded once, half-even; null where there is no whole above 0, or no part.

    >>> share_half_even(wide([1, 2, 1]), wide([4, 3, 0]), 2).to_list()
    [25, 67, None]
    """
    known = (whole > _column(0)).fill_null(value=False) & parts.is_not_null()
    numbers = [parts.zip_with(known, _column(0)), whole.zip_with(known, _column(1))]
    # zeros at the end of all of them say nothing, and cost digits
    for digits in (10**16, 10**8, 10**4):
        if all((number % _column(digits) == _column(0)).all() for number in (numbers[0], numbers[1].filter(known))):
            numbers = [number // _column(digits) for number in numbers]
            numbers[1] = numbers[1].zip_with(known, _column(1))
    return ratio_half_even(numbers[0], 10**scale, numbers[1]).zip_with(known, pl.Series([None], dtype=pl.Int128))


def _one_by_one(values: pl.Series, factor: Factor, divisor: Factor) -> pl.Series:
    count = len(values)
    factors, divisors = (
        part.to_list() if isinstance(part, pl.Series) else [part] * count for part in (factor, divisor)
    )
    rows = zip(values.to_list(), factors, divisors, strict=True)
    return wide([div_half_even(value * times, by) if by else None for value, times, by in rows])


def _most(factor: Factor) -> int:
    """The largest size of any."""
    if isinstance(factor, int):
        return abs(factor)
    low, high = factor.min(), factor.max()
    return max(abs(int(low)), abs(int(high))) if low is not None and high is not None else 0  # type: ignore[arg-type]


def shared_out(totals: pl.Series, whole: pl.Series, rows: npt.NDArray[np.int64], parts: pl.Series) -> pl.Series:
    """Amounts divided among parts of a whole so that nothing is lost: each takes its share of what is left.

    totals, whole: by row, what is divided and into how many units. rows, parts: of each part in its order, the row that
    it is of and its units, which add up to the whole of the row.

    >>> shared_out(wide([10]), wide([3]), np.array([0, 0, 0]), wide([1, 1, 1])).to_list()
    [3, 4, 3]
    """
    uneven = (totals % whole != _column(0)).to_numpy()
    found = (totals // whole).gather(rows) * parts
    places = np.flatnonzero(uneven[rows])
    if not len(places):
        return found
    left, units, exact = totals.to_list(), whole.to_list(), found.to_list()
    at = pl.Series(places)
    for place, row, part in zip(places.tolist(), rows[places].tolist(), parts.gather(at).to_list(), strict=True):
        share = left[row] if part == units[row] else div_half_even(left[row] * part, units[row])
        left[row] -= share
        units[row] -= part
        exact[place] = share
    return wide(exact)
