"""Entries of the cache: rows of the index, and the files that they name."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from rustybt.core import CachedBars

FIELDS: Final = "open,high,low,close,volume"
FREED: Final = "evicted"
COUNTED: Final = ("hit", "partial", "miss", "restated", "lost", FREED)
"""How a symbol was answered; how many entries were damaged or missing, and how many had to make room."""


class Row(NamedTuple):
    """A row of cache_entries."""

    id: int
    key: str
    source: str
    symbol: str
    frequency: str
    fields: str
    start_ns: int
    end_ns: int
    as_of_ns: int
    row_count: int
    price_scale: int
    volume_scale: int
    file: str
    size: int
    checksum: str
    told: str
    created_ns: int
    used_ns: int

    def kept(self, bars: pl.DataFrame) -> CachedBars:
        """As a source that is cached reads it."""
        return CachedBars(self.symbol, self.start_ns, self.end_ns, self.as_of_ns, bars, json.loads(self.told))

    def entry(self, runs: tuple[Path, ...]) -> CacheEntry:
        """As a user reads it."""
        start, end, created, used = (
            dt.datetime.fromtimestamp(ns / 10**9, tz=dt.UTC)
            for ns in (self.start_ns, self.end_ns, self.created_ns, self.used_ns)
        )
        return CacheEntry(
            self.source, self.symbol, self.frequency, tuple(self.fields.split(",")), start, end, self.row_count,
            self.size, created, used, self.checksum, runs,
        )  # fmt: skip


NAMES: Final = ", ".join(Row._fields)


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A kept download of a symbol. Times are UTC; end is excluded; size in bytes.

    source: the source and what else decides about its bars, such as "ccxt exchange=kraken".
    checksum: SHA-256 of the file. runs: folders of saved results whose bundles were made of it.
    """

    source: str
    symbol: str
    frequency: str
    fields: tuple[str, ...]
    start: dt.datetime
    end: dt.datetime
    rows: int
    size: int
    created: dt.datetime
    used: dt.datetime
    checksum: str
    runs: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Figures of a cache since it was cleared. One request counts once for each of its symbols.

    hits: nothing was asked. partial: only what was missing. misses: all. restated: all, since the vendor's history was
        no more the one that is kept. lost: entries whose file was damaged or missing. evicted: entries that made room.
    entries, size, max_size: on disk, in bytes. memory: bytes that this process holds.
    """

    hits: int
    partial: int
    misses: int
    restated: int
    lost: int
    evicted: int
    entries: int
    size: int
    memory: int
    max_size: int

    @property
    def requests(self) -> int:
        """Symbols asked for, in all requests together."""
        return self.hits + self.partial + self.misses + self.restated

    @property
    def hit_rate(self) -> float:
        """Between 0 and 1; 0 where nothing was asked for yet."""
        return self.hits / self.requests if self.requests else 0.0

    @property
    def partial_rate(self) -> float:
        """Between 0 and 1."""
        return self.partial / self.requests if self.requests else 0.0

    @property
    def miss_rate(self) -> float:
        """Between 0 and 1; what was restated is among it, as all of it had to be fetched."""
        return (self.misses + self.restated) / self.requests if self.requests else 0.0


def cache_key(source: str, symbol: str, frequency: str) -> str:
    """The beginning of the names of all files of a symbol."""
    return digest(json.dumps([source, symbol, frequency, FIELDS]).encode())[:24]


def cached_keys(provenance: Mapping[str, Any]) -> list[str]:
    """The keys of what a version was made of, by its provenance; none where it did not come from a cached source."""
    cache = provenance.get("cache")
    entries = cache.get("entries", []) if isinstance(cache, Mapping) else []
    try:
        return [cache_key(one["source"], symbol, one["frequency"]) for one in entries for symbol in one["symbols"]]
    except (KeyError, TypeError):  # provenance is the user's: something else may stand there
        return []


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def best_rows(rows: Iterable[Row], start_ns: int, end_ns: int) -> list[Row]:
    """Of each symbol the entry that has most of the range."""
    best: dict[str, Row] = {}
    for row in sorted(rows, key=lambda r: min(r.end_ns, end_ns) - max(r.start_ns, start_ns)):
        best[row.symbol] = row
    return list(best.values())


def read_bars(folder: Path, rows: Sequence[Row]) -> tuple[dict[str, pl.DataFrame], list[tuple[Row, str]]]:
    """Bars by name of file, those of one scale in one go; and the rows whose file is not what was written, and why."""
    alike: dict[tuple[int, int, str], list[tuple[Row, bytes]]] = {}
    lost: list[tuple[Row, str]] = []
    for row in rows:
        try:
            data = (folder / row.file).read_bytes()
        except OSError:
            lost.append((row, "are gone"))
            continue
        if digest(data) != row.checksum:
            lost.append((row, "are damaged"))
            continue
        alike.setdefault((row.price_scale, row.volume_scale, row.frequency), []).append((row, data))
    frames: dict[str, pl.DataFrame] = {}
    for group in alike.values():
        joined = pl.scan_parquet([data for _, data in group]).collect(engine="in-memory")
        at = 0
        for row, _ in group:
            frames[row.file] = joined.slice(at, row.row_count)
            at += row.row_count
    return frames, lost
