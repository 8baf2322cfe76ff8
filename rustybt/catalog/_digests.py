"""The digests of many assets at once: what `digests_by_year` says of each, from one frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rustybt.catalog._bars import RawBars
from rustybt.catalog._chains import MONTH, Befores, Link, Unit, YearDigest, chained, periods_of
from rustybt.catalog._content import PRICES, Rows
from rustybt.catalog._hashing import digests_by_year
from rustybt.catalog._merging import at_scales, merge_rows
from rustybt.catalog._parts import narrow

type _Column = npt.NDArray[np.int64]

_MOST_PLACES = 18
"""10**19 is beyond 64 bits."""
_COLUMNS = ("stamp", *PRICES, "volume")


def digests_of_rows(*pieces: Rows, unit: Unit = MONTH, befores: Befores | None = None) -> Iterator[YearDigest]:
    """The digest of each asset and calendar year (UTC, of the stamp) of all pieces together.

    pieces: each sorted by (sid, stamp). They are put together, which costs as much again, only where the rows of an
    asset do not follow each other from piece to piece. befores: of assets whose first year is gone on with.
    """
    price_scale = max(piece.price_scale for piece in pieces)
    volume_scale = max(piece.volume_scale for piece in pieces)
    befores = befores or {}
    tables = [_Table.of(piece, price_scale, volume_scale) for piece in pieces if piece.frame.height]
    narrows = [table for table in tables if table is not None]
    if len(narrows) < len(tables) or max(price_scale, volume_scale) > _MOST_PLACES:
        for sid, bars in assets_of(merge_rows(pieces)):
            yield from digests_by_year(sid, bars, price_scale, volume_scale, unit, befores.get(sid, ""))
        return
    if not narrows:
        return
    runs = np.concatenate([table.runs(at, price_scale, volume_scale, unit) for at, table in enumerate(narrows)], axis=1)
    runs = runs[:, np.lexsort((runs[_FIRST], runs[_SID]))]
    follow = (runs[_SID, 1:] != runs[_SID, :-1]) | (runs[_FIRST, 1:] > runs[_LAST, :-1])
    if follow.all():
        yield from chained(_links(narrows, runs, price_scale, volume_scale), unit, befores)
    else:
        yield from digests_of_rows(merge_rows(pieces), unit=unit, befores=befores)


_SID, _PERIOD, _FIRST, _LAST, _START, _STOP, _PRICE_SPARE, _VOLUME_SPARE, _PIECE = range(9)


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

    def runs(self, piece: int, price_scale: int, volume_scale: int, unit: Unit) -> _Column:
        """The rows of each asset and period: a column a run, what `_SID` to `_PIECE` name as rows."""
        stamps = self.columns["stamp"]
        periods = periods_of(stamps, unit)
        changes = (self.sids[1:] != self.sids[:-1]) | (periods[1:] != periods[:-1])
        starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
        stops = np.append(starts[1:], len(stamps))
        price_spare = _spare_places([self.columns[name] for name in PRICES], starts, price_scale)
        volume_spare = _spare_places([self.columns["volume"]], starts, volume_scale)
        about = self.sids[starts].astype(np.int64), periods[starts], stamps[starts], stamps[stops - 1]
        return np.stack((*about, starts, stops, price_spare, volume_spare, np.full(len(starts), piece)))


def _links(tables: Sequence[_Table], runs: _Column, price_scale: int, volume_scale: int) -> Iterator[Link]:
    """runs: ascending by sid and stamp."""
    changes = (runs[_SID, 1:] != runs[_SID, :-1]) | (runs[_PERIOD, 1:] != runs[_PERIOD, :-1])
    firsts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    spares = [np.minimum.reduceat(runs[spare], firsts).tolist() for spare in (_PRICE_SPARE, _VOLUME_SPARE)]
    listed = runs.T.tolist()
    columns = [tuple(map(table.columns.__getitem__, _COLUMNS)) for table in tables]
    edges = [*firsts.tolist(), len(listed)]
    for first, last, price_spare, volume_spare in zip(edges, edges[1:], *spares, strict=False):
        mine = [(columns[run[_PIECE]], slice(run[_START], run[_STOP])) for run in listed[first:last]]
        stamps = [of_piece[0][rows] for of_piece, rows in mine]
        prices = [of_piece[at][rows] for at in (1, 2, 3, 4) for of_piece, rows in mine]
        volumes = [of_piece[5][rows] for of_piece, rows in mine]
        if price_spare:
            prices = [column // 10**price_spare for column in prices]
        if volume_spare:
            volumes = [column // 10**volume_spare for column in volumes]
        scales = b"%d:" % (price_scale - price_spare), b"%d:" % (volume_scale - volume_spare)
        yield listed[first][_SID], listed[first][_PERIOD], [*stamps, scales[0], *prices, scales[1], *volumes]


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
