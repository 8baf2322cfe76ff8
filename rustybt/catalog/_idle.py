"""A connection to the index that a reader has left, for the next one.

To open the index costs as much as all that a run asks of it: the file, its log and its schema are read again. So who
runs one backtest after the other in a process keeps the connection of the last one.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sqlite3
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

OPEN_FILES_CAN_GO: Final = os.name != "nt"
"""Whether a file can be deleted while somebody has it open. Where not, nothing is kept: a catalog could not be removed
by the process that has read it."""


class Lent(NamedTuple):
    """A connection, and the file that it was opened on as it was then.

    stamp: empty where it is not to be kept. process: whose it is; in no other may it be used, or closed.
    """

    connection: sqlite3.Connection
    path: Path
    stamp: tuple[int, ...]
    process: int


class Idle:
    """At most one connection that is in nobody's hands.

    It serves again only while the file at its path is the one that it has open, untouched: what others write goes to
    the log beside it, which SQLite looks at with each question. It is closed before this process writes, so that the
    log is folded in as ever, and before it forks, as no connection may outlive that. One that is lent while the process
    forks is left alone by the child.
    """

    def __init__(self) -> None:
        # no lock: a connection comes back from a finalizer, which may run while its thread is in here
        self._waiting: deque[Lent] = deque()
        self._of_others: list[Lent] = []

    def take(self, path: Path, schema: int) -> Lent | None:
        """The connection that waits for a reader of that index; None where there is none, or the index has changed."""
        try:
            lent = self._waiting.pop()
        except IndexError:
            return None
        with contextlib.suppress(sqlite3.Error):
            if lent.path == path and lent.stamp == stamp_of(path):
                (found,) = lent.connection.execute("PRAGMA user_version").fetchone()
                if found == schema:
                    return lent
        lent.connection.close()
        return None

    def give(self, lent: Lent) -> None:
        """Takes a connection back. Nobody may use it any more."""
        if lent.process != os.getpid():
            self._of_others.append(lent)
            return
        self.clear()
        if lent.stamp and OPEN_FILES_CAN_GO:
            self._waiting.append(lent)
        else:
            lent.connection.close()

    def clear(self) -> None:
        """Closes what waits."""
        with contextlib.suppress(IndexError):
            while True:
                self._waiting.pop().connection.close()


def stamp_of(path: Path) -> tuple[int, ...]:
    """A file's identity, which changes where it is replaced or written to; empty where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


IDLE: Final = Idle()
atexit.register(IDLE.clear)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=IDLE.clear)
