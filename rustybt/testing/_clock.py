"""A clock that waits for nothing."""

from __future__ import annotations

import datetime as dt


class FakeClock:
    """A clock that stands still until somebody sleeps. `slept` has the seconds of each wait.

    >>> from rustybt.testing import FakeClock
    >>> clock = FakeClock()
    >>> before = clock.now()
    >>> clock.sleep(60)
    >>> clock.now() - before
    60000000000
    """

    def __init__(self, now: str = "2024-07-01T00:00:00+00:00") -> None:
        self._now = int(dt.datetime.fromisoformat(now).timestamp()) * 1_000_000_000
        self._ticks = 0.0
        self.slept: list[float] = []

    def now(self) -> int:
        """UTC nanoseconds since 1970."""
        return self._now

    def monotonic(self) -> float:
        """Seconds slept so far."""
        return self._ticks

    def sleep(self, seconds: float) -> None:
        """Goes on by that many seconds at once."""
        self.slept.append(seconds)
        self._ticks += seconds
        self._now += int(seconds * 1_000_000_000)
