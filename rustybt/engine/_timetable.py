"""Which scheduled functions run at which bar of a session."""

from __future__ import annotations

from typing import Any

from rustybt.engine._compat import Compat
from rustybt.strategy import Schedule, bar_of, bars_elsewhere, half_days, once_in_24_hours
from rustybt.view import Axis


class Timetable:
    """The schedules of a run, placed on its axis, by the run's calendar or each by its own."""

    __slots__ = ("_axis", "_compat", "_plans")

    def __init__(self, axis: Axis, compat: Compat) -> None:
        self._axis = axis
        self._compat = compat
        self._plans: list[tuple[Schedule, set[int]]] = []

    def add(self, schedules: list[Schedule]) -> None:
        """Takes in the schedules that are new in the run's list."""
        self._plans += [(schedule, self._sessions_of(schedule)) for schedule in schedules[len(self._plans) :]]

    def of(self, session: int) -> tuple[list[Schedule], dict[int, list[Schedule]]]:
        """What is scheduled for a session of the run: with every bar, and by bar."""
        axis = self._axis
        every: list[Schedule] = []
        at_bar: dict[int, list[Schedule]] = {}
        position = axis.first_session + session
        for schedule, sessions in self._plans:
            each = schedule.time_rule.anchor == "every" and not axis.daily and not self._compat.every_minute_once
            if schedule.calendar is not None:
                bars = bars_elsewhere(schedule.time_rule, schedule.calendar, sessions, axis, session, each=each)
                for bar in bars:
                    at_bar.setdefault(bar, []).append(schedule)
            elif position in sessions:
                if each:
                    every.append(schedule)
                else:
                    at = bar_of(schedule.time_rule, axis, session)
                    if at is not None:
                        at_bar.setdefault(at, []).append(schedule)
        return every, at_bar

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
