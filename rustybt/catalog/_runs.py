"""Who used a bundle's data: the runs whose results were saved."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rustybt.catalog._index import connect_reader, write_transaction
from rustybt.catalog._layout import INDEX, catalog_root

if TYPE_CHECKING:
    from rustybt.catalog._diff import VersionDiff


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A saved result and the data that it was made from.

    path: the result's folder. first_day, last_day: of the run, days since 1970-01-01. keys: of the assets it touched.
    """

    bundle: str
    version: str
    hash: str
    path: Path
    saved_ns: int
    ledger_hash: str
    strategy: str
    first_day: int
    last_day: int
    keys: tuple[str, ...]


def record_run(root: Path, path: Path, manifest: dict[str, Any], days: tuple[int, int], keys: Iterable[str]) -> None:
    """Notes that the result at `path` used a version; one that is saved to the same folder again replaces the note.

    manifest: the result's. Raises CatalogError where the catalog can't be written to, CatalogBusy.
    """
    values = (
        manifest["bundle"],
        manifest["data_version"],
        manifest["data_hash"],
        str(path.absolute()),
        time.time_ns(),
        manifest["ledger_hash"],
        str(manifest["strategy"]),
        *days,
        json.dumps(sorted(keys)),
    )
    with write_transaction(root) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO runs (bundle, version, hash, path, saved_ns, ledger_hash, strategy, first_day, "
            "last_day, keys) VALUES (?,?,?,?,?,?,?,?,?,?)",
            values,
        )
        _link_cache(connection, str(path.absolute()), manifest)


def _link_cache(connection: sqlite3.Connection, path: str, manifest: dict[str, Any]) -> None:
    """Records the entries of the cache that the run's version was made of, as its provenance says."""
    connection.execute("DELETE FROM cache_runs WHERE path = ?", (path,))
    found = connection.execute(
        "SELECT v.provenance FROM versions v JOIN bundles b ON b.id = v.bundle WHERE b.name = ? AND v.name = ?",
        (manifest["bundle"], manifest["data_version"]),
    ).fetchone()
    provenance = json.loads(found[0]) if found else {}
    if "cache" not in provenance:
        return
    from rustybt.catalog._cache_entries import cached_keys

    keys = cached_keys(provenance)
    connection.executemany("INSERT OR IGNORE INTO cache_runs (path, key) VALUES (?, ?)", [(path, key) for key in keys])


def forget_run(path: Path, root: Path | str | None = None) -> None:
    """Takes out the note on a saved result that is gone. Raises CatalogError where the catalog can't be written to."""
    where = catalog_root(root)
    if (where / INDEX).is_file():
        with write_transaction(where) as connection:
            connection.execute("DELETE FROM runs WHERE path = ?", (str(path),))
            connection.execute("DELETE FROM cache_runs WHERE path = ?", (str(path),))


def stored_runs(
    bundle: str | None = None, *, version: str | None = None, root: Path | str | None = None
) -> list[StoredRun]:
    """The saved runs, of all bundles or of one, or of one version of it, newest first.

    >>> from rustybt import run
    >>> from rustybt.catalog import stored_runs
    >>> place = run(lambda context, data: None, start="2010-01-04", end="2010-01-05").save()
    >>> [stored.path == place for stored in stored_runs("sample")][:1]
    [True]
    """
    connection = connect_reader(catalog_root(root))
    if connection is None:
        return []
    with contextlib.closing(connection):
        rows = connection.execute(
            "SELECT bundle, version, hash, path, saved_ns, ledger_hash, strategy, first_day, last_day, keys FROM runs "
            "WHERE (? IS NULL OR bundle = ?) AND (? IS NULL OR version = ?) ORDER BY saved_ns DESC",
            (bundle, bundle, version, version),
        ).fetchall()
    return [
        StoredRun(of, used, data_hash, Path(path), saved, books, strategy, first, last, tuple(json.loads(keys)))
        for of, used, data_hash, path, saved, books, strategy, first, last, keys in rows
    ]


def touched_runs(found: VersionDiff, runs: Iterable[StoredRun]) -> list[StoredRun]:
    """Of the runs on the earlier version, those whose result could differ on the later one.

    A run may have looked back further than it traded, so that every change up to its last day counts.
    """
    return [run for run in runs if run.version == found.before and found.touches(run.keys, -(10**6), run.last_day)]
