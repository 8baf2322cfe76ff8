"""Longer bars from shorter ones: first open, highest high, lowest low, last close, sum of the volumes; exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rustybt.core._fixed import EXTRA_PRICE_DECIMALS, div_half_even

type Column = npt.NDArray[np.int64] | list[int]
type Places = npt.NDArray[np.intp]
type Stamps = npt.NDArray[np.int64]

_SUM_LIMIT: Final = 2**62
_PRICES: Final = ("open", "high", "low", "close")
_UP: Final = 10**EXTRA_PRICE_DECIMALS


def folded(bars: Any, labels: Stamps) -> Any:
    """One bar for each run of equal labels, stamped with it.

    bars: a frozen dataclass with the columns stamps, open, high, low, close and volume, arrays of int64 or, where those
    are too narrow, lists of ints; not empty. labels: one for each of its rows, ascending.
    """
    starts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    ends = np.append(starts[1:], len(labels))
    return replace(
        bars,
        stamps=labels[starts],
        open=picked(bars.open, starts),
        high=_extreme(bars.high, starts, ends, np.maximum, max),
        low=_extreme(bars.low, starts, ends, np.minimum, min),
        close=picked(bars.close, ends - 1),
        volume=_summed(bars.volume, starts, ends),
    )


class Inside(NamedTuple):
    """A corporate action as it restates rows that are folded into one bar with later ones.

    key: rows with a smaller key are before it. price: factor of earlier prices. volume: divisor of earlier volumes.
    at_end: whether it counts only where all rows of the bar are before it. So it is with a cash dividend: prices of
    one bar from before and after it stay as they were traded.
    """

    key: int
    price: Fraction
    volume: Fraction
    at_end: bool = False


def folded_restated(bars: Any, labels: Stamps, keys: Stamps, actions: Sequence[Inside]) -> Any:
    """The bars of `folded`, each in the shares of its end.

    keys: of each row, as the actions have them; the label of a bar is the largest key that its rows can have.
    Prices come with as many decimals beyond their own as they need, at most 10: `extra` says how many. Where that is
    too few they are rounded once, half-even, and so are volumes; a bar that traded keeps a volume of 1 at least.
    """
    made = folded(bars, labels)
    starts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    ends = np.append(starts[1:], len(labels))
    within: dict[int, list[Inside]] = {}
    for action in actions:
        before = keys[ends - 1] if action.at_end else keys[starts]
        for place in np.flatnonzero((before < action.key) & (action.key <= labels[starts])).tolist():
            within.setdefault(place, []).append(action)
    if not within:
        return made
    columns = [[int(v) * _UP for v in getattr(made, name)] for name in _PRICES]
    volumes = [int(v) for v in made.volume]
    for place, inside in within.items():
        rows = range(int(starts[place]), int(ends[place]))
        prices, volumes[place] = _restated_bar(bars, rows, keys, inside)
        for column, price in zip(columns, prices, strict=True):
            column[place] = price
    extra = _shortened(columns)
    return replace(made, volume=volumes, extra=extra, **dict(zip(_PRICES, columns, strict=True)))


def _restated_bar(bars: Any, rows: range, keys: Stamps, inside: list[Inside]) -> tuple[list[int], int]:
    """Open, high, low and close of some rows in the shares of after the last action, finer by 10 digits; the volume."""
    exact: list[list[Fraction]] = [[], [], [], []]
    volume = Fraction(0)
    for row in rows:
        price = shares = Fraction(1)
        for action in inside:
            if int(keys[row]) < action.key:
                price *= action.price
                shares *= action.volume
        for values, name in zip(exact, _PRICES, strict=True):
            values.append(int(getattr(bars, name)[row]) * price)
        volume += int(bars.volume[row]) / shares
    opens, highs, lows, closes = exact
    bar = [value * _UP for value in (opens[0], max(highs), min(lows), closes[-1])]
    traded = div_half_even(volume.numerator, volume.denominator)
    return [div_half_even(v.numerator, v.denominator) for v in bar], traded or int(volume > 0)


def _shortened(columns: list[list[int]]) -> int:
    """Takes the zeros off that all numbers of these columns end on; returns how many of 10 digits are left."""
    extra = EXTRA_PRICE_DECIMALS
    while extra and not any(value % 10 for column in columns for value in column):
        extra -= 1
        for column in columns:
            column[:] = [value // 10 for value in column]
    return extra


def picked(column: Column, places: Places) -> Column:
    """The values at some places."""
    return [column[place] for place in places.tolist()] if isinstance(column, list) else column[places]


def _extreme(column: Column, starts: Places, ends: Places, of: np.ufunc, of_list: Callable[[list[int]], int]) -> Column:
    if isinstance(column, list):
        return [of_list(column[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    found: npt.NDArray[np.int64] = of.reduceat(column, starts)
    return found


def _summed(column: Column, starts: Places, ends: Places) -> Column:
    if not isinstance(column, list) and int(column.max()) <= _SUM_LIMIT // int((ends - starts).max()):
        total: npt.NDArray[np.int64] = np.add.reduceat(column, starts)
        return total
    exact = column if isinstance(column, list) else column.tolist()
    return [sum(exact[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
