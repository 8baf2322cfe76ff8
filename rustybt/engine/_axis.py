"""The bars of a run from the sessions that it has."""

from __future__ import annotations

import functools
from typing import Any

from rustybt.calendars import SessionTable
from rustybt.catalog import Version
from rustybt.core import Frequency
from rustybt.view import Axis


def axis_between(data: Version, calendar: SessionTable, length: Frequency, begin: int, stop: int) -> Axis:
    """The bars of the sessions of a calendar from one position to another, both included."""
    stored = data.source_of(length.name) == length.name
    return Axis(calendar, begin, stop, length.by_session, _grid(data, calendar, length, stored=stored))


def _grid(data: Version, calendar: SessionTable, length: Frequency, *, stored: bool) -> Any:
    """What bars within a session there are: every minute; at the frequency of stored bars those that some asset has,
    wherever the vendor put them; else as they are laid out from the open."""
    if length.step_ns is None or length.name == "1m":
        return None
    if not stored:
        return functools.partial(calendar.bar_ends, length.step_ns)

    def moments(first: int, last: int) -> Any:
        stamps = data.stamps(length.name, int(calendar.opens[first]) + 1, int(calendar.closes[last]))
        return stamps[calendar.holds_instants(stamps)]

    return moments
