"""The digests of many assets at once: what `digests_by_year` says of each, from one frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import PRICES, Rows
from rustybt.catalog._hashing import digests_by_year
from rustybt.catalog._parts import narrow

type _Column = npt.NDArray[np.int64]

_MOST_PLACES = 18
"""10**19 is beyond 64 bits."""
_COLUMNS = ("stamp", *PRICES, "volume")


def digests_of_rows(rows: Rows) -> Iterator[tuple[int, str, str]]:
    """Sid, year and SHA-256 of each asset and calendar year (UTC, of the stamp). rows: sorted by (sid, stamp)."""
    frame = rows.frame
    columns = {name: narrow(frame[name]) for name in _COLUMNS}
    narrows = {name: column for name, column in columns.items() if isinstance(column, np.ndarray)}
    if len(narrows) < len(columns) or max(rows.price_scale, rows.volume_scale) > _MOST_PLACES:
        for sid, bars in assets_of(rows):
            for year, digest in digests_by_year(bars, rows.price_scale, rows.volume_scale):
                yield sid, year, digest
        return
    if frame.height:
        yield from _digests(frame["sid"].to_numpy(), narrows, rows.price_scale, rows.volume_scale)


def _digests(
    sids: npt.NDArray[np.int32], columns: dict[str, _Column], price_scale: int, volume_scale: int
) -> Iterator[tuple[int, str, str]]:
    years = years_of(columns["stamp"])
    starts = np.flatnonzero((np.diff(sids, prepend=-1) != 0) | (np.diff(years, prepend=0) != 0))
    edges = [*starts.tolist(), len(sids)]
    prices, volumes = [columns[name] for name in PRICES], [columns["volume"]]
    price_spare = _spare_places(prices, starts, price_scale).tolist()
    volume_spare = _spare_places(volumes, starts, volume_scale).tolist()
    stamps, *written = (column.astype("<i8", copy=False) for column in columns.values())
    for at, (sid, year) in enumerate(zip(sids[starts].tolist(), years[starts].tolist(), strict=True)):
        rows = slice(edges[at], edges[at + 1])
        digest = hashlib.sha256(stamps[rows])
        _write(digest.update, written[:-1], rows, price_scale, price_spare[at])
        _write(digest.update, written[-1:], rows, volume_scale, volume_spare[at])
        yield sid, str(year), digest.hexdigest()


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
        used = columns[0] % 10**places != 0
        for column in columns[1:]:
            used |= column % 10**places != 0
        still &= ~np.logical_or.reduceat(used, starts)
        if not still.any():
            break
        spare[still] = places
    return spare


def _write(
    update: Callable[[bytes | _Column], None], columns: Sequence[_Column], rows: slice, scale: int, spare: int
) -> None:
    update(b"%d:" % (scale - spare))
    for column in columns:
        update(column[rows] // 10**spare if spare else column[rows])
