"""A session on paper: the loop of a backtest, whose moments wait for a feed, and whose journal outlives its process."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final, Self

from rustybt.core import Moment
from rustybt.engine import Run
from rustybt.errors import InputError
from rustybt.execution import blotter_named
from rustybt.live._broker import JournalledBlotter
from rustybt.live._feed import Feed, ReplayFeed
from rustybt.live._journal import Journal
from rustybt.live._record import Record
from rustybt.results import Result

FORMAT: Final = "1"
MAY_DIFFER: Final = frozenset({"rustybt", "kernel", "python", "data_version", "periods"})
"""Of a manifest: what may differ where a session is gone on with. The hash of the data, or of the strategy, may not."""


class PaperSession:
    """A strategy that trades on paper, with a journal of all that reaches it and leaves it.

    What is there of the journal is gone through again at once, and checked line by line; then the session goes on, and
    waits for its feed. So a session that was killed, at whatever moment, is gone on with by beginning it again, and its
    books are those of a session that was not. The broker is the simulated one.

    >>> import tempfile, pathlib
    >>> from rustybt.api import order, symbol
    >>> from rustybt.live import PaperSession
    >>> def handle_data(context, data):
    ...     order(symbol("AAPL"), 1)
    >>> journal = pathlib.Path(tempfile.mkdtemp()) / "session.journal"
    >>> with PaperSession(journal, start="2010-01-04", end="2010-01-08", handle_data=handle_data) as session:
    ...     result = session.run()
    >>> result.orders.height, session.journal.length > 15
    (5, True)
    """

    __slots__ = ("_feed", "_record", "_run", "journal")

    def __init__(self, journal: str | os.PathLike[str], feed: Feed | None = None, /, **arguments: Any) -> None:
        """Opens the journal, and calls `initialize`.

        journal: the path of the file. feed: what the session waits for; by default a replay of the bundle's bars
        without waiting. arguments: those of `run_algorithm`, by name.
        Raises JournalError where the journal is another session's, is damaged, or is being written by another process;
        and whatever `run_algorithm` raises.
        """
        _check_feed(feed)
        new = not os.path.lexists(journal)
        self.journal = Journal(Path(journal))
        try:
            self._record = Record(self.journal)
            models = blotter_named(arguments.pop("blotter", None))
            self._feed = feed or ReplayFeed()
            self._run = Run(**arguments, blotter=JournalledBlotter(models, self._record))
            self._record.add("session", format=FORMAT, **_identity(self._run.manifest))
        except BaseException:
            self.journal.close()
            if new and not self.journal.length:
                self.journal.path.unlink(missing_ok=True)
            raise

    @property
    def context(self) -> Any:
        """The `context` of the strategy."""
        return self._run.context

    @property
    def replaying(self) -> bool:
        """Whether the session is still going through what its journal has already."""
        return self._record.replaying

    def step(self) -> Moment | None:
        """Waits for the next moment and goes through it; None after the last. Raises JournalError once it is closed."""
        self.journal.check_open()
        moment = self._run.upcoming
        if moment is None:
            return None
        if not self._record.replaying:
            self._feed.wait(moment)
        self._record.add("moment", stamp=str(moment.stamp), bar=str(moment.bar), phase=moment.phase.name.lower())
        return self._run.step()

    def run(self) -> Result:
        """Goes through all moments, and returns the result."""
        while self.step() is not None:
            pass
        result = self._run.finish()
        self._record.add("end", ledger_hash=result.ledger_hash)
        if self._record.replaying:
            raise InputError(f"{self.journal.path} goes on after the end of the session. Begin another journal.")
        self._record.commit()
        return result

    def close(self) -> None:
        """Closes the journal. The session can be gone on with by opening it again."""
        try:
            self._record.commit()
        finally:
            self.journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_feed(feed: object) -> None:
    if feed is not None and not callable(getattr(feed, "wait", None)):
        raise InputError(f"feed={feed!r} has no method wait. Pass a feed, such as ReplayFeed(), or nothing.")


def _identity(manifest: dict[str, Any]) -> dict[str, str]:
    """What has to be the same where a session is gone on with, as text."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in manifest.items()
        if name not in MAY_DIFFER
    }
