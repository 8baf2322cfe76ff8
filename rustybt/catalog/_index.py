"""The SQLite index: one file over all bundles, filled from manifests alone and so rebuildable from them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from rustybt.catalog._idle import IDLE, Lent, stamp_of
from rustybt.catalog._layout import index_path
from rustybt.core import ROOT_VARIABLE
from rustybt.errors import CatalogBusy, CatalogCorrupt, CatalogUnavailable

SCHEMA_VERSION: Final = 7
BUSY_SECONDS: Final = 60.0
"""How long a writer waits for another one."""
_READ_BUSY_SECONDS: Final = 10.0
_LIVE: Final = "mode=ro"
ELSEWHERE: Final = f"set {ROOT_VARIABLE} to a folder of yours."
"""The remedy where a catalog can't be written to."""
_NO_ROOM: Final = ("readonly", "disk", "full")
_MIGRATIONS: Final = (
    # 0 -> 1
    """
    CREATE TABLE bundles (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE versions (
        id INTEGER PRIMARY KEY, bundle INTEGER NOT NULL REFERENCES bundles ON DELETE CASCADE, name TEXT NOT NULL,
        created_ns INTEGER NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, ranges TEXT NOT NULL,
        provenance TEXT NOT NULL, quarantine TEXT, UNIQUE (bundle, name));
    CREATE INDEX newest ON versions (bundle, created_ns);
    CREATE TABLE calendars (
        version INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE, name TEXT NOT NULL, tz TEXT NOT NULL,
        days BLOB NOT NULL, opens BLOB NOT NULL, closes BLOB NOT NULL, break_starts BLOB, break_ends BLOB);
    CREATE TABLE assets (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, sid INTEGER NOT NULL, key TEXT NOT NULL,
        symbol TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, exchange TEXT NOT NULL, country TEXT NOT NULL,
        currency TEXT NOT NULL, start_day INTEGER NOT NULL, end_day INTEGER NOT NULL, auto_close_day INTEGER,
        tick_size TEXT NOT NULL, quantity_step TEXT NOT NULL, multiplier TEXT NOT NULL,
        price_scale INTEGER NOT NULL, volume_scale INTEGER NOT NULL, PRIMARY KEY (version, sid)) WITHOUT ROWID;
    CREATE TABLE symbols (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, symbol TEXT NOT NULL,
        first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, sid INTEGER NOT NULL,
        PRIMARY KEY (version, symbol, first_day, sid)) WITHOUT ROWID;
    CREATE TABLE splits (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, sid INTEGER NOT NULL, ex_day INTEGER NOT NULL,
        numerator TEXT NOT NULL, denominator TEXT NOT NULL, PRIMARY KEY (version, sid, ex_day)) WITHOUT ROWID;
    CREATE TABLE dividends (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, sid INTEGER NOT NULL, ex_day INTEGER NOT NULL,
        position INTEGER NOT NULL, pay_day INTEGER, record_day INTEGER, declared_day INTEGER, amount TEXT NOT NULL,
        scale INTEGER NOT NULL, currency TEXT NOT NULL, PRIMARY KEY (version, sid, ex_day, position)) WITHOUT ROWID;
    CREATE TABLE parts (
        id INTEGER PRIMARY KEY, version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, file TEXT NOT NULL,
        frequency TEXT NOT NULL, period TEXT NOT NULL, row_count INTEGER NOT NULL,
        price_scale INTEGER NOT NULL, volume_scale INTEGER NOT NULL);
    CREATE INDEX parts_of ON parts (version, frequency);
    CREATE TABLE extents (
        part INTEGER NOT NULL REFERENCES parts ON DELETE CASCADE, sid INTEGER NOT NULL, row_offset INTEGER NOT NULL,
        row_count INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
        PRIMARY KEY (part, sid, row_offset)) WITHOUT ROWID;
    """,
    # 1 -> 2
    """
    ALTER TABLE assets ADD COLUMN root_symbol TEXT;
    ALTER TABLE assets ADD COLUMN notice_day INTEGER;
    ALTER TABLE assets ADD COLUMN expiration_day INTEGER;
    CREATE TABLE stock_dividends (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, sid INTEGER NOT NULL, ex_day INTEGER NOT NULL,
        position INTEGER NOT NULL, payment_sid INTEGER NOT NULL, numerator TEXT NOT NULL, denominator TEXT NOT NULL,
        pay_day INTEGER, record_day INTEGER, declared_day INTEGER, PRIMARY KEY (version, sid, ex_day, position)
        ) WITHOUT ROWID;
    """,
    # 2 -> 3: runs stay when the version that they used is deleted, and when the index is built anew
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY, bundle TEXT NOT NULL, version TEXT NOT NULL, hash TEXT NOT NULL,
        path TEXT NOT NULL UNIQUE, saved_ns INTEGER NOT NULL, ledger_hash TEXT NOT NULL, strategy TEXT NOT NULL,
        first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, keys TEXT NOT NULL);
    CREATE INDEX runs_of ON runs (bundle, version);
    """,
    # 3 -> 4
    "ALTER TABLE splits ADD COLUMN prices_only INTEGER NOT NULL DEFAULT 0",
    # 4 -> 5: the cache of what sources gave; it is not in the manifests, and may be lost without harm
    """
    CREATE TABLE cache_entries (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, source TEXT NOT NULL, symbol TEXT NOT NULL, frequency TEXT NOT NULL,
        fields TEXT NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, as_of_ns INTEGER NOT NULL,
        row_count INTEGER NOT NULL, price_scale INTEGER NOT NULL, volume_scale INTEGER NOT NULL,
        file TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, checksum TEXT NOT NULL, told TEXT NOT NULL,
        created_ns INTEGER NOT NULL, used_ns INTEGER NOT NULL);
    CREATE INDEX cache_entries_of ON cache_entries (key);
    CREATE TABLE cache_runs (path TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (path, key)) WITHOUT ROWID;
    CREATE TABLE cache_counts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
    """,
    # 5 -> 6
    """
    CREATE TABLE funding (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, sid INTEGER NOT NULL, stamp INTEGER NOT NULL,
        rate TEXT NOT NULL, scale INTEGER NOT NULL, price TEXT, price_scale INTEGER NOT NULL,
        PRIMARY KEY (version, sid, stamp)) WITHOUT ROWID;
    """,
    # 6 -> 7: coverage and quality are counted after a version was written, and can be counted again
    """
    ALTER TABLE versions ADD COLUMN counted_ns INTEGER;
    CREATE TABLE coverage (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, sid INTEGER NOT NULL, frequency TEXT NOT NULL,
        first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, bars INTEGER NOT NULL, expected INTEGER NOT NULL,
        missing INTEGER NOT NULL, idle INTEGER NOT NULL, longest_gap INTEGER NOT NULL, longest_missing INTEGER NOT NULL,
        PRIMARY KEY (version, sid, frequency)) WITHOUT ROWID;
    CREATE TABLE quality (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, sid INTEGER NOT NULL, frequency TEXT NOT NULL,
        rule TEXT NOT NULL, severity TEXT NOT NULL, findings INTEGER NOT NULL,
        PRIMARY KEY (version, sid, frequency, rule)) WITHOUT ROWID;
    CREATE TABLE left_out (
        version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE, symbol TEXT NOT NULL, frequency TEXT NOT NULL,
        rule TEXT NOT NULL, findings INTEGER NOT NULL, PRIMARY KEY (version, symbol, frequency, rule)) WITHOUT ROWID;
    """,
)
_NO_RUNS: Final = """CREATE TEMP VIEW runs AS
        SELECT 0 AS id, '' AS bundle, '' AS version, '' AS hash, '' AS path, 0 AS saved_ns, '' AS ledger_hash,
        '' AS strategy, 0 AS first_day, 0 AS last_day, '[]' AS keys WHERE 0"""
_NO_MERGERS: Final = "CREATE TEMP VIEW splits AS SELECT *, 0 AS prices_only FROM main.splits"
_NO_CACHE: Final = (
    """CREATE TEMP VIEW cache_entries AS
        SELECT 0 AS id, '' AS key, '' AS source, '' AS symbol, '' AS frequency, '' AS fields, 0 AS start_ns,
        0 AS end_ns, 0 AS as_of_ns, 0 AS row_count, 0 AS price_scale, 0 AS volume_scale, '' AS file, 0 AS size,
        '' AS checksum, '{}' AS told, 0 AS created_ns, 0 AS used_ns WHERE 0""",
    "CREATE TEMP VIEW cache_runs AS SELECT '' AS path, '' AS key WHERE 0",
    "CREATE TEMP VIEW cache_counts AS SELECT '' AS name, 0 AS number WHERE 0",
)
_NO_FUNDING: Final = """CREATE TEMP VIEW funding AS
        SELECT 0 AS version, 0 AS sid, 0 AS stamp, '0' AS rate, 0 AS scale, NULL AS price, 0 AS price_scale WHERE 0"""
_NO_QUALITY: Final = (
    "CREATE TEMP VIEW versions AS SELECT *, NULL AS counted_ns FROM main.versions",
    """CREATE TEMP VIEW left_out AS
        SELECT 0 AS version, '' AS symbol, '' AS frequency, '' AS rule, 0 AS findings WHERE 0""",
)
_AS_NEWEST: Final = (
    (),  # 0 has nothing to read
    (
        """CREATE TEMP VIEW assets AS
        SELECT *, NULL AS root_symbol, NULL AS notice_day, NULL AS expiration_day FROM main.assets""",
        """CREATE TEMP VIEW stock_dividends AS
        SELECT 0 AS version, 0 AS sid, 0 AS ex_day, 0 AS position, 0 AS payment_sid, '1' AS numerator,
        '1' AS denominator, NULL AS pay_day, NULL AS record_day, NULL AS declared_day WHERE 0""",
        _NO_RUNS,
        _NO_MERGERS,
        *_NO_CACHE,
        _NO_FUNDING,
        *_NO_QUALITY,
    ),
    (_NO_RUNS, _NO_MERGERS, *_NO_CACHE, _NO_FUNDING, *_NO_QUALITY),
    (_NO_MERGERS, *_NO_CACHE, _NO_FUNDING, *_NO_QUALITY),
    (*_NO_CACHE, _NO_FUNDING, *_NO_QUALITY),
    (_NO_FUNDING, *_NO_QUALITY),
    _NO_QUALITY,
)
"""By schema, the views through which an earlier index reads as one of the newest: a reader changes no file."""


def lend_reader(root: Path) -> Lent | None:
    """A reader's connection, or the one that the last reader has left; the caller returns it to `IDLE`."""
    path = index_path(root)
    waiting = IDLE.take(path, SCHEMA_VERSION)
    if waiting is not None:
        return waiting
    return _connect(path)


