"""A feed says when the data of a moment are there. A replay feed plays stored bars again, as fast as one likes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from rustybt.core import Moment
from rustybt.errors import InputError
from rustybt.live._journal import Entry

NS: Final = 10**9
LONGEST_WAIT: Final = 0.5
"""Seconds between two looks at the clock, so that an interrupt, and a machine that slept, are noticed."""


class Feed(Protocol):
    """Where a session waits for its data. One thread calls it."""

    def wait(self, moment: Moment, /) -> None:
        """Returns when everything up to the stamp of a moment has been received. Moments come in their order."""


class Clock:
    """The time of the machine, of which only the course counts.

    now: ns, never going back. sleep: waits for so many seconds.
    """

    __slots__ = ("now", "sleep")

    def __init__(self, now: Callable[[], int] = time.monotonic_ns, sleep: Callable[[float], None] = time.sleep) -> None:
        self.now = now
        self.sleep = sleep

    def wait_until(self, stamp: int) -> None:
        """Returns when `now` has come to a stamp."""
        while (left := stamp - self.now()) > 0:
            self.sleep(min(left / NS, LONGEST_WAIT))


class ReplayFeed:
    """The bars of the catalog, each when it would have come: `speed` seconds of the market in one of the clock.

    speed: above 0; None does not wait at all. The first moment that it waits for is now.

    >>> import tempfile, pathlib
    >>> from rustybt.live import PaperSession, ReplayFeed
    >>> journal = pathlib.Path(tempfile.mkdtemp()) / "session.journal"
    >>> feed = ReplayFeed(speed=86_400 * 1000)  # a day in less than a millisecond
    >>> idle = lambda context, data: None
    >>> with PaperSession(journal, feed, start="2010-01-04", end="2010-01-08", handle_data=idle) as session:
    ...     print(session.run().daily.height)
    5
    """

    __slots__ = ("_clock", "_first", "_speed", "_start")

    def __init__(self, speed: float | None = None, clock: Clock | None = None) -> None:
        self._speed = _checked(speed)
        self._clock = clock or Clock()
        self._first: int | None = None
        self._start = 0

    def wait(self, moment: Moment, /) -> None:
        if self._speed is None:
            return
        if self._first is None:
            self._first, self._start = moment.stamp, self._clock.now()
        self._clock.wait_until(self._start + int((moment.stamp - self._first) / self._speed))


class RecordedFeed:
    """The moments of another session, each as long after the one before as it came then, by that session's journal.

    entries: of `read_journal`. speed: so many times as fast; None does not wait. Past the end of the recording it does
    not wait.

    >>> import tempfile, pathlib
    >>> from rustybt.live import PaperSession, RecordedFeed, read_journal
    >>> folder, idle = pathlib.Path(tempfile.mkdtemp()), lambda context, data: None
    >>> with PaperSession(folder / "first", start="2010-01-04", end="2010-01-08", handle_data=idle) as session:
    ...     _ = session.run()
    >>> feed = RecordedFeed(read_journal(folder / "first"), speed=None)
    >>> with PaperSession(folder / "second", feed, start="2010-01-04", end="2010-01-08", handle_data=idle) as session:
    ...     print(session.run().daily.height)
    5
    """

    __slots__ = ("_at", "_clock", "_first", "_speed", "_start")

    def __init__(self, entries: Iterable[Entry], speed: float | None = 1, clock: Clock | None = None) -> None:
        self._at = {(int(one["stamp"]), one["phase"]): int(one["at"]) for one in entries if one["kind"] == "moment"}
        if not self._at:
            raise InputError("The journal has no moments to play again. Name that of a session that ran.")
        self._speed = _checked(speed)
        self._clock = clock or Clock()
        self._first: int | None = None
        self._start = 0

    def wait(self, moment: Moment, /) -> None:
        at = self._at.get((moment.stamp, moment.phase.name.lower()))
        if self._speed is None or at is None:
            return
        if self._first is None:
            self._first, self._start = at, self._clock.now()
        self._clock.wait_until(self._start + int((at - self._first) / self._speed))


def _checked(speed: object) -> float | None:
    """A speed, above 0, or None. Raises InputError for another."""
    if speed is not None and not (isinstance(speed, int | float) and speed > 0):
        raise InputError(f"speed={speed!r}: pass seconds of the market a second, such as 60, or None for no waiting.")
    return speed
