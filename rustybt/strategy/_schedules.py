"""Functions that a strategy schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rustybt.calendars import SessionTable
from rustybt.errors import BadSchedule
from rustybt.strategy._rules import DateRule, TimeRule


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function and when it runs.

    index: its place among the run's schedules. calendar: the sessions that its rules mean; None for the run's own.
    """

    index: int
    function: Callable[[Any, Any], Any]
    date_rule: DateRule
    time_rule: TimeRule
    half_days: bool
    calendar: SessionTable | None = None


def _not_yet(_: Schedule) -> None:
    """Before the run has a timetable nothing is due."""


class Schedules:
    """The schedules of a run, in the order of their registration. on_added: called with each that is added."""

    __slots__ = ("_all", "on_added")

    def __init__(self) -> None:
        self._all: list[Schedule] = []
        self.on_added: Callable[[Schedule], None] = _not_yet

    def add(self, schedule: Schedule) -> None:
        """Registers one."""
        self._all.append(schedule)
        self.on_added(schedule)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Schedule]:
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
