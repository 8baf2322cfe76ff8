"""What a session writes into its journal, and, where the journal has it already, compares with it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rustybt.errors import JournalError
from rustybt.live._journal import Entry, Journal

OF_THE_LINE = frozenset({"n", "prev", "hash", "kind", "at"})
"""What a line has besides its own fields. `at`, ns UTC by the clock of the machine, is another one each time."""


class Record:
    """The journal of a session under way.

    A session begins at its first moment, whether it is new or was killed: what the journal has already is gone through
    again without waiting, and each line has to come out as it was written. From its end on lines are added.

    replaying: whether the journal has lines that were not gone through yet. caught_up: how many it had.
    """

    __slots__ = ("_journal", "_past", "caught_up", "expected")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.caught_up = journal.length
        self._past: Iterator[Entry] = journal.entries()
        self.expected: Entry | None = next(self._past, None)

    @property
    def replaying(self) -> bool:
        return self.expected is not None

    def add(self, kind: str, **fields: str) -> None:
        """Something that happened: written, or compared with what was written of it. Raises JournalError."""
        expected = self.expected
        if expected is None:
            self._journal.append(kind, at=str(time.time_ns()), **fields)
            return
        written = {name: value for name, value in expected.items() if name not in OF_THE_LINE}
        if (expected["kind"], written) != (kind, fields):
            before, now = _different(written, fields) if expected["kind"] == kind else (written, fields)
            raise JournalError(
                f"{self._journal.path}, line {expected['n']}: {_words(expected['kind'], before)} was written, and now "
                f"it came to {_words(kind, now)}. A session is gone on with by the same code, parameters and data, "
                "and a strategy that goes by the clock, by unseeded random numbers or by what lies outside doesn't "
                "repeat itself. Undo what was changed, or begin another session with another journal."
            )
        self.expected = next(self._past, None)
        if self.expected is None:
            self._past = iter(())

    def commit(self) -> None:
        """Returns when all that was written is on the disk: before anything leaves the process."""
        self._journal.commit()


def _different(before: dict[str, str], now: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Of both what is not the same; of a `session` that is one of thirty fields."""
    names = [name for name in before | now if before.get(name) != now.get(name)]
    first, second = ({name: one[name] for name in names if name in one} for one in (before, now))
    return first, second


def _words(kind: str, fields: dict[str, str]) -> str:
    return f"{kind} ({', '.join(f'{name} {value}' for name, value in fields.items())})"