def connect_reader(root: Path) -> sqlite3.Connection | None:
    """A read-only connection, None where there is no index yet.

    What lies on a medium that can't be written to is read as it stands (`immutable`): SQLite wants to keep a file
    beside a WAL database otherwise.
    """
    lent = _connect(index_path(root))
    return None if lent is None else lent.connection


def _connect(path: Path) -> Lent | None:
    stamp = stamp_of(path)
    if not path.is_file():
        return None
    connection: sqlite3.Connection | None = None
    for mode in (_LIVE, "mode=ro&immutable=1"):
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=_READ_BUSY_SECONDS, check_same_thread=False
            )
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found:
                connection.execute("SELECT 1 FROM bundles LIMIT 1")
        except sqlite3.OperationalError:
            if connection is not None:
                connection.close()
            continue
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from error
        if found == 0:  # another process is about to create it
            connection.close()
            return None
        if found < SCHEMA_VERSION:
            for statement in _AS_NEWEST[found]:
                connection.execute(statement)
        else:
            _check_schema(path, found)
        # what is read as it stands does not see what is written later
        return Lent(connection, path, stamp if mode == _LIVE else (), os.getpid())
    raise _unreadable(path, "it can't be opened")


@contextlib.contextmanager
def write_transaction(
    root: Path,
    busy_seconds: float = BUSY_SECONDS,
    *,
    durable: bool = True,
    undoing: Sequence[Callable[[], object]] = (),
) -> Iterator[sqlite3.Connection]:
    """The catalog's one write lock: committed at the end, rolled back on an error. Raises CatalogBusy.

    durable: on the disk before it returns; what may be lost with the power need not wait for that.
    undoing: called on an error, the last one first, before others may write: what takes back what was done to files.
    Raises CatalogUnavailable where nobody may write, or there is no room.
    """
    path = index_path(root)
    IDLE.clear()
    try:
        root.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise _not_writable(path, error) from error
    try:
        _begin(connection, path, busy_seconds, durable=durable)
        try:
            _migrate(connection, path)
            yield connection
            connection.execute("COMMIT")
            undoing = ()
            _fold_in(connection)
        except BaseException as error:
            for undo in reversed(undoing):
                with contextlib.suppress(OSError):
                    undo()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            # a file that may only be read gives its lock, and refuses the first row; so does a disk that is full
            if isinstance(error, sqlite3.OperationalError) and any(word in str(error) for word in _NO_ROOM):
                raise _not_writable(path, error) from error
            raise
    finally:
        connection.close()


