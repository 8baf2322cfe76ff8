"""The cache of what sources gave: bars of one symbol a file, rows in the index, the last used of them in memory.

    keep    written beside its place; under the catalog's lock renamed, entered, the longest unused ones taken out
    find    the entry's row, then its file, whose checksum must be the one that was written
    lost    a file that is missing or damaged is no entry: what it held is fetched again

Names of files are never used twice, so that a process that reads an entry while another replaces it finds the file
that it looked up, or none, and never another.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import threading
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.catalog._cache_entries import (
    COUNTED,
    FIELDS,
    FREED,
    NAMES,
    CacheEntry,
    CacheStats,
    Row,
    best_rows,
    cache_key,
    digest,
    read_bars,
)
from rustybt.catalog._index import connect_reader, write_transaction
from rustybt.catalog._layout import cache_path, catalog_root
from rustybt.core import CachedBars
from rustybt.errors import CatalogError, InputError

SIZE_VARIABLE: Final = "RUSTYBT_CACHE_SIZE"
_MAX_BYTES: Final = 4_000_000_000
_MEMORY_BYTES: Final = 256_000_000
_UNITS: Final = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_STALE_SECONDS: Final = 3600
"""A file half written is another process's work for that long, and then what a crash left."""
_TEMPORARY: Final = ".tmp-"


