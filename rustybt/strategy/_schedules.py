"""Functions that a strategy schedules, and all that it has called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rustybt.calendars import SessionTable
from rustybt.errors import BadSchedule
from rustybt.strategy._events import Crossing, Event, Interval, Occurrence, Threshold, Watch
from rustybt.strategy._rules import DateRule, TimeRule


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function and when it runs.

    index: its place among all that the run has registered. calendar: the sessions that its rules mean; None for the
    run's own. priority: of what is due at one moment, the smaller one is called first.
    """

    index: int
    function: Callable[[Any, Any], Any]
    date_rule: DateRule
    time_rule: TimeRule
    half_days: bool
    calendar: SessionTable | None = None
    priority: int = 0


type Registered = Schedule | Interval | Threshold | Watch | Occurrence | Crossing


def _not_yet(_: Registered) -> None:
    """Before the run has a timetable nothing is due."""


class Schedules:
    """The functions that a strategy has called, in the order of their registration: schedules and events.

    on_added: called with each that is added.
    """

    __slots__ = ("_all", "on_added")

    def __init__(self) -> None:
        self._all: list[Registered] = []
        self.on_added: Callable[[Registered], None] = _not_yet

    def add(self, registered: Registered) -> None:
        """Registers one."""
        self._all.append(registered)
        self.on_added(registered)

    @property
    def events(self) -> list[Event]:
        """Those that are no schedules."""
        return [one for one in self._all if isinstance(one, Event)]

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Registered]:
        return iter(self._all)


def check_schedule(function: Any, date: Any, time: Any) -> None:
    """Raises BadSchedule where what `schedule_function` was given is no function and two rules, saying which."""
    if not callable(function) or _is_rule(function):
        what = _name_of(function)
        raise BadSchedule(
            f"schedule_function({what}): the first is the function to call, itself: schedule_function(rebalance, "
            "date_rules.month_start(), time_rules.market_open())."
        )
    for name, kind, rule, example in (
        ("date_rule", DateRule, date, "date_rules.month_start()"),
        ("time_rule", TimeRule, time, "time_rules.market_open(minutes=30)"),
    ):
        if not isinstance(rule, kind):
            called = _is_rule(rule) and not isinstance(rule, DateRule | TimeRule)
            hint = f"Call it: {_name_of(rule)}()." if called else f"Pass one like {example}."
            raise BadSchedule(f"schedule_function: {name}={_name_of(rule)} is no rule of {name}s. {hint}")


def _is_rule(value: Any) -> bool:
    """A rule, or the method that makes one."""
    return isinstance(value, DateRule | TimeRule) or _name_of(value).startswith(("date_rules.", "time_rules."))


def _name_of(value: Any) -> str:
    return getattr(value, "__qualname__", None) or repr(value)
