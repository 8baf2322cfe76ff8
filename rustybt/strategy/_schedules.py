"""Functions that a strategy schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rustybt.calendars import SessionTable
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
