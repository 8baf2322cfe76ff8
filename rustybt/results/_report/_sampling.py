"""Fewer points of a long line, with every high and low of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

MOST_POINTS: Final = 5_000
"""Of a line; more than any screen has columns for the lowest and the highest value in each."""

type Floats = npt.NDArray[np.float64]


def kept_places(series: Sequence[Floats], most: int = MOST_POINTS) -> npt.NDArray[np.int64]:
    """The places of the points that lines with one axis are drawn through: all, where there are at most `most`.

    Of more the axis is cut into stretches of equal length, and of each the lowest and the highest point of every line
    are kept, and its ends. NaN counts as no point.
    """
    count = len(series[0]) if series else 0
    if count <= most:
        return np.arange(count, dtype=np.int64)
    stretches = max(1, most // (2 * len(series)))
    size = -(-count // stretches)
    kept = {0, count - 1}
    for values in series:
        low = _padded(np.where(np.isnan(values), np.inf, values), size, np.inf)
        high = _padded(np.where(np.isnan(values), -np.inf, values), size, -np.inf)
        starts = np.arange(len(low)) * size
        kept.update((starts + low.argmin(axis=1)).tolist(), (starts + high.argmax(axis=1)).tolist())
    return np.array(sorted(place for place in kept if place < count), dtype=np.int64)


def _padded(values: Floats, size: int, filler: float) -> Floats:
    """A row for each stretch."""
    short = -len(values) % size
    return np.concatenate([values, np.full(short, filler)]).reshape(-1, size)


def folded(series: Sequence[Floats], most: int) -> tuple[npt.NDArray[np.int64], list[Floats]]:
    """Many lines with one axis on few places: of each stretch two, where every line has its lowest and its highest.

    Returns the places, and each line's values there. Which of the two comes first is as it was; within its stretch,
    less than a column of the screen, a point moves to the stretch's end.
    """
    count = len(series[0])
    if count <= most:
        return np.arange(count, dtype=np.int64), list(series)
    size = -(-2 * count // most)
    starts = np.arange(0, count, size)
    places = np.stack([starts, np.minimum(starts + size, count) - 1], axis=1)
    lines = []
    for values in series:
        low = _padded(np.where(np.isnan(values), np.inf, values), size, np.inf)
        high = _padded(np.where(np.isnan(values), -np.inf, values), size, -np.inf)
        first = np.where(low.argmin(axis=1) <= high.argmax(axis=1), low.min(axis=1), high.max(axis=1))
        second = np.where(low.argmin(axis=1) <= high.argmax(axis=1), high.max(axis=1), low.min(axis=1))
        lines.append(np.stack([first, second], axis=1).ravel())
    flat = places.ravel()
    # a last stretch of one place would have it twice
    kept = np.concatenate([[True], flat[1:] > flat[:-1]])
    return flat[kept], [np.where(np.isfinite(line), line, np.nan)[kept] for line in lines]
