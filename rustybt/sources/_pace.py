"""How fast a source may be asked, and how often again after it failed."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rustybt.errors import InputError, SourceError
from rustybt.sources._clock import Clock, WallClock

_LONGEST_RETRY_AFTER: Final = 900.0
"""A vendor that asks to wait for longer is asked again by the user, not by us."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Rate limit and retries of a source.

    calls, seconds: at most that many calls within that many seconds; calls=0 means no limit of ours.
    attempts: how often one call is tried in all. first_wait, longest_wait: seconds; the wait before try n is drawn
    evenly between 0 and the smaller of longest_wait and first_wait * 2**(n - 2), so that many clients that were
    refused at once do not come back at once. A vendor's Retry-After counts where it asks for longer.
    clock, rng: time and randomness, for tests to pass in.
    """

    calls: int = 0
    seconds: float = 60.0
    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    clock: Clock = field(default_factory=WallClock)
    rng: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        for name, value, least in (
            ("calls", self.calls, 0),
            ("seconds", self.seconds, 0),
            ("attempts", self.attempts, 1),
            ("first_wait", self.first_wait, 0),
            ("longest_wait", self.longest_wait, 0),
        ):
            if value < least:
                raise InputError(f"Pace: {name} is {value}. Pass {least} or more.")


class Caller:
    """Calls a vendor at the pace that was agreed. Not for use by several threads at once."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._made: deque[float] = deque(maxlen=pace.calls or 1)

    @property
    def clock(self) -> Clock:
        """The clock that the waits are taken on."""
        return self._pace.clock

    def call[T](self, ask: Callable[[], T]) -> T:
        """Calls `ask`, again while it raises a SourceError that says it may pass. Raises the last one."""
        for attempt in range(1, self._pace.attempts + 1):
            self._wait_for_the_limit()
            try:
                return ask()
            except SourceError as error:
                asked = error.retry_after or 0.0
                if not error.may_pass or attempt == self._pace.attempts or asked > _LONGEST_RETRY_AFTER:
                    if attempt > 1:
                        error.add_note(f"It was tried {attempt} times.")
                    raise
                ceiling = min(self._pace.longest_wait, self._pace.first_wait * 2 ** (attempt - 1))
                self._pace.clock.sleep(max(asked, self._pace.rng.uniform(0.0, ceiling)))
        raise InputError("attempts is not above zero")

    def _wait_for_the_limit(self) -> None:
        if not self._pace.calls:
            return
        clock = self._pace.clock
        if len(self._made) == self._pace.calls:
            wait = self._made[0] + self._pace.seconds - clock.monotonic()
            if wait > 0:
                clock.sleep(wait)
        self._made.append(clock.monotonic())
