"""The sessions of one calendar as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rustybt.core import MINUTE_NS

RUN_WINDOWS: Final = {"us_futures": (12 * 60 + 30, 60)}
"""Calendars on which a strategy does not run from open to close: minutes after the open and before the close.

us_futures is open from 18:00 to 18:00 in New York; as in Zipline, a strategy runs from 06:31 to 17:00."""

type Days = npt.NDArray[np.int32]
type Stamps = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SessionTable:
    """The sessions of one calendar over a span of days, ascending.

    name, tz: the calendar and its time zone, as in "XNYS" and "America/New_York".
    days: the sessions, days since 1970-01-01.
    opens, closes: ns UTC. The first minute bar is stamped one minute after the open, the last one at the close.
    break_starts, break_ends: ns UTC, equal to the close where a session has no break; None where no session has one.
    period: what a session is: a "session" of the exchange, or a whole "week" or "month" of them (see `collapsed`).
    inner: where it is a week or month, the table of the sessions within.
    """

    name: str
    tz: str
    days: Days
    opens: Stamps
    closes: Stamps
    break_starts: Stamps | None = None
    break_ends: Stamps | None = None
    period: str = "session"
    inner: SessionTable | None = None

    @property
    def run_opens(self) -> Stamps:
        """From when on a strategy runs in each session: its open, but for calendars that are open around the clock."""
        return self.opens + RUN_WINDOWS.get(self.name, (0, 0))[0] * MINUTE_NS

    @property
    def run_closes(self) -> Stamps:
        """Until when a strategy runs in each session."""
        return self.closes - RUN_WINDOWS.get(self.name, (0, 0))[1] * MINUTE_NS

    def minute_stamps(self, first: int, last: int) -> Stamps:
        """The ends of all minute bars of the sessions at positions first to last, both included; breaks left out."""
        opens = self.opens[first : last + 1]
        counts = (self.closes[first : last + 1] - opens) // MINUTE_NS
        stamps = _minutes(opens, counts)
        if self.break_starts is None or self.break_ends is None:
            return stamps
        break_starts = np.repeat(self.break_starts[first : last + 1], counts)
        break_ends = np.repeat(self.break_ends[first : last + 1], counts)
        return stamps[~((stamps > break_starts) & (stamps <= break_ends))]

    def bar_ends(self, step_ns: int, first: int, last: int) -> Stamps:
        """The ends of all bars of a length, of the sessions at positions first to last, both included.

        Bars are laid out from the open, and from the end of a break; the last one before a break or the close is as
        short as it must be.
        """
        pieces = []
        for begin, end in self._stretches(first, last):
            counts = -((begin - end) // step_ns)
            places = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
            pieces.append(np.minimum(np.repeat(begin, counts) + (places + 1) * step_ns, np.repeat(end, counts)))
        return pieces[0] if len(pieces) == 1 else np.sort(np.concatenate(pieces))

    def count_bars(self, step_ns: int, first: int, last: int) -> int:
        """How many `bar_ends` there are, without laying them out."""
        return sum(int((-((begin - end) // step_ns)).sum()) for begin, end in self._stretches(first, last))

    def bar_numbers(self, stamps: Stamps, step_ns: int, first: int, last: int) -> npt.NDArray[np.int64]:
        """For each stamp (ns UTC) the place in `bar_ends` of the bar that it lies in, without laying them out."""
        stretches = self._stretches(first, last)
        begins, ends = (np.concatenate(edges) for edges in zip(*stretches, strict=True))
        order = np.argsort(ends, kind="stable")
        begins, ends = begins[order], ends[order]
        before = np.concatenate([[0], np.cumsum(-((begins - ends) // step_ns))])
        at = np.minimum(np.searchsorted(ends, stamps), len(ends) - 1)
        return np.asarray(before[at] - (begins[at] - stamps) // step_ns - 1, dtype=np.int64)

    def _stretches(self, first: int, last: int) -> list[tuple[Stamps, Stamps]]:
        """Opens and closes of the sessions at positions first to last; with breaks, before and after them."""
        opens, closes = self.opens[first : last + 1], self.closes[first : last + 1]
        if self.break_starts is None or self.break_ends is None:
            return [(opens, closes)]
        starts, ends = self.break_starts[first : last + 1], self.break_ends[first : last + 1]
        return [(opens, starts), (np.where(starts == ends, closes, ends), closes)]

    def holds_instants(self, stamps: Stamps) -> npt.NDArray[np.bool_]:
        """For each stamp (ns UTC): can a bar end then? After an open, at or before the close, and not in a break."""
        if not len(self.days):
            return np.zeros(len(stamps), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.closes, stamps), len(self.days) - 1)
        inside = (stamps > self.opens[at]) & (stamps <= self.closes[at])
        if self.break_starts is not None and self.break_ends is not None:
            inside &= ~((stamps > self.break_starts[at]) & (stamps <= self.break_ends[at]))
        return np.asarray(inside)

    def holds_days(self, days: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """For each day since 1970-01-01: is it a session?"""
        if not len(self.days):
            return np.zeros(len(days), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.days, days), len(self.days) - 1)
        return np.asarray(self.days[at] == days)

    def holds_minutes(self, stamps: Stamps) -> npt.NDArray[np.bool_]:
        """For each stamp (ns UTC): is it the end of a minute bar of this calendar?"""
        if not len(self.days):
            return np.zeros(len(stamps), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.closes, stamps), len(self.days) - 1)
        return np.asarray(self.holds_instants(stamps) & ((stamps - self.opens[at]) % MINUTE_NS == 0))

    def session_days_of(self, stamps: Stamps) -> npt.NDArray[np.int64]:
        """The session that each minute stamp belongs to, as days since 1970-01-01; the stamps lie within the table."""
        return self.days[np.searchsorted(self.closes, stamps)].astype(np.int64)

    def overlap(self, starts: Stamps, step_ns: int) -> npt.NDArray[np.bool_]:
        """For each bar of a length that begins at these instants (ns UTC): does any of it lie in the trading hours?"""
        if not len(self.days):
            return np.zeros(len(starts), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.closes, starts, side="right"), len(self.days) - 1)
        ends = starts + step_ns
        inside = (ends > self.opens[at]) & (starts < self.closes[at])
        if self.break_starts is not None and self.break_ends is not None:
            inside &= ~((starts >= self.break_starts[at]) & (ends <= self.break_ends[at]))
        return np.asarray(inside)

    def ends_of(self, starts: Stamps, step_ns: int) -> Stamps:
        """When bars of a length that begin at these instants (ns UTC) end: no later than a break or the close."""
        ends = starts + step_ns
        if not len(self.days):
            return ends
        at = np.minimum(np.searchsorted(self.closes, starts, side="right"), len(self.days) - 1)
        within = (ends > self.opens[at]) & (starts < self.closes[at])
        ends = np.where(within, np.minimum(ends, self.closes[at]), ends)
        if self.break_starts is not None and self.break_ends is not None:
            pause = self.break_starts[at]
            before = within & (starts < pause) & (pause != self.break_ends[at])
            ends = np.where(before, np.minimum(ends, pause), ends)
        return np.asarray(ends)

    def last_days_within(self, days: npt.NDArray[np.int64], period: str) -> npt.NDArray[np.int64]:
        """For each day the last session of the week or month that it lies in; -1 where that has none in the table."""
        own, wanted = _period(self.days.astype(np.int64), period), _period(days, period)
        at = np.searchsorted(own, wanted, side="right") - 1
        found = (at >= 0) & (own[np.maximum(at, 0)] == wanted)
        return np.where(found, self.days[np.maximum(at, 0)].astype(np.int64), -1)

    def last_days_of(self, period: str) -> Days:
        """For each session the last one of its week (from Monday on) or month, as a day since 1970-01-01.

        period: "session" (each is its own), "week" or "month". The table must reach to the end of the last period.
        """
        if period == "session":
            return self.days
        groups = _period(self.days.astype(np.int64), period)
        ends = np.append(np.flatnonzero(np.diff(groups)), len(groups) - 1)
        return np.asarray(self.days[ends[np.searchsorted(ends, np.arange(len(groups)))]])

    def collapsed(self, period: str) -> SessionTable:
        """A table with one long session for each week or month: from its first open to its last close.

        Its days are those of the last sessions. Breaks are left out: nothing is counted within such a session.
        """
        lasts = self.last_days_of(period)
        ends = np.flatnonzero(np.append(np.diff(lasts) != 0, True))
        begins = np.append(0, ends[:-1] + 1)
        days, opens, closes = self.days[ends], self.opens[begins], self.closes[ends]
        return SessionTable(self.name, self.tz, days, opens, closes, period=period, inner=self)

    def day_of_period(self, day: int) -> int:
        """The day by which the table knows what is on a day: itself, or the last session of its week or month."""
        if self.period == "session":
            return day
        label = int(self.last_days_within(np.array([day], dtype=np.int64), self.period)[0])
        return day if label < 0 else label

    def joined_with(self, newer: SessionTable, first_day: int, last_day: int) -> SessionTable:
        """This table from first_day to last_day, and `newer` before and after it.

        What data was stored under stays as it was then; a newer calendar library decides the rest.
        """
        old = (self.days >= first_day) & (self.days <= last_day)
        before, after = newer.days < first_day, newer.days > last_day

        def join(mine: Stamps, its: Stamps) -> Stamps:
            return np.concatenate((its[before], mine[old], its[after]))

        has_breaks = self.break_starts is not None or newer.break_starts is not None
        return SessionTable(
            name=self.name,
            tz=self.tz,
            days=np.concatenate((newer.days[before], self.days[old], newer.days[after])),
            opens=join(self.opens, newer.opens),
            closes=join(self.closes, newer.closes),
            break_starts=join(self._breaks()[0], newer._breaks()[0]) if has_breaks else None,
            break_ends=join(self._breaks()[1], newer._breaks()[1]) if has_breaks else None,
        ).without_idle_breaks()

    def between(self, first_day: int, last_day: int) -> SessionTable:
        """The sessions from first_day to last_day, both included; its break columns are None where none has a break."""
        kept = (self.days >= first_day) & (self.days <= last_day)
        columns = (self.opens, self.closes, self.break_starts, self.break_ends)
        cut = [None if column is None else column[kept] for column in columns]
        return SessionTable(self.name, self.tz, self.days[kept], *cut).without_idle_breaks()  # type: ignore[arg-type]

    def without_idle_breaks(self) -> SessionTable:
        """The same table; its break columns are None where no session of it has a break."""
        if self.break_starts is None or bool((self.break_starts != self.break_ends).any()):
            return self
        return SessionTable(self.name, self.tz, self.days, self.opens, self.closes)

    def _breaks(self) -> tuple[Stamps, Stamps]:
        if self.break_starts is None or self.break_ends is None:
            return self.closes, self.closes
        return self.break_starts, self.break_ends


def _minutes(opens: Stamps, counts: npt.NDArray[np.int64]) -> Stamps:
    """So many ends of minutes after each open. A running sum of steps: of a year's minutes in a twentieth of the time
    that repeating each open takes."""
    some = counts > 0
    opens, counts = opens[some], counts[some]
    if not len(opens):
        return np.empty(0, dtype=np.int64)
    ends = np.cumsum(counts)
    steps: Stamps = np.full(int(ends[-1]), MINUTE_NS, dtype=np.int64)
    steps[0] += opens[0]
    steps[ends[:-1]] += opens[1:] - (opens[:-1] + counts[:-1] * MINUTE_NS)
    return np.cumsum(steps, out=steps)


def _period(days: npt.NDArray[np.int64], period: str) -> npt.NDArray[np.int64]:
    """A number for the week (from Monday on) or month that each day lies in."""
    if period == "week":
        return (days + 3) // 7  # 1970-01-01 was a Thursday
    months: npt.NDArray[np.int64] = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months
