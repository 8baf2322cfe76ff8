"""Which scheduled functions run at which bar of a session."""

from __future__ import annotations

from typing import Any

from rustybt.engine._compat import Compat
from rustybt.strategy import Schedule, bar_beside_break, bar_of, bars_elsewhere, half_days, once_in_24_hours
from rustybt.view import Axis


class Plan:
    """A schedule on the run's axis.

    sessions: the positions in its calendar at which its date rule holds. Of the run's sessions so far: wanted, how many
    of them it holds on; placed, in how many of those it has a bar; moved, in how many its time lies in a break.
    """

    __slots__ = ("_last", "moved", "placed", "schedule", "sessions", "wanted")

    def __init__(self, schedule: Schedule, sessions: set[int]) -> None:
        self.schedule = schedule
        self.sessions = sessions
        self.wanted = self.placed = self.moved = 0
        self._last = -1

    def count(self, session: int, *, placed: bool, moved: bool = False) -> None:
        """Counts a session of the run on which the date rule holds, once."""
        if session != self._last:
            self._last = session
            self.wanted += 1
            self.placed += placed
            self.moved += moved


class Timetable:
    """The schedules of a run, placed on its axis, by the run's calendar or each by its own. plans: each of them."""

    __slots__ = ("_axis", "_compat", "plans")

    def __init__(self, axis: Axis, compat: Compat) -> None:
        self._axis = axis
        self._compat = compat
        self.plans: list[Plan] = []

    def add(self, schedules: list[Schedule]) -> None:
        """Takes in the schedules that are new in the run's list."""
        self.plans += [Plan(schedule, self._sessions_of(schedule)) for schedule in schedules[len(self.plans) :]]

    def of(self, session: int) -> tuple[list[Schedule], dict[int, list[Schedule]]]:
        """What is scheduled for a session of the run: with every bar, and by bar."""
        axis = self._axis
        every: list[Schedule] = []
        at_bar: dict[int, list[Schedule]] = {}
        position = axis.first_session + session
        for plan in self.plans:
            schedule = plan.schedule
            each = schedule.time_rule.anchor == "every" and not axis.daily and not self._compat.every_minute_once
            if schedule.calendar is not None:
                bars = bars_elsewhere(schedule.time_rule, schedule.calendar, plan.sessions, axis, session, each=each)
                plan.count(session, placed=bool(bars))
                for bar in bars:
                    at_bar.setdefault(bar, []).append(schedule)
            elif position in plan.sessions:
                if each:
                    plan.count(session, placed=True)
                    every.append(schedule)
                else:
                    at = self._bar(plan, session)
                    if at is not None:
                        at_bar.setdefault(at, []).append(schedule)
        return every, at_bar

    def _bar(self, plan: Plan, session: int) -> int | None:
        rule = plan.schedule.time_rule
        at = bar_of(rule, self._axis, session)
        moved = at is None and self._axis.minutes
        if moved:
            at = bar_beside_break(rule, self._axis, session)
        plan.count(session, placed=at is not None, moved=moved and at is not None)
        return at

    def _sessions_of(self, schedule: Schedule) -> set[int]:
        """The positions in its calendar of the sessions at which a schedule's date rule holds."""
        own = schedule.calendar
        calendar: Any = self._axis.calendar if own is None else own
        held = schedule.date_rule.sessions(calendar)
        if not schedule.half_days:
            held -= half_days(calendar)
        if own is None and self._axis.daily and self._compat.skip_half_days:
            held = once_in_24_hours(self._axis, held)
        return held


def due(every: list[Schedule], at_bar: dict[int, list[Schedule]], bar: int) -> list[Schedule]:
    """What runs with a bar, in the order of registration."""
    now = at_bar.get(bar)
    if now is None:
        return every
    return sorted([*every, *now], key=lambda schedule: schedule.index) if every else now
