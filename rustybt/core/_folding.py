"""Longer bars from shorter ones: first open, highest high, lowest low, last close, sum of the volumes; exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

type Column = npt.NDArray[np.int64] | list[int]
type Places = npt.NDArray[np.intp]

_SUM_LIMIT: Final = 2**62


def folded(bars: Any, labels: npt.NDArray[np.int64]) -> Any:
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
