"""Rows on their way into a version, in blocks: of a frame that lies in memory, or of more than memory holds.

A spill file takes pieces in any number. What is more than `HELD_ROWS` goes to the disk as sorted runs, and comes back
block by block, sorted by period, asset and time: each block becomes one part.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.catalog._content import PRICES, Block, Extent, Rows
from rustybt.catalog._index import ELSEWHERE
from rustybt.catalog._merging import merge_rows
from rustybt.catalog._parts import RUN, Wanted, extent_columns, read_places, read_runs, store_run
from rustybt.core import frequency_named, writing
from rustybt.errors import CatalogUnavailable

HELD_ROWS: Final = 400_000
"""Rows that are kept in memory before they go to the disk as one run."""
BLOCK_ROWS: Final = 500_000
"""Rows of one part, about: a block ends with the extent that reaches them."""
_EVERYTHING: Final = (-(2**63), 2**63 - 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A file of sorted rows. extents: columns sid, offset, count, first, last."""

    path: Path
    price_scale: int
    volume_scale: int
    extents: tuple[npt.NDArray[np.int64], ...]


class SpillFile:
    """Rows of one frequency under provisional sids, each asset's ascending over all pieces that are added.

    folder: where runs go; it is made with the first of them. held_rows: None means `HELD_ROWS`.
    """

    def __init__(self, frequency: str, folder: Path, *, held_rows: int | None = None) -> None:
        self.frequency = frequency
        self.height = 0
        self._folder = folder
        self._most = HELD_ROWS if held_rows is None else held_rows
        self._held: list[Rows] = []
        self._runs: list[_Run] = []

    def add(self, rows: Rows) -> None:
        """Takes a piece; its frame has the columns of `ROW_SCHEMA`."""
        if not rows.frame.height:
            return
        self._held.append(rows)
        self.height += rows.frame.height
        if sum(held.frame.height for held in self._held) >= self._most:
            self._spill()

    def _spill(self) -> None:
        rows = merge_rows(self._held)
        self._held.clear()
        path = self._folder / f"{self.frequency}-{len(self._runs):06}{RUN}"
        with writing(CatalogUnavailable, f"{self._folder}, where the rows of an ingestion wait,", ELSEWHERE):
            self._folder.mkdir(parents=True, exist_ok=True)
            store_run(path, rows)
        columns = extent_columns(rows.frame, self.frequency)
        self._runs.append(_Run(path, rows.price_scale, rows.volume_scale, columns))

    def stamps_of(self, sid: int, stamps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Those of the stamps that a row of the asset has."""
        found = [
            rows.frame.filter((pl.col("sid") == sid) & pl.col("stamp").is_in(stamps))["stamp"].to_numpy()
            for rows in self._held
        ]
        for run in self._runs:
            sids, offsets, counts, firsts, lasts = run.extents
            at = np.flatnonzero((sids == sid) & (firsts <= stamps.max()) & (lasts >= stamps.min()))
            wanted = [
                Wanted(Extent(sid, int(offsets[i]), int(counts[i]), int(firsts[i]), int(lasts[i])), 0, 0) for i in at
            ]
            read = read_runs(run.path, (0, 0), wanted, int(stamps.min()), int(stamps.max()))
            found += [np.intersect1d(bars.stamps, stamps) for _, bars in read]
        return np.unique(np.concatenate(found)) if found else stamps[:0]

    def rows(self, sids: Mapping[int, int], price_scale: int, volume_scale: int) -> SpilledRows:
        """All rows under their final sids, at scales that show all of their digits."""
        if self._runs and self._held:
            self._spill()
        blocks: list[Block]
        if self._runs:
            blocks = list(_blocks_of_runs(self.frequency, self._runs, sids, price_scale, volume_scale))
        else:
            blocks = list(_blocks_of_frame(self.frequency, self._held, sids, price_scale, volume_scale))
            self._held = []
        return SpilledRows(self.frequency, self.height, price_scale, volume_scale, tuple(blocks))

    def remove(self) -> None:
        """Deletes the runs."""
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, eq=False)
class SpilledRows:
    """Bars of one frequency that a new version adds. blocks: ascending by period, within it by (sid, stamp)."""

    frequency: str
    height: int
    price_scale: int
    volume_scale: int
    blocks: tuple[Block, ...]


def _blocks_of_frame(
    frequency: str, held: Sequence[Rows], sids: Mapping[int, int], price_scale: int, volume_scale: int
) -> Iterator[Block]:
    if not held:
        return
    renamed = [
        Rows(
            frequency,
            rows.frame.with_columns(pl.col("sid").replace_strict(dict(sids), return_dtype=pl.Int32)),
            rows.price_scale,
            rows.volume_scale,
        )
        for rows in held
    ]
    frame = _at_scales(merge_rows(renamed), price_scale, volume_scale)
    if frequency_named(frequency).by_session:
        pieces = {("all",): frame}
    else:
        year = pl.col("stamp").cast(pl.Datetime("ns")).dt.year().alias("year")
        years = frame.select(year.unique().sort()).to_series().to_list()
        pieces = {(str(one),): frame.filter(year == one) if len(years) > 1 else frame for one in years}
    for (period,), piece in pieces.items():
        rows = Rows(frequency, piece, price_scale, volume_scale)
        yield Block(period, int(piece["sid"][0]), int(piece["sid"][-1]), _always(rows))


def _at_scales(rows: Rows, price_scale: int, volume_scale: int) -> pl.DataFrame:
    """The frame at scales that may be smaller: digits that go are zeros."""
    frame = rows.frame
    if rows.price_scale != price_scale:
        frame = frame.with_columns(_shifted(name, price_scale - rows.price_scale) for name in PRICES)
    if rows.volume_scale != volume_scale:
        frame = frame.with_columns(_shifted("volume", volume_scale - rows.volume_scale))
    return frame


def _shifted(name: str, places: int) -> pl.Expr:
    unit = pl.lit(10 ** abs(places), dtype=pl.Int128)
    return pl.col(name) * unit if places > 0 else pl.col(name).cast(pl.Int128) // unit


def _always(rows: Rows) -> Callable[[], Rows]:
    return lambda: rows


# -- runs ------------------------------------------------------------------------------------------------------------


def _blocks_of_runs(
    frequency: str, runs: Sequence[_Run], sids: Mapping[int, int], price_scale: int, volume_scale: int
) -> Iterator[Block]:
    """Extents of all runs in the order in which parts have them, cut into blocks."""
    final = np.full(max(sids, default=-1) + 1, -1, dtype=np.int64)
    for provisional, sid in sids.items():
        final[provisional] = sid
    columns = [np.concatenate([run.extents[at] for run in runs]) for at in range(5)]
    numbers = np.repeat(np.arange(len(runs)), [len(run.extents[0]) for run in runs])
    if frequency_named(frequency).by_session:
        periods = np.zeros(len(numbers), dtype=np.int64)
    else:
        periods = columns[3].view("datetime64[ns]").astype("datetime64[Y]").astype(np.int64) + 1970
    order = np.lexsort((numbers, final[columns[0]], periods))
    table = np.stack([periods, final[columns[0]], numbers, *columns[1:]], axis=1)[order]
    counts = table[:, 4]
    start = 0
    while start < len(table):
        same = int(np.searchsorted(table[:, 0], table[start, 0], side="right"))
        filled = int(np.searchsorted(np.cumsum(counts[start:same]), BLOCK_ROWS)) + 1
        stop = min(start + filled, same)
        piece = table[start:stop]
        period = "all" if frequency_named(frequency).by_session else str(piece[0, 0])
        read = _Reader(frequency, runs, piece, price_scale, volume_scale)
        yield Block(period, int(piece[0, 1]), int(piece[-1, 1]), read)
        start = stop


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Reads one block. extents: period, sid, run, offset, count, first, last of each, in the block's order."""

    frequency: str
    runs: Sequence[_Run]
    extents: npt.NDArray[np.int64]
    price_scale: int
    volume_scale: int

    def __call__(self) -> Rows:
        pieces = []
        for number in np.unique(self.extents[:, 2]).tolist():
            run = self.runs[number]
            mine = self.extents[self.extents[:, 2] == number]
            _, sids, _, offsets, counts, _, _ = mine[np.argsort(mine[:, 3], kind="stable")].T
            frame = read_places(run.path, offsets, counts)
            frame = frame.select(pl.Series("sid", np.repeat(sids, counts), dtype=pl.Int32), pl.all())
            pieces.append(Rows(self.frequency, frame, run.price_scale, run.volume_scale))
        frame = _at_scales(merge_rows(pieces), self.price_scale, self.volume_scale)
        return Rows(self.frequency, frame, self.price_scale, self.volume_scale)
