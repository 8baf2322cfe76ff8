"""Exact columns of many assets: computed at once in 128 bits where every number fits, one by one where not."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt._kernels import Rows
from rustybt.core import (
    MAX_DIGITS,
    MONEY_SCALE,
    POWERS,
    Columns,
    converted_half_even,
    cost_per_unit,
    decimal_column,
    div_half_even,
    series_of,
)

WIDE: Final = pl.Int128()
WITHIN: Final = 2**126
"""A number below it can be doubled, as rounding does, without leaving 128 bits."""

FEW_DECIMALS: Final = 6
"""Values of so few decimals fit 64 bits, up to nine millions of millions. To find out otherwise costs much."""

type Values = Sequence[int | None] | pl.Series
"""Integers: a Series of them, or Python's where one may be too wide for 128 bits."""


def shortest_column(name: str, values: Values, slots: pl.Series, scales: list[int]) -> pl.Series:
    """A column of values, each at the scale of its slot, at the smallest scale that shows all of them.

    What belongs to no slot is zero.
    """
    if not len(values):
        return decimal_column(name, [], 0)
    if all_none(values):
        return decimal_column(name, [None], 0).new_from_index(0, len(values))
    widest = max(scales, default=0)
    column = in_128_bits(values, widest <= FEW_DECIMALS)
    even = not scales or min(scales) == widest
    if column is None or not (even or _fit(column, POWERS[widest - min(scales)])):
        return _shortened_one_by_one(name, listed(values), slots, scales)
    if not even:
        ups = of_slots([POWERS[widest - scale] for scale in scales], slots)
        column = column * ups.fill_null(_constants([1]))
    spare = _spare_zeros(column, widest)
    if 0 < spare <= MAX_DIGITS:
        column = column // _constants([POWERS[spare]])
    return decimal_column(name, column, widest - spare)


def all_none(values: Values | Sequence[str | None]) -> bool:
    """Whether a list holds nothing but None, of which Polars would ask value by value for one that is something."""
    # the first tells quickly of most lists that not all are
    return isinstance(values, list) and bool(values) and values[0] is None and values.count(None) == len(values)


def exposures(slots: pl.Series, quantities: Values, marks: Values, instruments: Sequence[Any]) -> Values:
    """Quantity times mark times multiplier as money, rounded once. marks: at the fill scale."""
    if not len(quantities):
        return []
    exponents = [MONEY_SCALE - x.fill_scale - x.quantity_scale - x.multiplier_scale for x in instruments]
    ups = [x.multiplier * POWERS[max(e, 0)] for x, e in zip(instruments, exponents, strict=True)]
    downs = [POWERS[max(-e, 0)] for e in exponents]
    units, prices = in_128_bits(quantities), in_128_bits(marks)
    most, finest = max(ups, default=1), max(downs, default=1)
    if units is None or prices is None or not _fit(units, _largest(prices) * most) or max(most, finest) >= WITHIN:
        rows = zip(slots.to_list(), listed(quantities), listed(marks), strict=True)
        return [div_half_even(units * mark * ups[slot], downs[slot]) for slot, units, mark in rows]
    product = units * prices * of_slots(ups, slots)
    return product if finest == 1 else _half_even(product, of_slots(downs, slots))


def costs_per_unit(slots: pl.Series, quantities: Values, costs: Values, instruments: Sequence[Any]) -> Values:
    """The cost of each position per unit, at its instrument's fill scale. quantities: none of them is zero."""
    if not len(quantities):
        return []
    exponents = [x.quantity_scale + x.fill_scale + x.multiplier_scale - MONEY_SCALE for x in instruments]
    ups = [POWERS[max(e, 0)] for e in exponents]
    downs = [x.multiplier * POWERS[max(-e, 0)] for x, e in zip(instruments, exponents, strict=True)]
    units, paid = in_128_bits(quantities), in_128_bits(costs)
    if units is None or paid is None or not (_fit(paid, max(ups, default=1)) and _fit(units, max(downs, default=1))):
        rows = zip(slots.to_list(), listed(quantities), listed(costs), strict=True)
        return [cost_per_unit(cost, quantity, instruments[slot]) for slot, quantity, cost in rows]
    signs = units.sign()
    return _half_even(paid * signs * of_slots(ups, slots), units * signs * of_slots(downs, slots))


