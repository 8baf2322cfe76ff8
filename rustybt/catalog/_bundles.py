"""Listing what is there, and removing old versions."""

from __future__ import annotations

import contextlib
import datetime as dt
import html
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from rustybt.catalog._index import ELSEWHERE, connect_reader, write_transaction
from rustybt.catalog._layout import TRASH, bundle_path, catalog_root, mapped_paths
from rustybt.catalog._recovery import forget_version, sweep
from rustybt.catalog._version import open_version
from rustybt.core import date_of, writing
from rustybt.errors import CatalogUnavailable, InputError

COLUMNS: Final = ("bundle", "version", "bars", "from", "to", "rows", "assets")


@dataclass(frozen=True, slots=True)
class BundleVersion:
    """One version of a bundle, as `list_bundles` tells it.

    created: aware UTC datetime. size: bytes of its Parquet parts, those shared with earlier versions included.
    ranges: by frequency, first session, last session and number of bars.
    """

    bundle: str
    version: str
    created: dt.datetime
    hash: str
    size: int
    assets: int
    ranges: dict[str, tuple[dt.date, dt.date, int]]
    provenance: dict[str, Any]
    newest: bool


class BundleList(list[BundleVersion]):
    """A list of bundle versions that prints as a table."""

    def __repr__(self) -> str:
        if not self:
            return "no bundles"
        rows = [COLUMNS, *_rows(self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in _rows(self))
        return f"<table><tr>{head}</tr>{body}</table>"


def _rows(versions: Iterable[BundleVersion]) -> list[tuple[str, ...]]:
    """A row a frequency."""
    return [
        (one.bundle, one.version, frequency, str(first), str(last), f"{count:,}", f"{one.assets:,}")
        for one in versions
        for frequency, (first, last, count) in one.ranges.items()
    ]


def list_bundles(root: Path | str | None = None) -> list[BundleVersion]:
    """Every version of every bundle, by name, newest first; nothing where there is no catalog in the folder `root`.

    >>> import rustybt
    >>> _ = rustybt.ingest_sample()
    >>> [(one.bundle, one.assets, one.ranges["1d"][2]) for one in rustybt.list_bundles() if one.bundle == "sample"]
    [('sample', 5, 12154)]
    """
    connection = connect_reader(catalog_root(root))
    if connection is None:
        return BundleList()
    with contextlib.closing(connection):
        rows = connection.execute(
            "SELECT b.name, v.name, v.created_ns, v.hash, v.size, v.ranges, v.provenance, "
            "(SELECT count(*) FROM assets a WHERE a.version = v.id) "
            "FROM versions v JOIN bundles b ON v.bundle = b.id ORDER BY b.name, v.created_ns DESC"
        ).fetchall()
    found = BundleList()
    for bundle, version, created_ns, content_hash, size, ranges, provenance, assets in rows:
        found.append(
            BundleVersion(
                bundle=bundle,
                version=version,
                created=dt.datetime.fromtimestamp(created_ns // 10**9, tz=dt.UTC),
                hash=content_hash,
                size=size,
                assets=assets,
                ranges={f: (date_of(a), date_of(b), n) for f, (a, b, n) in json.loads(ranges).items()},
                provenance=json.loads(provenance),
                newest=not found or found[-1].bundle != bundle,
            )
        )
    return found


def clean(
    bundle: str,
    *,
    keep_last: int | None = None,
    before: dt.date | None = None,
    after: dt.date | None = None,
    root: Path | str | None = None,
) -> list[str]:
    """Delete versions of a bundle, and what a crash left behind; the ids of those deleted.

    keep_last: keep that many of the newest, delete the rest.
    before, after: delete versions written before, or after, that date (UTC).
    Give keep_last alone, or before and after, alone or together. `keep_last=0` deletes the bundle.
    root: the catalog's folder, where it is not RUSTYBT_ROOT's.
    Raises InputError, BundleNotFound, CatalogBusy, CatalogUnavailable; then all is as it was.

    >>> import tempfile
    >>> import rustybt
    >>> root = tempfile.mkdtemp()  # a catalog of its own
    >>> report = rustybt.ingest_sample(root)
    >>> rustybt.clean("sample", keep_last=1, root=root), len(rustybt.clean("sample", keep_last=0, root=root))
    ([], 1)
    """
    if (keep_last is None) == (before is None and after is None):
        raise InputError("Pass either keep_last, or before and after: which versions shall go?")
    if keep_last is not None and keep_last < 0:
        raise InputError(f"keep_last is {keep_last}: pass 0 or more.")
    folder = catalog_root(root)
    open_version(bundle, root=folder).close()
    trash: list[Path] = []
    deleted = []
    undoing: list[Callable[[], object]] = []
    with (
        writing(CatalogUnavailable, f"The catalog at {folder}", ELSEWHERE),
        write_transaction(folder, undoing=undoing) as connection,
    ):
        sweep(connection, folder)
        rows = connection.execute(
            "SELECT v.name, v.created_ns FROM versions v JOIN bundles b ON v.bundle = b.id WHERE b.name = ? "
            "ORDER BY v.created_ns DESC",
            (bundle,),
        ).fetchall()
        for version in _chosen(rows, keep_last, before, after):
            # renamed first: a crash before the commit leaves a row without a folder, which the next write forgets;
            # where the commit fails, on a disk that is full, it gets its name back
            path = bundle_path(folder, bundle) / version
            aside = path.with_name(TRASH + version)
            path.rename(aside)
            undoing.append(partial(aside.rename, path))
            trash.append(aside)
            forget_version(connection, bundle, version)
            deleted.append(version)
    for aside in trash:
        shutil.rmtree(aside, ignore_errors=True)
    for version in deleted:
        for file in mapped_paths(folder, bundle, version):
            # one that a process has mapped can't go on Windows; it may stay, and go with the folder
            with contextlib.suppress(OSError):
                file.unlink()
    with contextlib.suppress(OSError):  # not empty, most of the time
        bundle_path(folder, bundle).rmdir()
    return deleted


def _chosen(
    rows: list[tuple[str, int]], keep_last: int | None, before: dt.date | None, after: dt.date | None
) -> list[str]:
    """The versions to delete. rows: id and ns of writing, newest first."""
    if keep_last is not None:
        return [version for version, _ in rows[keep_last:]]
    dated = [(version, dt.datetime.fromtimestamp(ns // 10**9, tz=dt.UTC).date()) for version, ns in rows]
    return [
        version
        for version, created in dated
        if (before is None or created < before) and (after is None or created > after)
    ]
