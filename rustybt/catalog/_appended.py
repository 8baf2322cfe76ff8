"""New bars of an asset among those that are stored in the same years, as one ascending sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.catalog._bars import Integers, RawBars
from rustybt.catalog._chains import YEAR, YearDigest, periods_of, start_of, year_of
from rustybt.catalog._content import Manifest, NewRows, Rows
from rustybt.catalog._digests import assets_of, digests_of_rows
from rustybt.catalog._hashing import HELD_ROWS, Pieces, digests_of_pieces
from rustybt.catalog._merging import merge_rows, without
from rustybt.catalog._parts import join_bars, rescaled
from rustybt.catalog._stored_rows import StoredRows
from rustybt.catalog._version import Version

SMALL_ROWS: Final = 50_000
"""A piece of fewer rows is small."""


class StoredYears:
    """A version's bars of one frequency, in the years into which new bars fall. base: None holds nothing.

    chains: by sid the last link of its last year, as in `Manifest`: bars that fall into it or behind are hashed from
    there on. replaced: new bars take the place of the stored ones of their stamps; otherwise there are none of them.
    """

    def __init__(
        self,
        base: tuple[Version, Manifest] | None,
        frequency: str,
        chains: Mapping[int, tuple[str, str]],
        *,
        replaced: bool = False,
    ) -> None:
        self._replaced = replaced
        self._version = base[0] if base else None
        self._stored = StoredRows(self._version, frequency)
        self._chains = chains

    def digests(self, rows: Rows) -> Iterator[YearDigest]:
        """The digests of each asset and year that has new bars, those stored in it included.

        rows: sorted by (sid, stamp); of each of its assets all new bars of those years.
        """
        if not rows.frame.height:
            return
        sids, places = np.unique(rows.frame["sid"].to_numpy(), return_index=True)
        firsts = rows.frame["stamp"].to_numpy()[places]
        links = [self._link(sid, first) for sid, first in zip(sids.tolist(), firsts.tolist(), strict=True)]
        months = sorted({month for month, _ in links})
        if len(months) == 1:
            yield from self._digests(rows, months[0])
            return
        for month in months:
            mine = [sid for sid, (its, _) in zip(sids.tolist(), links, strict=True) if its == month]
            yield from self._digests(_those(rows, pl.col("sid").is_in(mine)), month)

    def _link(self, sid: int, first: int) -> tuple[str, str]:
        """The month from which on an asset's bars are hashed, and the digest before it; "" is the year's beginning."""
        month, before = self._chains.get(sid, ("", ""))
        if month and start_of(month) <= first and _year(first) == int(month[:4]):
            return month, before
        return "", ""

    def _digests(self, rows: Rows, month: str) -> Iterator[YearDigest]:
        stamps, sids = rows.frame["stamp"], rows.frame["sid"].unique()
        first, end = _whole_years(int(stamps.min()), int(stamps.max()))  # type: ignore[arg-type]
        befores = {sid: self._chains[sid][1] for sid in sids.to_list()} if month else {}
        there = self._stored.within(sids.to_numpy(), start_of(month) if month else first, end - 1)
        if not there.count:
            yield from digests_of_rows(rows, befores=befores)
        elif there.count + rows.frame.height <= HELD_ROWS:
            mine = _groups(rows)
            pieces = _few([*(self._kept(piece, rows) for piece in there.read()), rows])
            yield from (found for found in digests_of_rows(*pieces, befores=befores) if found[:2] in mine)
        elif len(sids) > 1:
            middle = pl.col("sid") <= int(sids.median())  # type: ignore[arg-type]
            for half in (middle, ~middle):
                yield from self._digests(_those(rows, half), month)
        else:
            sid = int(sids[0])
            bars = [bars for _, bars in assets_of(rows)]
            yield from self.digests_of_pieces(sid, partial(iter, bars), rows)

    def _kept(self, stored: Rows, rows: Rows) -> Rows:
        return without(stored, rows.frame) if self._replaced else stored

    def digests_of_pieces(self, sid: int, pieces: Pieces, rows: NewRows | Rows) -> Iterator[YearDigest]:
        """As `digests`, of one asset whose new bars come in pieces, at the scales of `rows`."""
        price_scale, volume_scale, before = rows.price_scale, rows.volume_scale, ""
        if self._version is not None and self._stored.has(sid):
            month, before = self._link(sid, next(int(bars.stamps[0]) for bars in pieces() if len(bars)))
            pieces, price_scale, volume_scale = self._with_stored(self._version, rows, sid, pieces, month)
        yield from digests_of_pieces(sid, pieces, price_scale, volume_scale, before=before)

    def _with_stored(
        self, version: Version, rows: NewRows | Rows, sid: int, pieces: Pieces, month: str
    ) -> tuple[Pieces, int, int]:
        """The asset's new bars and those stored in the same years, in pieces that ascend; and the scales of both.

        month: from which on the first year is looked at; "" is all of it.
        """
        asset, frequency = version.asset(sid), rows.frequency
        price_scale = max(asset.price_scale, rows.price_scale)
        volume_scale = max(asset.volume_scale, rows.volume_scale)
        spans = [(int(bars.stamps[0]), int(bars.stamps[-1])) for bars in pieces() if len(bars)]
        first, end = _whole_years(spans[0][0], spans[-1][1])
        first = start_of(month) if month else first
        there = self._stored.within(np.array([sid]), first, end - 1)
        if there.count <= HELD_ROWS and len(spans) == 1:
            edges = [first, end]
        else:
            # within a window lie bars of one stored run and of one new piece at most, or those of runs that interleave
            starts = {*there.starts, *(start for start, _ in spans)}
            edges = [first, *sorted(start for start in starts if first < start < end), end]

        def stored(low: int, high: int) -> RawBars:
            bars = version.load([sid], frequency, low, high)[sid]
            if self._replaced:
                bars = _without_stamps(bars, [new.stamps for new in pieces()])
            return _rescaled(bars, price_scale - asset.price_scale, volume_scale - asset.volume_scale)

        def new() -> Iterator[RawBars]:
            for bars in pieces():
                yield _rescaled(bars, price_scale - rows.price_scale, volume_scale - rows.volume_scale)

        if len(edges) == 2:
            held = join_bars([stored(first, end - 1), *new()])
            return partial(iter, [held]), price_scale, volume_scale
        return partial(_windows, edges, stored, new), price_scale, volume_scale


def _few(pieces: Sequence[Rows]) -> list[Rows]:
    """The pieces, the small ones as one: to hash each takes longer than to put them together."""
    small = [piece for piece in pieces if piece.frame.height < SMALL_ROWS]
    return [*(piece for piece in pieces if piece.frame.height >= SMALL_ROWS), *([merge_rows(small)] if small else [])]


def _without_stamps(bars: RawBars, stamps: Sequence[npt.NDArray[np.int64]]) -> RawBars:
    kept = np.flatnonzero(~np.isin(bars.stamps, np.concatenate(stamps)))
    columns = [_picked(column, kept) for column in (*bars.prices, bars.volume)]
    return RawBars.of(bars.stamps[kept], columns[:-1], columns[-1])


def _picked(column: Integers, places: npt.NDArray[np.intp]) -> Integers:
    return [column[at] for at in places.tolist()] if isinstance(column, list) else column[places]


def _groups(rows: Rows) -> set[tuple[int, str]]:
    """The assets and years that have rows."""
    years = pl.Series("year", periods_of(rows.frame["stamp"].to_numpy(), YEAR))
    pairs = pl.DataFrame([rows.frame["sid"], years]).unique()
    return {(sid, str(year_of(year, YEAR))) for sid, year in pairs.iter_rows()}


def _those(rows: Rows, kept: pl.Expr) -> Rows:
    return Rows(rows.frequency, rows.frame.filter(kept), rows.price_scale, rows.volume_scale)


def _year(stamp: int) -> int:
    return int(np.datetime64(stamp, "ns").astype("datetime64[Y]").astype(np.int64)) + 1970


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