def with_converted(
    amounts: Values, rows: npt.NDArray[np.int64], of_rows: pl.Series, rates: Sequence[tuple[int, int]]
) -> Values:
    """Amounts of which those of some rows are turned into another currency, rounded once.

    of_rows: the place of each row's rate among `rates`: numerators and denominators, all above zero.
    """
    tops, bottoms = [rate[0] for rate in rates], [rate[1] for rate in rates]
    column, most, finest = in_128_bits(amounts), max(tops), max(bottoms)
    if column is not None and max(most, finest) < WITHIN and _fit(column, most):
        chosen = series_of(rows).cast(pl.UInt32)
        money = _half_even(column[chosen] * of_slots(tops, of_rows), of_slots(bottoms, of_rows))
        if _largest(money) < POWERS[MAX_DIGITS]:
            return column.scatter(chosen, money)
    found = list(listed(amounts))
    for row, rate in zip(rows.tolist(), of_rows.to_list(), strict=True):
        found[row] = converted_half_even(found[row], tops[rate], bottoms[rate])
    return found


def columns_of(rows: Rows | Columns) -> list[Any]:
    """The columns of rows: lists, arrays of int64, Series of 128 bits or of text."""
    return [_column(values) for values in rows.columns()]


def column_of(rows: Rows | Columns, place: int) -> Any:
    """One of the columns of rows."""
    return _column(rows.columns()[place])


def _column(values: Any) -> Any:
    """A column, of Python's rows as it is, of the native ones made of the bytes that they give."""
    if isinstance(values, bytes):
        return np.frombuffer(values, dtype=np.int64)
    if not isinstance(values, tuple):
        return values
    if len(values) == len(("places", "table")):
        places, table = np.frombuffer(values[0], dtype=np.int64), pl.Series(values[1], dtype=pl.String)
        codes = series_of(places)
        return table.gather(codes.set(codes < 0, None))
    low, high, there = values
    high = np.frombuffer(high, dtype=np.int64)
    whole = series_of(np.frombuffer(low, dtype=np.uint64)).cast(WIDE)
    if high.any():
        whole = whole + series_of(high).cast(WIDE) * _constants([2**64])
    present = np.frombuffer(there, dtype=np.bool_)
    return whole if present.all() else whole.set(series_of(~present), None)


def of_slots(table: Sequence[int], slots: pl.Series) -> pl.Series:
    """The values of a table by slot, in 128 bits; null where there is no slot."""
    return _constants(table)[slots]


def in_128_bits(values: Values, short: bool = False) -> pl.Series | None:
    """The values as a Series; None where one needs more. short: most likely 64 bits hold them, which is quicker."""
    if isinstance(values, pl.Series):
        return values.cast(WIDE)
    if short:
        with contextlib.suppress(TypeError, OverflowError):
            return pl.Series(values, dtype=pl.Int64).cast(WIDE)
    try:
        return pl.Series(values, dtype=WIDE)
    except (TypeError, OverflowError):
        return None


def listed(values: Values) -> Sequence[Any]:
    """The values as Python's integers."""
    return values.to_list() if isinstance(values, pl.Series) else values


def _constants(values: Sequence[int]) -> pl.Series:
    return pl.Series(values, dtype=WIDE)


def _largest(column: pl.Series) -> int:
    """The largest absolute value; 1 where there is none, or only zeros."""
    high: Any = column.max()
    low: Any = column.min()
    return 1 if high is None else max(int(high), -int(low), 1)


def _fit(column: pl.Series, factor: int) -> bool:
    return _largest(column) * factor < WITHIN


def _spare_zeros(column: pl.Series, most: int) -> int:
    """How many decimal zeros, up to so many, all values end in."""
    if not most:
        return 0
    spare, rest = most, column.filter(column != 0)
    while spare and len(rest):
        if spare <= MAX_DIGITS:
            # what is left does not end in so many; the first of it says how many to try next
            rest = rest.filter(rest % _constants([POWERS[spare]]) != 0)
            if not len(rest):
                break
        first, spare = rest[0], 0
        while first % POWERS[spare + 1] == 0:
            spare += 1
    return spare


def _shortened_one_by_one(name: str, values: Sequence[Any], slots: pl.Series, scales: list[int]) -> pl.Series:
    """As `shortest_column`, without a limit on the values before they are shortened."""
    widest = max(scales, default=0)
    ups = [POWERS[widest - scale] for scale in scales]
    raised = [v if v is None or s is None else v * ups[s] for v, s in zip(values, slots.to_list(), strict=True)]
    shared = math.gcd(*[v for v in raised if v is not None])
    spare = 0 if shared else widest
    while spare < widest and shared % POWERS[spare + 1] == 0:
        spare += 1
    return decimal_column(name, [v if v is None else v // POWERS[spare] for v in raised], widest - spare)


def _half_even(top: pl.Series, bottom: pl.Series) -> pl.Series:
    """Quotients rounded half-even; what is divided by is above zero."""
    quotient = top // bottom
    rest = top - quotient * bottom
    twice = rest + rest
    up = (twice > bottom) | ((twice == bottom) & (quotient % _constants([2]) == 1))
    return quotient + up.cast(WIDE)