class BarCache:
    """Bars by source, symbol, frequency and range, on disk and in memory. Several threads and processes may share it.

    root: the catalog's folder. max_bytes: of the files; None means RUSTYBT_CACHE_SIZE ("500MB", "10GB"), else 4 GB.
    memory_bytes: what one process keeps in memory beside that. In both the longest unused go first.
    """

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        max_bytes: int | None = None,
        memory_bytes: int = _MEMORY_BYTES,
    ) -> None:
        self.root = catalog_root(root)
        self.max_bytes = _size(os.environ.get(SIZE_VARIABLE)) if max_bytes is None else max_bytes
        if self.max_bytes < 0 or memory_bytes < 0:
            raise InputError(f"A cache of {min(self.max_bytes, memory_bytes)} bytes can't be. Pass 0 or more.")
        self._memory_bytes = memory_bytes
        self._memory: OrderedDict[str, pl.DataFrame] = OrderedDict()
        self._held = 0
        self._pending: Counter[str] = Counter()
        self._lock = threading.Lock()

    # -- what a source that is cached calls ------------------------------------------------------------------------

    def find(
        self, source: str, frequency: str, symbols: Sequence[str], start_ns: int, end_ns: int
    ) -> tuple[dict[str, CachedBars], list[str]]:
        """The entries of the symbols that fit the range best, and notes on what was lost."""
        notes: list[str] = []
        found: dict[str, CachedBars] = {}
        wanted = list(symbols)
        # a second time for what another process replaced between the look into the index and that into the file
        for last in (False, True):
            try:
                rows = self._rows(source, frequency, wanted)
            except (CatalogError, sqlite3.Error) as error:
                return found, [*notes, f"the cache can't be read: {error}"]
            rows = best_rows(rows, start_ns, end_ns)
            frames, lost = self._frames(rows)
            found |= {row.symbol: row.kept(frame) for row, frame in zip(rows, frames, strict=True) if frame is not None}
            wanted = [row.symbol for row, _ in lost]
            if not lost:
                break
            if last:
                notes += [f"{row.symbol}: the cached bars {why}, and are fetched again" for row, why in lost]
                self._forget([row for row, _ in lost])
        return found, notes

    def keep(self, source: str, frequency: str, kept: Sequence[CachedBars]) -> list[str]:
        """Keep these, in place of what overlaps with them; notes where that was not possible."""
        folder = cache_path(self.root)
        written: list[tuple[CachedBars, Path, str, str, int]] = []
        gone: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for one in kept:
                name = f"{cache_key(source, one.symbol, frequency)}-{uuid.uuid4().hex[:12]}.parquet"
                temporary = folder / f"{_TEMPORARY}{name}"
                one.bars.write_parquet(temporary, compression="lz4", statistics=False)
                data = temporary.read_bytes()
                written.append((one, temporary, name, digest(data), len(data)))
            with write_transaction(self.root, durable=False) as connection:
                for one, temporary, name, checksum, size in written:
                    gone += self._enter(connection, source, frequency, one, temporary, name, checksum, size)
                gone += self._evict(connection)
                gone += _orphans(connection, folder)
        except (CatalogError, OSError, pl.exceptions.PolarsError) as error:
            for _, temporary, _, _, _ in written:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
            return [f"what was fetched could not be kept in the cache: {error}"]
        self._unlink(gone)
        for one, _, name, _, _ in written:
            self._remember(name, one.bars)
        return []

    def drop(self, source: str, frequency: str, symbols: Iterable[str]) -> None:
        """Forget all that is kept of the symbols. Where that can't be written, the next comparison finds it again."""
        keys = [cache_key(source, symbol, frequency) for symbol in symbols]
        with contextlib.suppress(CatalogError):
            self._delete("key IN (SELECT value FROM json_each(?))", (json.dumps(keys),))

    def count(self, source: str, frequency: str, answered: dict[str, str]) -> None:
        """Note how the symbols were answered, by words of `COUNTED`, and that they were used. Never waits."""
        now = time.time_ns()
        with self._lock:
            self._pending.update(answered.values())
            pending, self._pending = self._pending, Counter()
        try:
            with write_transaction(self.root, 0.0, durable=False) as connection:
                _add(connection, pending)
                connection.executemany(
                    "UPDATE cache_entries SET used_ns = ? WHERE key = ?",
                    [(now, cache_key(source, symbol, frequency)) for symbol in answered],
                )
        except CatalogError:  # another process writes, or nobody may: figures can wait
            with self._lock:
                self._pending.update(pending)

    def runs(self, source: str, frequency: str, symbol: str) -> list[Path]:
        """The saved runs whose bundle was made of what is kept of a symbol."""
        connection = connect_reader(self.root)
        if connection is None:
            return []
        with contextlib.closing(connection):
            key = cache_key(source, symbol, frequency)
            rows = connection.execute("SELECT path FROM cache_runs WHERE key = ? ORDER BY path", (key,)).fetchall()
        return [Path(path) for (path,) in rows]

    # -- what users call -------------------------------------------------------------------------------------------

    def entries(self) -> list[CacheEntry]:
        """All that is kept on disk, the last used first."""
        connection = connect_reader(self.root)
        if connection is None:
            return []
        with contextlib.closing(connection):
            users: dict[str, list[Path]] = {}
            for path, key in connection.execute("SELECT path, key FROM cache_runs ORDER BY path"):
                users.setdefault(key, []).append(Path(path))
            rows = connection.execute(f"SELECT {NAMES} FROM cache_entries ORDER BY used_ns DESC, id DESC").fetchall()
        return [Row(*row).entry(tuple(users.get(row[1], ()))) for row in rows]

    def stats(self) -> CacheStats:
        """How often it had what was asked for, since it was cleared, and how large it is."""
        with self._lock:
            counts = Counter(self._pending)
            held = self._held
        entries, size = 0, 0
        connection = connect_reader(self.root)
        if connection is not None:
            with contextlib.closing(connection):
                counts.update(dict(connection.execute("SELECT name, number FROM cache_counts").fetchall()))
                totals = "SELECT count(*), coalesce(sum(size), 0) FROM cache_entries"
                entries, size = connection.execute(totals).fetchone()
        hits, partial, misses, restated, lost, evicted = (counts[name] for name in COUNTED)
        return CacheStats(
            hits, partial, misses, restated, lost, evicted,
            entries=entries, size=size, memory=held, max_size=self.max_bytes,
        )  # fmt: skip

    def clear(self, *, source: str | None = None, symbols: Iterable[str] | None = None) -> int:
        """Delete entries: all, with the figures, or those of a source or of symbols. How many they were.

        source: as `entries` tells it, or its first word: "ccxt" means all exchanges. Raises CatalogBusy.
        """
        names = None if symbols is None else json.dumps(list(symbols))
        number = self._delete(
            "(? IS NULL OR source = ? OR source GLOB ? || ' *') "
            "AND (? IS NULL OR symbol IN (SELECT value FROM json_each(?)))",
            (source, source, source, names, names),
        )
        if source is None and symbols is None:
            with write_transaction(self.root) as connection:
                connection.execute("DELETE FROM cache_counts")
                orphans = _orphans(connection, cache_path(self.root))
            self._unlink(orphans)
            with self._lock:
                self._pending.clear()
        return number

    # -- inside ----------------------------------------------------------------------------------------------------

    def _rows(self, source: str, frequency: str, symbols: Sequence[str]) -> list[Row]:
        connection = connect_reader(self.root)
        if connection is None:
            return []
        with contextlib.closing(connection):
            keys = json.dumps([cache_key(source, symbol, frequency) for symbol in symbols])
            found = connection.execute(
                f"SELECT {NAMES} FROM cache_entries WHERE key IN (SELECT value FROM json_each(?))", (keys,)
            )
            return [Row(*row) for row in found]

    def _frames(self, rows: Sequence[Row]) -> tuple[list[pl.DataFrame | None], list[tuple[Row, str]]]:
        """The bars of each row from memory, else from its file; and which are lost, and why."""
        with self._lock:
            frames = [self._memory.get(row.file) for row in rows]
            for row, frame in zip(rows, frames, strict=True):
                if frame is not None:
                    self._memory.move_to_end(row.file)
        absent = [row for row, frame in zip(rows, frames, strict=True) if frame is None]
        read, lost = read_bars(cache_path(self.root), absent)
        for name, frame in read.items():
            self._remember(name, frame)
        return [read.get(row.file) if frame is None else frame for row, frame in zip(rows, frames, strict=True)], lost

    def _remember(self, name: str, frame: pl.DataFrame) -> None:
        with self._lock:
            self._held -= _bytes(self._memory.pop(name, None))
            self._memory[name] = frame
            self._held += _bytes(frame)
            while self._held > self._memory_bytes:
                self._held -= _bytes(self._memory.popitem(last=False)[1])

    def _enter(
        self,
        connection: sqlite3.Connection,
        source: str,
        frequency: str,
        one: CachedBars,
        temporary: Path,
        name: str,
        checksum: str,
        size: int,
    ) -> list[str]:
        """One entry, its file renamed into place; the files of those that it replaces."""
        key = cache_key(source, one.symbol, frequency)
        overlaps = "FROM cache_entries WHERE key = ? AND start_ns <= ? AND end_ns >= ?"
        values = (key, one.end_ns, one.start_ns)
        gone = [file for (file,) in connection.execute(f"SELECT file {overlaps}", values)]
        connection.execute(f"DELETE {overlaps}", values)
        os.replace(temporary, temporary.with_name(name))
        scales = [one.bars.schema[column].scale for column in ("open", "volume")]  # type: ignore[attr-defined]
        now = time.time_ns()
        row = (
            key, source, one.symbol, frequency, FIELDS, one.start_ns, one.end_ns, one.as_of_ns, one.bars.height,
            *scales, name, size, checksum, json.dumps(dict(one.metadata)), now, now,
        )  # fmt: skip
        columns = NAMES.removeprefix("id, ")
        connection.execute(f"INSERT INTO cache_entries ({columns}) VALUES ({','.join('?' * len(row))})", row)
        return gone

    def _evict(self, connection: sqlite3.Connection) -> list[str]:
        """Takes out the longest unused entries, until the rest fits; their files."""
        total = connection.execute("SELECT coalesce(sum(size), 0) FROM cache_entries").fetchone()[0]
        gone: list[tuple[int, str]] = []
        if total > self.max_bytes:
            for number, file, size in connection.execute(
                "SELECT id, file, size FROM cache_entries ORDER BY used_ns, id"
            ):
                gone.append((number, file))
                total -= size
                if total <= self.max_bytes:
                    break
            connection.executemany("DELETE FROM cache_entries WHERE id = ?", [(number,) for number, _ in gone])
            _add(connection, Counter({FREED: len(gone)}))
        return [file for _, file in gone]

    def _forget(self, rows: Sequence[Row]) -> None:
        with contextlib.suppress(CatalogError):
            self._delete("file IN (SELECT value FROM json_each(?))", (json.dumps([row.file for row in rows]),), 0.0)
        with self._lock:
            self._pending["lost"] += len(rows)

    def _delete(self, where: str, values: tuple[object, ...], busy_seconds: float = 60.0) -> int:
        with write_transaction(self.root, busy_seconds, durable=False) as connection:
            files = [file for (file,) in connection.execute(f"SELECT file FROM cache_entries WHERE {where}", values)]
            connection.execute(f"DELETE FROM cache_entries WHERE {where}", values)
        self._unlink(files)
        return len(files)

    def _unlink(self, names: Iterable[str]) -> None:
        for name in names:
            with self._lock:
                self._held -= _bytes(self._memory.pop(name, None))
            # on Windows a file that another process reads stays, and is swept later
            with contextlib.suppress(OSError):
                (cache_path(self.root) / name).unlink(missing_ok=True)


