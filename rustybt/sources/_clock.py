"""The time of day, and waiting: passed in, so that tests wait for nothing."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """The clock by which a source reads the time and waits."""

    def now(self) -> int:
        """UTC nanoseconds since 1970. It need not ascend: what is measured by it is which bars are finished."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow: what rate limits are measured by."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class WallClock:
    """The clock of this machine."""

    def now(self) -> int:
        """UTC nanoseconds since 1970."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
