"""Writing a version: a temporary folder, one rename, one commit.

    lock      BEGIN IMMEDIATE: one writer at a time per catalog; readers are not kept waiting
    write     parts, calendar and manifest into .tmp-<version>, each flushed to the disk
    rename    .tmp-<version> -> <version>: from here on the version is whole
    commit    its rows in the index: from here on it is what a reader opens

A crash before the rename leaves a temporary folder, which the next write removes. A crash between rename and commit
leaves a whole version that the index does not know; the next write (and `reindex`) takes it in. The parts of earlier
versions are hard links, so that a version's folder is complete and can be removed by itself.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rustybt.catalog._chains import Chains
from rustybt.catalog._content import Content, Digests, Manifest, Part
from rustybt.catalog._content_digests import digests_of_content, hash_now
from rustybt.catalog._hashing import version_hash
from rustybt.catalog._index import BUSY_SECONDS, ELSEWHERE, write_transaction
from rustybt.catalog._indexed import insert_version
from rustybt.catalog._layout import (
    QUARANTINE,
    TEMPORARY,
    bundle_path,
    check_bundle_name,
)
from rustybt.catalog._manifest import read_manifest, write_manifest
from rustybt.catalog._recovery import sweep
from rustybt.catalog._verify import unharmed
from rustybt.catalog._version import Version, open_version
from rustybt.catalog._written_parts import write_parts
from rustybt.core import DAY_NS, frequency_named, writing
from rustybt.errors import BundleExists, BundleNotFound, CatalogCorrupt, CatalogUnavailable

type Fault = Callable[[str], None]
"""Called with the name of each step of a write just done; tests pass one that kills the process."""


def no_fault(step: str) -> None:
    """The default: nothing happens."""


@contextlib.contextmanager
def open_writer(root: Path, *, busy_seconds: float = BUSY_SECONDS, fault: Fault = no_fault) -> Iterator[Writer]:
    """Hold the catalog's write lock. What a crash left is cleared up first.

    Raises CatalogBusy where another process keeps the lock longer than busy_seconds.
    """
    with write_transaction(root, busy_seconds) as connection:
        sweep(connection, root)
    undoing: list[Callable[[], object]] = []
    with write_transaction(root, busy_seconds, undoing=undoing) as connection:
        fault("locked")
        yield Writer(root, connection, fault, undoing)
        fault("indexed")
    fault("committed")


def newest_version(
    root: Path, bundle: str, *, replacing: bool = False, known: Manifest | None = None
) -> tuple[Version, Manifest] | None:
    """A bundle's newest version, which the caller closes, and its manifest; None where there is no such bundle.

    replacing: nothing is taken over from it, so that one whose manifest can't be read counts as none.
    known: a manifest that was read already; where it is that of the newest version it is not read again.
    Raises CatalogCorrupt.
    """
    try:
        version = open_version(bundle, root=root)
    except BundleNotFound:
        return None
    if known is not None and known.version == version.id:
        return version, known
    try:
        return version, read_manifest(version.path)
    except CatalogCorrupt:
        version.close()
        if replacing:
            return None
        raise


class Writer:
    """The one who holds the lock."""

    def __init__(
        self, root: Path, connection: sqlite3.Connection, fault: Fault, undoing: list[Callable[[], object]]
    ) -> None:
        self._root = root
        self._connection = connection
        self._fault = fault
        self._undoing = undoing

    def folder(self, manifest: Manifest) -> Path:
        """The folder of a version."""
        return bundle_path(self._root, manifest.bundle) / manifest.version

    def publish(
        self, bundle: str, content: Content, *, base: tuple[Version, Manifest] | None, may_exist: bool
    ) -> tuple[Manifest, bool]:
        """Write a version, unless the newest one holds the same, undamaged; its manifest, and whether it is new.

        base: the version whose bars the new one takes over.
        may_exist: False refuses to add a version to a bundle that has one. Raises BundleExists.
        """
        check_bundle_name(bundle)
        digests, chains = digests_of_content(content, base)
        actions = content.splits, content.dividends, content.stock_dividends, content.funding
        content_hash = version_hash(content.calendar, content.assets, actions, digests)
        newest = base or newest_version(self._root, bundle, replacing=may_exist)
        if newest is not None:
            same = hash_now(*newest, digests) == content_hash
            # what was damaged is fixed by giving the same once more; an append has to take the old files over
            if same and (base is not None or unharmed(*newest)):
                return newest[1], False
            if not same and not may_exist:
                raise BundleExists(
                    f"Bundle {bundle!r} exists (version {newest[0].id}) and holds other data. "
                    "Pass mode='append' to add to it, or mode='replace' to put this in its place (--mode)."
                )
        created_ns = max(time.time_ns(), newest[1].created_ns + 1 if newest else 0)
        version = _version_id(self._root, bundle, created_ns, content_hash)
        folder = bundle_path(self._root, bundle) / (TEMPORARY + version)
        final = folder.with_name(version)
        self._undoing.append(partial(_remove, final, folder))
        with writing(CatalogUnavailable, f"The catalog at {self._root}", ELSEWHERE):
            folder.mkdir(parents=True)
            manifest = self._write(folder, bundle, version, created_ns, content_hash, content, (digests, chains), base)
            folder.rename(final)
            _sync(final.parent)
        self._fault("renamed")
        insert_version(self._connection, manifest, base[1] if base else None)
        return manifest, True

    def _write(
        self,
        folder: Path,
        bundle: str,
        version: str,
        created_ns: int,
        content_hash: str,
        content: Content,
        digests: tuple[Digests, Chains],
        base: tuple[Version, Manifest] | None,
    ) -> Manifest:
        parts = write_parts(folder, content, base)
        self._fault("parts written")
        quarantine = None
        if content.quarantine is not None and content.quarantine.height:
            quarantine = QUARANTINE
            content.quarantine.write_parquet(folder / QUARANTINE)
        manifest = Manifest(
            bundle=bundle,
            version=version,
            created_ns=created_ns,
            hash=content_hash,
            calendar=content.calendar,
            assets=content.assets,
            splits=content.splits,
            dividends=content.dividends,
            stock_dividends=content.stock_dividends,
            funding=content.funding,
            parts=parts,
            digests=digests[0],
            chains=digests[1],
            provenance=content.provenance,
            quarantine=quarantine,
            ranges=_ranges(parts, content),
            left_out=content.left_out,
            input=content.input,
            corrected=_corrected(content, base),
        )
        write_manifest(folder, manifest)
        for path in folder.iterdir():
            _sync(path)
        _sync(folder)
        self._fault("manifest written")
        return manifest


def _remove(final: Path, folder: Path) -> None:
    """Takes back what was written of a version; under a name that no reader looks at where that comes to no end."""
    if final.exists():
        final.rename(folder)
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # not empty, most of the time
        folder.parent.rmdir()


def _corrected(content: Content, base: tuple[Version, Manifest] | None) -> dict[str, Any] | None:
    if not content.corrects or base is None:
        return None
    return {"version": base[0].id, "bars": {rows.frequency: rows.height for rows in content.rows if rows.height}}


def _ranges(parts: tuple[Part, ...], content: Content) -> dict[str, tuple[int, int, int]]:
    ranges = {}
    for frequency in sorted({part.frequency for part in parts}):
        of_frequency = [part for part in parts if part.frequency == frequency]
        first = min(min(part.extents[3]) for part in of_frequency)
        last = max(max(part.extents[4]) for part in of_frequency)
        if frequency_named(frequency).by_session:
            days = [first // DAY_NS, last // DAY_NS]
        else:
            days = content.calendar.session_days_of(np.array([first, last], dtype=np.int64)).tolist()
        ranges[frequency] = (days[0], days[1], sum(part.rows for part in of_frequency))
    return ranges


def _version_id(root: Path, bundle: str, created_ns: int, content_hash: str) -> str:
    moment = dt.datetime.fromtimestamp(created_ns // 10**9, tz=dt.UTC)
    name = f"{moment:%Y%m%dT%H%M%S}-{content_hash[:8]}"
    number = 1
    while (bundle_path(root, bundle) / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return name if number == 1 else f"{name}-{number}"


def _sync(path: Path) -> None:
    """Have what was written on the disk before anything that relies on it; Windows has no such call for folders."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