def _fold_in(connection: sqlite3.Connection) -> None:
    """Brings what was written from the log into the file, unless somebody reads at this very moment.

    SQLite does so when the last connection is closed; a process that keeps one for its next run would put that off.
    """
    connection.execute("PRAGMA busy_timeout=0")
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _begin(connection: sqlite3.Connection, path: Path, busy_seconds: float, *, durable: bool) -> None:
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            # changing the journal mode does not wait for a lock by itself
            if "locked" not in str(error):
                raise _not_writable(path, error) from error
            if time.monotonic() > deadline:
                raise CatalogBusy(
                    f"Another process has been writing to {path.parent} for more than {busy_seconds:g} seconds. "
                    "Wait for it to end, then try again."
                ) from None
            time.sleep(0.05)
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from error
        else:
            return


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        _check_schema(path, found)
    for script in _MIGRATIONS[found:]:
        for statement in script.split(";"):
            if statement.strip():
                connection.execute(statement)
    if found != SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _check_schema(path: Path, found: int) -> None:
    if found != SCHEMA_VERSION:
        raise CatalogCorrupt(
            f"{path} has schema {found}, this RustyBT knows {SCHEMA_VERSION}. "
            "Use the RustyBT that wrote it, or move the file away and run `rustybt catalog reindex`."
        )


def _unreadable(path: Path, error: object) -> CatalogCorrupt:
    return CatalogCorrupt(
        f"The index {path} can't be read: {error}. Move the file away and run `rustybt catalog reindex`."
    )


def _not_writable(path: Path, error: object) -> CatalogUnavailable:
    remedy = "Make room on that disk" if "full" in str(error) else "Check who may write there"
    return CatalogUnavailable(f"The catalog at {path.parent} can't be written to: {error}. {remedy}, or {ELSEWHERE}")
