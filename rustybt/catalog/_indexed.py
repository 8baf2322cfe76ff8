"""A version entered into the index, of its manifest alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rustybt.catalog._content import Manifest, Part
from rustybt.core import StockDividend

if TYPE_CHECKING:
    from rustybt.calendars import SessionTable

type _Row = tuple[object, ...]


def insert_version(connection: sqlite3.Connection, manifest: Manifest, base: Manifest | None = None) -> None:
    """Enter a version into the index. base: one that is there and whose parts it may share."""
    connection.execute("INSERT OR IGNORE INTO bundles (name) VALUES (?)", (manifest.bundle,))
    version = _inserted(
        connection,
        "INSERT INTO versions (bundle, name, created_ns, hash, size, ranges, provenance, quarantine) "
        "VALUES ((SELECT id FROM bundles WHERE name = ?),?,?,?,?,?,?,?)",
        (
            manifest.bundle,
            manifest.version,
            manifest.created_ns,
            manifest.hash,
            sum(part.size for part in manifest.parts),
            json.dumps(manifest.ranges),
            json.dumps(manifest.provenance),
            manifest.quarantine,
        ),
    )
    _insert_calendar(connection, version, manifest.calendar)
    for table, rows in _rows(manifest):
        _insert_many(connection, table, version, rows)
    _insert_parts(connection, version, manifest.parts, base)


def _insert_calendar(connection: sqlite3.Connection, version: int, table: SessionTable) -> None:
    columns = (table.days, table.opens, table.closes, table.break_starts, table.break_ends)
    blobs = [None if c is None else c.astype(c.dtype.newbyteorder("<")).tobytes() for c in columns]
    connection.execute("INSERT INTO calendars VALUES (?,?,?,?,?,?,?,?)", (version, table.name, table.tz, *blobs))


def _rows(manifest: Manifest) -> Iterator[tuple[str, Iterable[_Row]]]:
    """Tables, and what a version has in each, after the version's number."""
    yield "assets", (record.row() for record in manifest.assets)
    yield "symbols", ((s.symbol, s.first_day, s.last_day, r.sid) for r in manifest.assets for s in r.symbols)
    yield (
        "splits",
        ((s.sid, s.ex_day, str(s.numerator), str(s.denominator), int(s.prices_only)) for s in manifest.splits),
    )
    yield (
        "dividends",
        (
            (d.sid, d.ex_day, at, d.pay_day, d.record_day, d.declared_day, str(d.amount), d.scale, d.currency)
            for at, d in enumerate(manifest.dividends)
        ),
    )
    yield (
        "stock_dividends",
        (
            (d.sid, d.ex_day, at, d.payment_sid, str(d.numerator), str(d.denominator), *_days(d))
            for at, d in enumerate(manifest.stock_dividends)
        ),
    )
    yield (
        "funding",
        (
            (f.sid, f.stamp, str(f.rate), f.scale, None if f.price is None else str(f.price), f.price_scale)
            for f in manifest.funding
        ),
    )
    yield "left_out", ((symbol or "", *rest) for symbol, *rest in manifest.left_out)


def _days(dividend: StockDividend) -> tuple[int | None, int | None, int | None]:
    return dividend.pay_day, dividend.record_day, dividend.declared_day


def _insert_parts(connection: sqlite3.Connection, version: int, parts: tuple[Part, ...], base: Manifest | None) -> None:
    """Parts and their extents; those of a part that the base has too are copied within the index."""
    shared = {} if base is None else {part.file: part for part in base.parts}
    known: dict[str, int] = {}
    if base is not None:
        found = connection.execute(
            "SELECT p.file, p.id FROM parts p JOIN versions v ON p.version = v.id JOIN bundles b ON v.bundle = b.id "
            "WHERE b.name = ? AND v.name = ?",
            (base.bundle, base.version),
        )
        known = dict(found)
    for part in parts:
        number = _inserted(
            connection,
            "INSERT INTO parts (version, file, frequency, period, row_count, price_scale, volume_scale) "
            "VALUES (?,?,?,?,?,?,?)",
            (version, part.file, part.frequency, part.period, part.rows, part.price_scale, part.volume_scale),
        )
        if part.file in known and shared[part.file] == part:
            connection.execute(
                "INSERT INTO extents SELECT ?, sid, row_offset, row_count, first_ns, last_ns FROM extents "
                "WHERE part = ? ORDER BY sid, row_offset",
                (number, known[part.file]),
            )
        else:
            _insert_many(connection, "extents", number, zip(*part.extents, strict=True))


def _inserted(connection: sqlite3.Connection, statement: str, values: _Row) -> int:
    """The number of the row that a statement inserts."""
    return int(connection.execute(statement, values).lastrowid or 0)


def _insert_many(connection: sqlite3.Connection, table: str, owner: int, rows: Iterable[_Row]) -> None:
    """owner: the version or part that stands before each row."""
    listed = [(owner, *row) for row in rows]
    if listed:
        connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(listed[0]))})", listed)