def _add(connection: sqlite3.Connection, counts: Counter[str]) -> None:
    connection.executemany(
        "INSERT INTO cache_counts (name, number) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET number = number + excluded.number",
        list(counts.items()),
    )


def _orphans(connection: sqlite3.Connection, folder: Path) -> list[str]:
    """Under the lock: files that no entry has, because a process was killed, or the index was lost."""
    if not folder.is_dir():
        return []
    known = {file for (file,) in connection.execute("SELECT file FROM cache_entries")}
    found = []
    for item in os.scandir(folder):
        if item.name in known or not item.name.endswith(".parquet"):
            continue
        with contextlib.suppress(OSError):
            if not item.name.startswith(_TEMPORARY) or time.time() - item.stat().st_mtime > _STALE_SECONDS:
                found.append(item.name)
    return found


def _bytes(frame: pl.DataFrame | None) -> int:
    return 0 if frame is None else int(frame.estimated_size())


def _size(text: str | None) -> int:
    if not text:
        return _MAX_BYTES
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?b)?", text.strip().lower())
    if found is None:
        raise InputError(f"{SIZE_VARIABLE} is {text!r}. Write it like 500MB or 10GB.")
    return int(float(found[1]) * _UNITS[found[2] if found[2] and found[2] != "b" else ""])
