"""New bars of an asset among those that are stored in the same years, as one ascending sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import Manifest, NewRows
from rustybt.catalog._parts import join_bars, rescaled
from rustybt.catalog._version import Version

HELD_ROWS: Final = 2_000_000
"""Of an asset's years; more of them are read window by window, several times, instead of being held in memory."""

type Pieces = Callable[[], Iterable[RawBars]]


def with_stored(base: tuple[Version, Manifest], rows: NewRows, sid: int, pieces: Pieces) -> tuple[Pieces, int, int]:
    """The asset's new bars and those stored in the same years, in pieces that ascend; and the scales of both.

    pieces: the new bars of some years, ascending, at the scales of `rows`; as often as it is called.
    """
    version, manifest = base
    asset = version.asset(sid)
    price_scale = max(asset.price_scale, rows.price_scale)
    volume_scale = max(asset.volume_scale, rows.volume_scale)
    spans = [(int(bars.stamps[0]), int(bars.stamps[-1])) for bars in pieces() if len(bars)]
    first, end = _whole_years(spans[0][0], spans[-1][1])
    extents = [
        extent
        for part in manifest.parts
        if part.frequency == rows.frequency
        for extent in part.extents
        if extent.sid == sid and extent.last >= first and extent.first < end
    ]
    if sum(extent.count for extent in extents) <= HELD_ROWS and len(spans) == 1:
        edges = [first, end]
    else:  # within a window lie bars of one stored run and of one new piece at most, or those of runs that interleave
        starts = {extent.first for extent in extents} | {start for start, _ in spans}
        edges = [first, *sorted(start for start in starts if first < start < end), end]

    def stored(low: int, high: int) -> RawBars:
        bars = version.load([sid], rows.frequency, low, high)[sid]
        return _rescaled(bars, price_scale - asset.price_scale, volume_scale - asset.volume_scale)

    def new() -> Iterator[RawBars]:
        for bars in pieces():
            yield _rescaled(bars, price_scale - rows.price_scale, volume_scale - rows.volume_scale)

    if len(edges) == 2:
        held = join_bars([stored(first, end - 1), *new()])
        return partial(iter, [held]), price_scale, volume_scale
    return partial(_windows, edges, stored, new), price_scale, volume_scale


def _whole_years(first: int, last: int) -> tuple[int, int]:
    """From the beginning of the first stamp's year to the end of the last one's, in UTC nanoseconds."""
    years = np.array([first, last], dtype="datetime64[ns]").astype("datetime64[Y]")
    edges = np.array([years[0], years[1] + 1]).astype("datetime64[ns]").astype(np.int64)
    return int(edges[0]), int(edges[1])


def _windows(
    edges: Sequence[int], stored: Callable[[int, int], RawBars], new: Callable[[], Iterator[RawBars]]
) -> Iterator[RawBars]:
    """Both, from edge to edge."""
    coming = new()
    rest = next(coming, None)
    for low, high in pairwise(edges):
        found = [stored(low, high - 1)]
        while rest is not None:
            stop = int(np.searchsorted(rest.stamps, high))
            found.append(_cut(rest, 0, stop))
            if stop < len(rest):
                rest = _cut(rest, stop, len(rest))
                break
            rest = next(coming, None)
        bars = join_bars(found)
        if len(bars):
            yield bars


def _cut(bars: RawBars, start: int, stop: int) -> RawBars:
    return RawBars.of(bars.stamps[start:stop], [column[start:stop] for column in bars.prices], bars.volume[start:stop])


def _rescaled(bars: RawBars, price_shift: int, volume_shift: int) -> RawBars:
    columns = [rescaled(_series(column), price_shift) for column in bars.prices]
    return RawBars.of(bars.stamps, columns, rescaled(_series(bars.volume), volume_shift))


def _series(column: npt.NDArray[np.int64] | list[int]) -> npt.NDArray[np.int64] | pl.Series:
    return pl.Series("x", column, dtype=pl.Int128) if isinstance(column, list) else column
