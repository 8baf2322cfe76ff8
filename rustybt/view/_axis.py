"""The moments of a run: its sessions, its bars, and which bar belongs to which session."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from rustybt.core import DAY_NS, MINUTE_NS, date_of
from rustybt.view._steps import Steps

HOOK_LEAD_NS: Final = 45 * MINUTE_NS

type Grid = Callable[[int, int], npt.NDArray[np.int64]]


class Sessions(Protocol):
    """The calendar that the version carries."""

    name: str
    tz: str
    days: npt.NDArray[np.int32]
    opens: npt.NDArray[np.int64]
    closes: npt.NDArray[np.int64]

    @property
    def run_opens(self) -> npt.NDArray[np.int64]: ...
    @property
    def run_closes(self) -> npt.NDArray[np.int64]: ...
    def minute_stamps(self, first: int, last: int) -> npt.NDArray[np.int64]: ...


class Axis:
    """Bars 1 to n of a run; bar 0 is the last one before it.

    grid: for bars within a session, the ends of those of the calendar's sessions first to last, both included; by
    default its minutes. A session need not have any.

    keys: what the catalog stamps a bar with (midnight UTC of the session for daily bars, the bar's end for minutes).
    stamps: when the bar is over, ns UTC; times: the same, to read one by one. first_session, sessions: the run's place
    in the calendar.
    minutes: whether every minute of the calendar is a bar.
    starts: for each session of the run, its first bar; one more at the end. days, opens: the day and the open of each.
    bars_of: for each session the first bar on which a strategy runs, and the bar after the last one.
    run_opens, run_closes: from when and until when a strategy runs in each, ns UTC.
    steps: where a session of the run is a week or month, the sessions within; else None.
    """

    __slots__ = (
        "_grid",
        "_runs",
        "bars_of",
        "calendar",
        "daily",
        "days",
        "first_session",
        "keys",
        "minutes",
        "opens",
        "run_closes",
        "run_opens",
        "sessions",
        "stamps",
        "starts",
        "steps",
        "times",
    )

    def __init__(
        self, calendar: Any, first_session: int, last_session: int, daily: bool, grid: Grid | None = None
    ) -> None:
        self.calendar = calendar
        self._grid: Grid = calendar.minute_stamps if grid is None else grid
        self.daily = daily
        self.first_session = first_session
        self.sessions = last_session - first_session + 1
        window = slice(first_session, last_session + 1)
        self.days: list[int] = calendar.days[window].tolist()
        self.opens: list[int] = calendar.opens[window].tolist()
        self.run_opens: list[int] = calendar.run_opens[window].tolist()
        self.run_closes: list[int] = calendar.run_closes[window].tolist()
        self._runs: list[tuple[int, int]] | None = None
        inner = getattr(calendar, "inner", None)
        self.steps = None if inner is None else Steps(calendar, first_session, self.sessions)
        self.minutes = not daily and grid is None
        if daily:
            keys = calendar.days[window].astype(np.int64) * DAY_NS
            stamps = np.array(self.run_closes, dtype=np.int64)
            self.starts = list(range(1, self.sessions + 2))
        else:
            stamps = keys = np.ascontiguousarray(self._grid(first_session, last_session), dtype=np.int64)
            counts = np.searchsorted(stamps, calendar.closes[window], side="right")
            self.starts = [1, *(counts + 1).tolist()]
            if self.run_closes != calendar.closes[window].tolist() or self.run_opens != calendar.opens[window].tolist():
                firsts = np.searchsorted(stamps, self.run_opens, side="right") + 1
                ends = np.searchsorted(stamps, self.run_closes, side="right") + 1
                self._runs = list(zip(firsts.tolist(), ends.tolist(), strict=True))
        self.bars_of = self._runs or list(pairwise(self.starts))
        before_key, before_stamp = self._before(first_session, daily)
        self.stamps = np.concatenate([np.array([before_stamp], dtype=np.int64), stamps])
        self.keys = np.concatenate([np.array([before_key], dtype=np.int64), keys]) if daily else self.stamps
        self.times = memoryview(self.stamps)

    def _before(self, first_session: int, daily: bool) -> tuple[int, int]:
        calendar = self.calendar
        if first_session:
            stamp = int((calendar.run_closes if daily else calendar.closes)[first_session - 1])
            return (int(calendar.days[first_session - 1]) * DAY_NS if daily else stamp), stamp
        # nothing before the calendar: a moment before its first open, at which no bar can be
        stamp = int(calendar.opens[0]) - MINUTE_NS
        return (int(calendar.days[0]) * DAY_NS - DAY_NS if daily else stamp), stamp

    def day_from(self, bar: int) -> dt.date | None:
        """The first session of the run that has no bar before that one; None where there is none."""
        place = bisect_left(self.starts, bar, hi=self.sessions)
        return date_of(self.days[place]) if place < self.sessions else None

    def runs(self, bar: int) -> bool:
        """Whether a strategy runs on that bar."""
        return self._runs is None or any(first <= bar < end for first, end in self._runs)

    def break_of(self, session: int) -> tuple[int, int] | None:
        """From when until when a session pauses, ns UTC; None where it does not."""
        starts, ends, place = self.calendar.break_starts, self.calendar.break_ends, self.first_session + session
        return None if starts is None or starts[place] == ends[place] else (int(starts[place]), int(ends[place]))

    def close_of(self, day: int) -> int:
        """When the run's last session up to a day is over, ns UTC; 0 where the run begins after it."""
        session = bisect_right(self.days, day) - 1
        return self.run_closes[session] if session >= 0 else 0

    def before_open_stamp(self, session: int) -> int:
        """When before_trading_start is: 45 minutes before the session's bars, but not before what is over by then."""
        return max(self.run_opens[session] - HOOK_LEAD_NS, int(self.stamps[self.starts[session] - 1]))

    def before_open_bar(self, session: int) -> int:
        """The last bar that is over by then: of the session before, where a strategy runs from the open on."""
        if self._runs is None:
            return self.starts[session] - 1
        return int(np.searchsorted(self.stamps, self.before_open_stamp(session), side="right")) - 1

    def ends_of(self, first: int, last: int) -> npt.NDArray[np.int64]:
        """When the daily bars of the calendar's sessions first to last, the last one not included, are over."""
        ends: npt.NDArray[np.int64] = self.calendar.run_closes[first:last]
        return ends

    def first_key(self, session: int) -> int:
        """The smallest key that a bar or an action of a session of the calendar can have."""
        if self.steps is not None:
            return self.steps.first_key(session)
        if self.daily:
            return int(self.calendar.days[session]) * DAY_NS
        return int(self.calendar.opens[session]) + 1

    def action_days(self) -> tuple[npt.NDArray[np.int32], int]:
        """The days on which corporate actions take effect, and the place of the run's first one among them."""
        if self.steps is not None:
            return self.steps.table.days, self.steps.first
        return self.calendar.days, self.first_session

    def action_key(self, place: int) -> int:
        """The smallest key that a bar can have from one of those days on."""
        return self.first_key(place) if self.steps is None else int(self.steps.table.days[place]) * DAY_NS

    def opening(self, session: int) -> int:
        """What `Adjustment.session` is of an action that takes effect with the first bar of a session of the run."""
        return session if self.steps is None else self.steps.of(session)[0]

    def bars_in(self, first: int, last: int) -> int:
        """How many bars the calendar's sessions first to last have, both included."""
        if self.daily:
            return last - first + 1
        return len(self._grid(first, last))

    def key_after(self, first_session: int, count: int) -> int | None:
        """The key of the bar with which so many are over from a session of the calendar on; None beyond its end."""
        last = len(self.calendar.days) - 1
        if self.daily:
            place = first_session + count - 1
            return int(self.calendar.days[place]) * DAY_NS if place <= last else None
        keys = self._grid(first_session, last)
        return int(keys[count - 1]) if count <= len(keys) else None

    def keys_before(self, first_session: int) -> npt.NDArray[np.int64]:
        """The keys of all bars from a session of the calendar up to the run's first bar."""
        if self.daily:
            keys: npt.NDArray[np.int64] = (
                self.calendar.days[first_session : self.first_session].astype(np.int64) * DAY_NS
            )
            return keys
        if first_session >= self.first_session:
            return np.empty(0, dtype=np.int64)
        return self._grid(first_session, self.first_session - 1)
