"""The bars of a run from the sessions that it has."""

from __future__ import annotations

from rustybt.calendars import SessionTable
from rustybt.catalog import Version
from rustybt.core import Frequency
from rustybt.view import Axis, grid_within


def axis_between(data: Version, calendar: SessionTable, length: Frequency, begin: int, stop: int) -> Axis:
    """The bars of the sessions of a calendar from one position to another, both included."""
    return Axis(calendar, begin, stop, length.by_session, grid_within(data, calendar, length))
