"""How good a version is, in figures that the index keeps: what there is of each asset, what was found in it, and what
was left out when it was ingested."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from rustybt.catalog._index import connect_reader, write_transaction
from rustybt.catalog._version import Version

FIGURES: Final = ("first_day", "last_day", "bars", "expected", "missing", "idle", "longest_gap", "longest_missing")
"""Of an asset and a frequency; see `coverage`."""
_ID: Final = (
    "SELECT v.id, v.counted_ns FROM versions v JOIN bundles b ON b.id = v.bundle WHERE b.name = ? AND v.name = ?"
)


class Count(NamedTuple):
    """How many findings of a rule there are in the stored bars of an asset and frequency."""

    sid: int
    frequency: str
    rule: str
    severity: str
    findings: int


class LeftOut(NamedTuple):
    """How many findings of a rule kept rows out; symbol None: of rows that say none."""

    symbol: str | None
    frequency: str
    rule: str
    findings: int


def stored_counts(version: Version) -> list[Count] | None:
    """The findings that were counted of a version; None where nobody counted yet."""
    if not _is_counted(version):
        return None
    counts = _rows(version, "SELECT sid, frequency, rule, severity, findings FROM quality WHERE version = ?")
    return [Count(*row) for row in counts]


def stored_figures(version: Version) -> list[tuple[Any, ...]] | None:
    """Sid, frequency and `FIGURES` of all that has bars; None where nobody counted yet."""
    if not _is_counted(version):
        return None
    return _rows(version, f"SELECT sid, frequency, {', '.join(FIGURES)} FROM coverage WHERE version = ?")


def _is_counted(version: Version) -> bool:
    found = _rows(version, "SELECT counted_ns FROM versions WHERE id = ?")
    return bool(found) and found[0][0] is not None


def stored_left_out(version: Version) -> list[LeftOut]:
    """The counts of rows left out of a version and of those that it was appended to."""
    found = _rows(version, "SELECT symbol, frequency, rule, findings FROM left_out WHERE version = ?")
    return [LeftOut(symbol or None, *rest) for symbol, *rest in found]


def store_quality(
    version: Version, counts: Iterable[Count], figures: Iterable[tuple[int, str, dict[str, Any]]]
) -> None:
    """Puts into the index what was counted of a version; what is there already stays.

    figures: sid, frequency and `FIGURES`. Raises CatalogError where the catalog can't be written to, CatalogBusy.
    """
    with write_transaction(version.path.parents[2], busy_seconds=1.0, durable=False) as connection:
        row = connection.execute(_ID, (version.bundle, version.id)).fetchone()
        if row is None or row[1] is not None:
            return
        connection.executemany("INSERT INTO quality VALUES (?,?,?,?,?,?)", ((row[0], *count) for count in counts))
        connection.executemany(
            f"INSERT INTO coverage VALUES ({','.join('?' * (3 + len(FIGURES)))})",
            ((row[0], sid, frequency, *(of[name] for name in FIGURES)) for sid, frequency, of in figures),
        )
        connection.execute("UPDATE versions SET counted_ns = ? WHERE id = ?", (time.time_ns(), row[0]))


def _rows(version: Version, statement: str) -> list[tuple[Any, ...]]:
    connection = connect_reader(version.path.parents[2])
    if connection is None:
        return []
    with contextlib.closing(connection):
        row = connection.execute(_ID, (version.bundle, version.id)).fetchone()
        return [] if row is None else connection.execute(statement, (row[0],)).fetchall()
