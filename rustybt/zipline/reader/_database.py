"""SQLite files of a bundle, read whatever the version of their schema is: by the columns that are there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rustybt.core import DAY_NS
from rustybt.zipline.reader._bcolz import broken

_SECOND_LIMIT: Final = 10**11
"""Stamps in seconds lie below it until the year 5138, those in nanoseconds beyond it from 1970 on."""
_LAST_DAY: Final = 200 * 365
"""Zipline writes the largest integer where an end is not known."""


class Database:
    """One SQLite file, open for reading."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def columns(self, table: str) -> list[str]:
        """The columns of a table, none where there is no such table."""
        return [row[1] for row in self._run(f"PRAGMA table_info({table})")]

    def rows(self, table: str, *wanted: str) -> list[dict[str, Any]]:
        """The rows of a table, by column; None for a column that this schema does not have."""
        there = set(self.columns(table))
        if not there:
            return []
        chosen = [name for name in wanted if name in there]
        found = self._run(f"SELECT {', '.join(chosen)} FROM {table}")
        missing: dict[str, Any] = dict.fromkeys(wanted)
        return [missing | dict(zip(chosen, row, strict=True)) for row in found]

    def count(self, table: str) -> int:
        """The number of rows of a table, 0 where there is no such table."""
        return int(self._run(f"SELECT count(*) FROM {table}")[0][0]) if self.columns(table) else 0

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement).fetchall()
        except sqlite3.Error as error:
            raise broken(self.path, str(error)) from error


@contextlib.contextmanager
def open_database(path: Path) -> Iterator[Database]:
    """An SQLite file, read-only. Raises InputError naming the file where it can't be read."""
    try:
        # not `immutable`: what a writer left in a journal belongs to it
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise broken(path, str(error)) from error
    with contextlib.closing(connection):
        yield Database(path, connection)


def day_of_stamp(stamp: Any) -> int | None:
    """The day of a stamp in seconds or nanoseconds since 1970; None for none, NaT, or a placeholder beyond all data."""
    if stamp is None or isinstance(stamp, str | bytes):
        return None
    number = int(stamp)
    if abs(number) < _SECOND_LIMIT:
        number *= 10**9
    day = number // DAY_NS
    return day if -_LAST_DAY < day < _LAST_DAY else None
