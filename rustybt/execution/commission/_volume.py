"""How much was traded in a window of time, which says in which tier a trade falls."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rustybt.core import date_of, day_of
from rustybt.errors import InputError
from rustybt.execution.commission._reading import Where

HOUR_NS: Final = 3_600 * 10**9
DAY_NS: Final = 24 * HOUR_NS
ZERO: Final = Fraction(0)


class Traded:
    """The volume of fills, in the order in which they came.

    Three lists side by side: the stamp of each fill, its day, and the volume of all up to it.
    """

    __slots__ = ("_days", "_stamps", "_sums")

    def __init__(self) -> None:
        self._stamps: list[int] = []
        self._days: list[int] = []
        self._sums: list[Fraction] = [ZERO]

    def add(self, stamp: int, day: int, volume: Fraction) -> None:
        """One more fill."""
        self._stamps.append(stamp)
        self._days.append(day)
        self._sums.append(self._sums[-1] + volume)

    def of_month(self, day: int, until: int | None) -> Fraction:
        """The volume of the calendar month of a day, up to a stamp."""
        first = day_of(date_of(day).replace(day=1))
        return self._between(bisect_left(self._days, first), until)

    def since(self, stamp: int, until: int | None) -> Fraction:
        """The volume after a stamp, up to another."""
        return self._between(bisect_right(self._stamps, stamp), until)

    def _between(self, first: int, until: int | None) -> Fraction:
        last = len(self._stamps) if until is None else bisect_right(self._stamps, until)
        return self._sums[last] - self._sums[first] if last > first else ZERO


@dataclass(frozen=True, slots=True)
class Window:
    """A window of time, and when it is looked at.

    days: of a rolling window; None for the calendar month, by the exchange's own dates. every: ns between two
    evaluations; None where each trade counts at once. offset: of the evaluations, from midnight UTC. lag: ns from an
    evaluation until what it found is in force.
    """

    days: int | None
    every: int | None = None
    offset: int = 0
    lag: int = 0

    def volume(self, traded: Traded, stamp: int, day: int, *, filled: bool) -> Fraction:
        """The volume that counts at a stamp. filled: it ends the bar of a fill, so that what is evaluated at that very
        stamp comes later."""
        until = None if filled else stamp
        if self.every is not None:
            at = stamp - self.lag - self.offset - (1 if filled else 0)
            until = at - at % self.every + self.offset
        if self.days is None:
            return traded.of_month(day, until)
        return traded.since((stamp if until is None else until) - self.days * DAY_NS, until)


def window_from(window: object, evaluated: object, where: Where) -> Window:
    """The window that a schedule names. Raises InputError."""
    every, offset, lag = _evaluation(evaluated, where)
    if window == "calendar_month":
        return Window(None, every, offset, lag)
    found = re.fullmatch(r"days=([1-9]\d{0,3})", window) if isinstance(window, str) else None
    if found is None:
        raise InputError(f"{where('window')} is {window!r}: write 'calendar_month', or 'days=30' for the last 30 days.")
    return Window(int(found[1]), every, offset, lag)


def _evaluation(evaluated: object, where: Where) -> tuple[int | None, int, int]:
    if evaluated in ("continuously", None):
        return None, 0, 0
    if evaluated == "hourly":
        return HOUR_NS, 0, 0
    pattern = r"daily at (\d\d):(\d\d)(?:, in force at (\d\d):(\d\d))?"
    found = re.fullmatch(pattern, evaluated) if isinstance(evaluated, str) else None
    times = [] if found is None else [int(part) for part in found.groups() if part is not None]
    if not times or max(times[::2]) > 23 or max(times[1::2]) > 59:
        raise InputError(
            f"{where('evaluated')} is {evaluated!r}: write 'continuously', 'hourly', 'daily at 07:00', in UTC, or "
            "'daily at 00:00, in force at 01:00'."
        )
    at, *later = [(hours * 60 + minutes) * 60 * 10**9 for hours, minutes in zip(times[::2], times[1::2], strict=True)]
    return DAY_NS, at, (later[0] - at) % DAY_NS if later else 0
