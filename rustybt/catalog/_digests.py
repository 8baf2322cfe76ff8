"""The digests of many assets at once: what `digests_by_year` says of each, from one frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import PRICES, Rows
from rustybt.catalog._hashing import digests_by_year
from rustybt.catalog._merging import at_scales, merge_rows
from rustybt.catalog._parts import narrow

type _Column = npt.NDArray[np.int64]

_MOST_PLACES = 18
"""10**19 is beyond 64 bits."""
_COLUMNS = ("stamp", *PRICES, "volume")


def digests_of_rows(*pieces: Rows) -> Iterator[tuple[int, str, str]]:
    """Sid, year and SHA-256 of each asset and calendar year (UTC, of the stamp) of all pieces together.

    pieces: each sorted by (sid, stamp). They are put together, which costs as much again, only where the rows of an
    asset do not follow each other from piece to piece.
    """
    price_scale = max(piece.price_scale for piece in pieces)
    volume_scale = max(piece.volume_scale for piece in pieces)
    tables = [_Table.of(piece, price_scale, volume_scale) for piece in pieces if piece.frame.height]
    narrows = [table for table in tables if table is not None]
    if len(narrows) < len(tables) or max(price_scale, volume_scale) > _MOST_PLACES:
        for sid, bars in assets_of(merge_rows(pieces)):
            for year, digest in digests_by_year(bars, price_scale, volume_scale):
                yield sid, year, digest
        return
    if not narrows:
        return
    runs = np.concatenate([table.runs(at, price_scale, volume_scale) for at, table in enumerate(narrows)], axis=1)
    runs = runs[:, np.lexsort((runs[_FIRST], runs[_SID]))]
    follow = (runs[_SID, 1:] != runs[_SID, :-1]) | (runs[_FIRST, 1:] > runs[_LAST, :-1])
    yield from (
        _digests(narrows, runs, price_scale, volume_scale) if follow.all() else digests_of_rows(merge_rows(pieces))
    )


_SID, _YEAR, _FIRST, _LAST, _START, _STOP, _PRICE_SPARE, _VOLUME_SPARE, _PIECE = range(9)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The columns of a piece, as 64-bit integers."""

    sids: npt.NDArray[np.int32]
    columns: dict[str, _Column]

    @classmethod
    def of(cls, piece: Rows, price_scale: int, volume_scale: int) -> _Table | None:
        """None where a number does not fit."""
        frame = at_scales(piece, price_scale, volume_scale)
        columns: dict[str, _Column] = {}
        for name in _COLUMNS:
            column = narrow(frame[name])
            if not isinstance(column, np.ndarray):
                return None
            columns[name] = column.astype("<i8", copy=False)
        return cls(frame["sid"].to_numpy(), columns)

    def runs(self, piece: int, price_scale: int, volume_scale: int) -> _Column:
        """The rows of each asset and year: a column a run, what `_SID` to `_PIECE` name as rows."""
        stamps = self.columns["stamp"]
        years = years_of(stamps)
        changes = (self.sids[1:] != self.sids[:-1]) | (years[1:] != years[:-1])
        starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
        stops = np.append(starts[1:], len(stamps))
        price_spare = _spare_places([self.columns[name] for name in PRICES], starts, price_scale)
        volume_spare = _spare_places([self.columns["volume"]], starts, volume_scale)
        about = self.sids[starts].astype(np.int64), years[starts], stamps[starts], stamps[stops - 1]
        return np.stack((*about, starts, stops, price_spare, volume_spare, np.full(len(starts), piece)))


def _digests(
    tables: Sequence[_Table], runs: _Column, price_scale: int, volume_scale: int
) -> Iterator[tuple[int, str, str]]:
    """runs: ascending by sid and stamp."""
    changes = (runs[_SID, 1:] != runs[_SID, :-1]) | (runs[_YEAR, 1:] != runs[_YEAR, :-1])
    firsts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    price_spare = np.minimum.reduceat(runs[_PRICE_SPARE], firsts).tolist()
    volume_spare = np.minimum.reduceat(runs[_VOLUME_SPARE], firsts).tolist()
    listed = runs.T.tolist()
    for at, (first, last) in enumerate(pairwise([*firsts.tolist(), len(listed)])):
        mine = [(tables[run[_PIECE]].columns, slice(run[_START], run[_STOP])) for run in listed[first:last]]
        digest = hashlib.sha256()
        for columns, rows in mine:
            digest.update(columns["stamp"][rows])
        _write(digest.update, PRICES, mine, price_scale, price_spare[at])
        _write(digest.update, ("volume",), mine, volume_scale, volume_spare[at])
        yield listed[first][_SID], str(listed[first][_YEAR]), digest.hexdigest()


def assets_of(rows: Rows) -> Iterator[tuple[int, RawBars]]:
    """Sid and bars of each asset, at the scales of the rows. rows: each asset's together.

    >>> import rustybt
    >>> from rustybt.catalog import StoredRows, assets_of, open_version
    >>> _ = rustybt.ingest_sample()
    >>> with open_version("sample") as version:
    ...     chunk = next(StoredRows(version, "1d").chunks())
    >>> [(sid, len(bars)) for sid, bars in assets_of(chunk.rows())]
    [(0, 3270), (1, 196), (2, 2148), (3, 3270), (4, 3270)]
    """
    frame = rows.frame
    columns = [narrow(frame[name]) for name in _COLUMNS]
    sids = frame["sid"].to_numpy()
    starts = np.flatnonzero(np.diff(sids, prepend=-1))
    for start, stop in pairwise([*starts.tolist(), len(sids)]):
        pieces = (column[start:stop] for column in columns)
        stamps, *prices, volume = (one if isinstance(one, np.ndarray) else one.to_list() for one in pieces)
        yield int(sids[start]), RawBars.of(np.asarray(stamps), prices, volume)


def years_of(stamps: _Column) -> _Column:
    """The calendar year (UTC) of each stamp, one at least."""
    ends = np.array([stamps.min(), stamps.max()]).view("datetime64[ns]").astype("datetime64[Y]").astype(np.int64)
    first, last = int(ends[0]), int(ends[1])
    # looking up a few edges takes a fifth of the time of a conversion
    edges = np.arange(first + 1, last + 1).astype("datetime64[Y]").astype("datetime64[ns]").astype(np.int64)
    return np.searchsorted(edges, stamps, side="right") + (first + 1970)


def _spare_places(columns: Sequence[_Column], starts: npt.NDArray[np.intp], scale: int) -> _Column:
    """By group of rows: how many of the scale's last digits are zero in all of its numbers."""
    spare = np.zeros(len(starts), dtype=np.int64)
    still = np.ones(len(starts), dtype=bool)
    for places in range(1, scale + 1):
        for column in columns:
            still &= ~np.logical_or.reduceat(column % 10**places != 0, starts)
            if not still.any():
                return spare
        spare[still] = places
    return spare


def _write(
    update: Callable[[bytes | _Column], None],
    names: Sequence[str],
    runs: Sequence[tuple[dict[str, _Column], slice]],
    scale: int,
    spare: int,
) -> None:
    update(b"%d:" % (scale - spare))
    for name in names:
        for columns, rows in runs:
            update(columns[name][rows] // 10**spare if spare else columns[name][rows])
