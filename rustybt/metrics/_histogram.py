"""How often results of each size came."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import Final

import polars as pl

from rustybt.core import decimal_column
from rustybt.errors import InputError
from rustybt.metrics._numbers import Numbers, scaled_numbers

_STEPS: Final = (1, 2, 5)
_MOST_BINS: Final = 1_000


def histogram(numbers: Numbers, *, bins: int = 20) -> pl.DataFrame:
    """How many numbers lie in each of some ranges of equal width, such as the results of trades, or how long they took.

    numbers: returns, a column of `Result.trades` such as "net", "sessions" or "duration", or any others; nulls are left
        out.
    bins: how many ranges at most; their width is 1, 2 or 5 times a power of ten, so that their ends are round numbers.
    Returns a frame, a row for each range from the lowest number to the highest: low (which is in it), high (which is
    not), count. low and high are Decimals; of durations, durations, a whole number of seconds wide.
    Raises NonFiniteInput on NaN and infinities, InputError for bins that are not from 2 to 1000.

    >>> histogram([0, 1, 1, 3, 14], bins=3).rows()
    [(Decimal('0'), Decimal('5'), 4), (Decimal('5'), Decimal('10'), 0), (Decimal('10'), Decimal('15'), 1)]
    """
    if type(bins) is not int or not 2 <= bins <= _MOST_BINS:  # one range of round ends has no room for both signs
        raise InputError(f"bins: {bins!r} is not a number of ranges. Pass one from 2 to {_MOST_BINS}.")
    spans = isinstance(numbers, pl.Series) and isinstance(numbers.dtype, pl.Duration)
    if isinstance(numbers, pl.Series):
        numbers = numbers.drop_nulls()
    if spans:
        numbers = numbers.cast(pl.Duration("ns")).to_physical()  # type: ignore[union-attr]
    values, scale = scaled_numbers(numbers, "numbers")
    edges, counts = _counted(sorted(values), bins, 10**9 if spans else 1) if values else ([0], [])
    low, high = edges[:-1], edges[1:]
    if spans:
        ends = [pl.Series(name, part, dtype=pl.Duration("ns")) for name, part in (("low", low), ("high", high))]
    else:
        ends = [decimal_column(name, part, scale) for name, part in (("low", low), ("high", high))]
    return pl.DataFrame([*ends, pl.Series("count", counts, dtype=pl.Int64)])


def _counted(ascending: list[int], bins: int, least: int) -> tuple[list[int], list[int]]:
    """The ends of the ranges, and how many numbers lie in each."""
    first, last = ascending[0], ascending[-1]
    power = least
    while True:
        for step in _STEPS:
            width = step * power
            start = first // width
            count = last // width - start + 1
            if count <= bins:
                edges = [(start + place) * width for place in range(count + 1)]
                until = [bisect_right(ascending, edge - 1) for edge in edges]
                return edges, [after - before for before, after in pairwise(until)]
        power *= 10
