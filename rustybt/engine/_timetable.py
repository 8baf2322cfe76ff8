"""Which scheduled functions run at which bar of a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakMethod

from rustybt.core import Phase
from rustybt.engine._agenda import Agenda
from rustybt.engine._compat import Compat
from rustybt.engine._events import Events
from rustybt.strategy import Registered, Schedule, bar_beside_break, bar_of, bars_elsewhere, half_days, once_in_24_hours
from rustybt.view import Axis, MarketView


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

    @property
    def counted(self) -> tuple[int, int, int, int]:
        """How many sessions, and up to which one, as plain values."""
        return self.wanted, self.placed, self.moved, self._last

    @counted.setter
    def counted(self, counted: tuple[int, int, int, int]) -> None:
        self.wanted, self.placed, self.moved, self._last = counted

    def count(self, session: int, *, placed: bool, moved: bool = False) -> None:
        """Counts a session of the run on which the date rule holds, once."""
        if session != self._last:
            self._last = session
            self.wanted += 1
            self.placed += placed
            self.moved += moved


class Timetable:
    """The schedules of a run, placed on its agenda session by session, by the run's calendar or each by its own.

    plans: each of them. events: what else the strategy has called.
    """

    __slots__ = ("__weakref__", "_agenda", "_axis", "_compat", "_session", "events", "plans")

    def __init__(self, market: MarketView, compat: Compat, agenda: Agenda) -> None:
        self._axis: Axis = market.axis
        self._compat = compat
        self._agenda = agenda
        self.events = Events(market, agenda)
        self._session: int | None = None
        self.plans: list[Plan] = []

    def listener(self) -> Callable[[Registered], None]:
        """A function that adds what is registered, and does not keep the timetable alive."""
        weak = WeakMethod(self.add)

        def listen(registered: Registered) -> None:
            add = weak()
            if add is not None:
                add(registered)

        return listen

    def add(self, registered: Registered) -> None:
        """Takes in a schedule or an event; of the session under way, what is left of it."""
        if not isinstance(registered, Schedule):
            self.events.add(registered, self._session)
            return
        plan = Plan(registered, self._sessions_of(registered))
        self.plans.append(plan)
        if self._session is not None:
            self._place(plan, self._session)

    def state(self) -> list[tuple[int, int, int, int]]:
        """What was counted of each schedule, as plain values."""
        return [plan.counted for plan in self.plans]

    def restore(self, state: Sequence[tuple[int, int, int, int]], session: int | None) -> None:
        """Takes over what `state` gave, of the same schedules. session: the one that is under way."""
        if session is not None:
            self._open(session)
        for plan, counted in zip(self.plans, state, strict=True):
            plan.counted = counted

    def open(self, session: int) -> None:
        """Places all schedules and intervals on the moments of a session of the run."""
        self._open(session)
        self.events.open(session)

    def _open(self, session: int) -> None:
        self._session = session
        place = self._axis.first_session + session
        for plan in self.plans:
            if place in plan.sessions or plan.schedule.calendar is not None:
                self._place(plan, session)

    def close(self) -> None:
        """The session is over."""
        self._session = None

    def _place(self, plan: Plan, session: int) -> None:
        axis, schedule = self._axis, plan.schedule
        if schedule.calendar is None and axis.first_session + session not in plan.sessions:
            return
        each = schedule.time_rule.anchor == "every" and not axis.daily and not self._compat.every_minute_once
        bars: list[int] = []
        if schedule.calendar is not None:
            bars = bars_elsewhere(schedule.time_rule, schedule.calendar, plan.sessions, axis, session, each=each)
            plan.count(session, placed=bool(bars))
        elif each:
            plan.count(session, placed=True)
            self._agenda.every(
                Phase.SCHEDULED,
                schedule.function,
                end=axis.bars_of[session][1],
                priority=schedule.priority,
                number=schedule.index,
            )
        else:
            at = self._bar(plan, session)
            bars = [] if at is None else [at]
        for bar in bars:
            self._agenda.at(bar, Phase.SCHEDULED, schedule.function, priority=schedule.priority, number=schedule.index)

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
