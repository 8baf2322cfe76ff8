"""Recovery from a crash, and the index built anew from the manifests."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rustybt.catalog._content import Manifest
from rustybt.catalog._index import connect_reader, write_transaction
from rustybt.catalog._indexed import insert_version
from rustybt.catalog._layout import (
    TEMPORARY,
    TRASH,
    bundles_path,
    catalog_root,
    index_path,
    spills_path,
)
from rustybt.errors import CatalogCorrupt

ABANDONED_SECONDS: Final = 86_400
"""Rows that wait on the disk are those of a killed process where nothing was added for so long."""


def sweep(connection: sqlite3.Connection, root: Path) -> None:
    """Under the lock: remove what was half written or half deleted, take in whole versions that the index misses."""
    indexed = _indexed(connection)
    for folder in spills_path(root).glob("*"):
        with contextlib.suppress(OSError):  # its own ingestion ends just now
            if folder.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
    # as names, not paths: hundreds of versions are looked through at each write
    there = {(bundle.name, name) for bundle in bundles_path(root).glob("*") for name in _folders(bundle)}
    for bundle, name in sorted(there - indexed):
        folder = bundles_path(root) / bundle / name
        if name.startswith((TEMPORARY, TRASH)):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            with contextlib.suppress(CatalogCorrupt):  # not ours to delete; `reindex` names it
                insert_version(connection, whole_manifest(folder))
    for gone in sorted(indexed - there):  # a deletion that did not come to its end
        forget_version(connection, *gone)


def forget_version(connection: sqlite3.Connection, bundle: str, version: str) -> None:
    """Take a version out of the index, and its bundle with the last one."""
    connection.execute(
        "DELETE FROM versions WHERE name = ? AND bundle = (SELECT id FROM bundles WHERE name = ?)", (version, bundle)
    )
    connection.execute("DELETE FROM bundles WHERE id NOT IN (SELECT bundle FROM versions)")


def whole_manifest(folder: Path) -> Manifest:
    """A folder's manifest, after a look at whether all its parts are there. Raises CatalogCorrupt."""
    from rustybt.catalog._manifest import read_manifest  # who only lists what the index has needs no Parquet

    manifest = read_manifest(folder)
    if (manifest.bundle, manifest.version) != (folder.parent.name, folder.name):
        raise CatalogCorrupt(
            f"{folder} says it is version {manifest.version!r} of {manifest.bundle!r}. Move it back to that name."
        )
    for part in manifest.parts:
        path = folder / part.file
        if not path.is_file() or path.stat().st_size != part.size:
            raise CatalogCorrupt(f"{path} is missing or cut short. Ingest the bundle again, with mode='replace'.")
    return manifest


def _version_folders(root: Path) -> Iterator[Path]:
    for bundle in sorted(bundles_path(root).glob("*")):
        yield from (bundle / name for name in sorted(_folders(bundle)))


def _folders(path: Path) -> list[str]:
    """The names of the folders in a folder; none where it is a file."""
    with contextlib.suppress(NotADirectoryError), os.scandir(path) as entries:
        return [entry.name for entry in entries if entry.is_dir()]
    return []


def reindex(root: Path | str | None = None) -> tuple[int, list[str]]:
    """Build the index anew from the manifests; the number of versions that are whole, and what is wrong with others.

    What can't be read anew stays listed as the index had it, so that nothing that was stored is lost.
    root: the catalog's folder, see `catalog_root`.

    >>> import rustybt
    >>> from rustybt.catalog import reindex
    >>> _ = rustybt.ingest_sample()
    >>> whole, damaged = reindex()
    >>> whole > 0, damaged
    (True, [])
    """
    folder = catalog_root(root)
    problems: list[str] = []
    count = 0
    with write_transaction(folder) as connection:
        indexed, there = _indexed(connection), set()
        for path in _version_folders(folder):
            if path.name.startswith((TEMPORARY, TRASH)):
                shutil.rmtree(path, ignore_errors=True)
                continue
            name = (path.parent.name, path.name)
            there.add(name)
            try:
                manifest = whole_manifest(path)
            except CatalogCorrupt as error:
                listed = "stays listed as the index had it" if name in indexed else "is not listed"
                problems.append(f"{name[0]} {name[1]} {listed}: {error}")
                continue
            forget_version(connection, *name)
            insert_version(connection, manifest)
            count += 1
        for bundle, version in sorted(indexed - there):
            forget_version(connection, bundle, version)
    return count, problems


def unlisted(root: Path | str | None = None) -> list[str]:
    """The files in the catalog's folder that are in no index, as sentences.

    root: the catalog's folder, see `catalog_root`.

    >>> import rustybt
    >>> from rustybt.catalog import unlisted
    >>> _ = rustybt.ingest_sample()
    >>> unlisted()
    []
    """
    folder = catalog_root(root)
    found = []
    connection = connect_reader(folder)
    indexed: set[tuple[str, str]] = set()
    if connection is not None:
        with contextlib.closing(connection):
            indexed = _indexed(connection)
    elif index_path(folder).is_file():
        size = index_path(folder).stat().st_size
        found.append(f"{index_path(folder)} holds no index ({size:,} bytes). `rustybt catalog reindex` builds it anew.")
    for path in _version_folders(folder):
        name = (path.parent.name, path.name)
        if not path.name.startswith((TEMPORARY, TRASH)) and name not in indexed:
            found.append(f"{name[0]} {name[1]} lies in {path}, and is not in the index: `rustybt catalog reindex`.")
    return found


def _indexed(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT b.name, v.name FROM versions v JOIN bundles b ON v.bundle = b.id").fetchall())
