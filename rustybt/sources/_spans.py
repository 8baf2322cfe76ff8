"""The days of a range that are kept already, and those that are missing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import polars as pl

from rustybt.core import DAY_NS, NS, CachedBars, Frequency, day_of
from rustybt.sources._source import Window, local_date, midnight

_EVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Span:
    """Days to ask for, both included, in the source's zone. last None: until now."""

    first: dt.date
    last: dt.date | None

    def __str__(self) -> str:
        return f"{self.first}_{self.last or 'now'}"


@dataclass(frozen=True, slots=True)
class Rules:
    """When what is kept counts.

    overlap: so many bars at the edge of what is kept are fetched again, and compared.
    settle: what ended less than that before it was fetched is fetched again, as vendors still correct it.
    fresh: for that long after a fetch until now nothing is asked again.
    """

    overlap: int
    settle: dt.timedelta
    fresh: dt.timedelta

    def settled_until(self, kept: CachedBars, frequency: Frequency) -> int:
        """Bars that begin before this moment are not expected to change. UTC nanoseconds."""
        return min(kept.end_ns, kept.as_of_ns - int(self.settle.total_seconds()) * NS - frequency.span_ns)

    def covered_until(self, kept: CachedBars, frequency: Frequency, now: int) -> int:
        """Bars that begin before this moment need not be asked for."""
        fresh = min(self.fresh.total_seconds() * NS, frequency.span_ns)
        if 0 <= now - kept.as_of_ns < fresh:
            return _EVER if kept.end_ns >= kept.as_of_ns else kept.end_ns
        return self.settled_until(kept, frequency)


def missing(kept: CachedBars, window: Window, now: int, rules: Rules, *, last: dt.date | None) -> list[Span] | None:
    """The days to fetch beside what is kept, no span where all is there; None where it is of no use.

    last: the last day to ask for, None for until now.
    """
    edge = rules.covered_until(kept, window.frequency, now)
    if not _can_be_joined(window.frequency):
        return [] if window.start_ns == kept.start_ns and window.end_ns <= edge else None
    if kept.start_ns > window.end_ns or edge < window.start_ns:
        return None
    settled = days_of(within(kept.bars, kept.start_ns, rules.settled_until(kept, window.frequency), window.tz), window)
    spans = []
    if window.start_ns < kept.start_ns:
        if not len(settled):
            return None
        spans.append(Span(window.first_date, settled[: rules.overlap][-1]))
    if window.end_ns > edge:
        if not len(settled):
            return None
        spans.append(Span(settled[-rules.overlap :][0], last))
    return spans


def _can_be_joined(frequency: Frequency) -> bool:
    """Bars of some days begin where the range that was asked for begins, at some vendors: such are no pieces."""
    return frequency.step_ns is not None or str(frequency) == "1d"


def days_of(bars: pl.DataFrame, window: Window) -> pl.Series:
    """The days of bars in the source's zone."""
    if window.frequency.by_session:
        return bars["date"]
    return bars["timestamp"].dt.convert_time_zone(window.tz).dt.date()


def within(bars: pl.DataFrame, start_ns: int, end_ns: int, tz: str) -> pl.DataFrame:
    """The bars that begin from start_ns on and before end_ns (UTC). A day begins at midnight of the zone."""
    name = bars.columns[1]
    low, high = start_ns, min(end_ns, _EVER)
    if name == "date":
        low, high = _day_at(low, tz), _day_at(high, tz)
    stamps = bars[name].to_physical()
    first, beyond = (int(stamps.search_sorted(edge, side="left")) for edge in (low, high))
    return bars if first == 0 and beyond == len(stamps) else bars.slice(first, max(beyond - first, 0))


def _day_at(ns: int, tz: str) -> int:
    """The first day that begins at this moment or later, as days since 1970-01-01."""
    day = local_date(ns, tz)
    return day_of(day) + (midnight(day, tz) < ns)


def range_of(span: Span, tz: str, now: int) -> tuple[int, int]:
    """Start and end of days in UTC nanoseconds, the end not after now."""
    if span.last is None:
        return midnight(span.first, tz), now
    return midnight(span.first, tz), min(midnight(span.last + dt.timedelta(days=1), tz), now)


def settle_time(frequency: Frequency) -> dt.timedelta:
    """How long vendors correct: a day bars of minutes, three days bars of days."""
    return dt.timedelta(seconds=(1 if frequency.step_ns is not None else 3) * DAY_NS // NS)
