"""Stored bars of many assets as one frame, read part by part instead of asset by asset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from rustybt.catalog._content import Rows
from rustybt.catalog._merging import merge_rows
from rustybt.catalog._parts import read_rows
from rustybt.catalog._version import Version
from rustybt.core import DAY_NS, frequency_named

EVERYTHING: Final = (-(2**63), 2**63 - 1)
CHUNK_ROWS: Final = 500_000
"""Rows that `chunks` holds at a time, about; an asset that has more comes by itself."""

type _Ints = npt.NDArray[np.int64]
type _File = tuple[str, int, int]


class StoredRows:
    """A version's rows of one stored frequency, located by the index. version: None holds nothing."""

    def __init__(self, version: Version | None, frequency: str) -> None:
        self.frequency = frequency
        self._folder = version.path if version else Path()
        files, runs = version.extents(frequency) if version else ([], [])
        self._files: list[_File] = files
        self._part_of = np.repeat(np.arange(len(files)), [len(of_part) for of_part in runs])
        columns = [np.array(of_part, dtype=np.int64).reshape(-1, 4) for of_part in runs]
        self._extents = np.concatenate([np.empty((0, 4), dtype=np.int64), *columns]).T

    def has(self, sid: int) -> bool:
        """Whether it has bars of an asset."""
        return bool((self._extents[0] == sid).any())

    def counts(self) -> dict[int, int]:
        """How many rows each asset has."""
        sids, places = np.unique(self._extents[0], return_inverse=True)
        rows = np.bincount(places, weights=self._extents[1], minlength=len(sids)).astype(np.int64)
        return dict(zip(sids.tolist(), rows.tolist(), strict=True))

    def within(self, sids: npt.NDArray[np.integer], first_ns: int, last_ns: int) -> Span:
        """The rows of some assets from first_ns to last_ns."""
        owners, _, firsts, lasts = self._extents
        hit = (lasts >= first_ns) & (firsts <= last_ns) & np.isin(owners, sids)
        return self._span(hit, first_ns, last_ns)

    def chunks(self) -> Iterator[Span]:
        """All of it, some assets at a time, each of them whole."""
        sids, places = np.unique(self._extents[0], return_inverse=True)
        if not len(sids):
            return
        filled = np.cumsum(np.bincount(places, weights=self._extents[1]).astype(np.int64))
        start = 0
        while start < len(sids):
            before = int(filled[start - 1]) if start else 0
            stop = max(int(np.searchsorted(filled, before + CHUNK_ROWS, side="right")), start + 1)
            yield self._span((places >= start) & (places < stop), *EVERYTHING)
            start = stop

    def _span(self, hit: npt.NDArray[np.bool_], first_ns: int, last_ns: int) -> Span:
        about = self._folder, self.frequency, self._files, self._part_of[hit], self._extents[:, hit]
        return Span(*about, first_ns, last_ns)


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Some extents of some parts. extents: sid, count, first, last, a row each."""

    folder: Path
    frequency: str
    files: Sequence[_File]
    part_of: _Ints
    extents: _Ints
    first_ns: int
    last_ns: int

    @property
    def count(self) -> int:
        """Its rows, or a few more."""
        _, counts, firsts, lasts = self.extents
        if frequency_named(self.frequency).by_session:  # an extent may have many years, and has one row a day at most
            days = (np.minimum(lasts, self.last_ns) - np.maximum(firsts, self.first_ns)) // DAY_NS + 1
            counts = np.minimum(counts, days)
        return int(counts.sum())

    @property
    def sids(self) -> list[int]:
        """Its assets, ascending."""
        return list(np.unique(self.extents[0]).tolist())

    @property
    def starts(self) -> list[int]:
        """The first stamp of each extent."""
        return list(self.extents[2].tolist())

    def rows(self) -> Rows:
        """The rows, sorted by (sid, stamp); one part at least. Raises CatalogCorrupt."""
        return merge_rows(self.read())

    def read(self) -> list[Rows]:
        """The rows, by part. Raises CatalogCorrupt."""
        found = []
        for number in np.unique(self.part_of).tolist():
            file, *scales = self.files[number]
            mine = self.part_of == number
            sids, _, firsts, lasts = self.extents[:, mine]
            whole = firsts.min() >= self.first_ns and lasts.max() <= self.last_ns
            span = None if whole else (self.first_ns, self.last_ns)
            frame = read_rows(self.folder / file, np.unique(sids), span)
            found.append(Rows(self.frequency, frame, scales[0], scales[1]))
        return found
