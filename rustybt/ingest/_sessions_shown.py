"""Whose sessions bars show that they belong to, where the calendar that was taken is closed on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from rustybt.calendars import session_table
from rustybt.validation import Finding

EVERY_DAY: Final = "24/7"
EVERY_WEEKDAY: Final = "24/5"
FOUND: Final = {
    EVERY_DAY: f"There are bars on weekends: the calendar was taken to be {EVERY_DAY}.",
    EVERY_WEEKDAY: f"There are bars on every holiday of XNYS: the calendar was taken to be {EVERY_WEEKDAY}.",
}
"""The calendars that bars can show, and what is said of it."""
_WEEKEND: Final = frozenset({5, 6})
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()
_THURSDAY: Final = 3
"""The weekday of 1970-01-01."""
_HOLIDAYS: Final = 3
"""So many holidays with bars are no mistake, where none in between is without."""


def calendar_of(findings: Sequence[object], taken: str) -> str | None:
    """The calendar that rows show which were refused as they lie on no session of the one that was taken, or None.

    Rows on Saturdays and on Sundays are of what trades every day; rows on all weekdays that were taken for holidays are
    of what trades on each weekday, or of days that were made up.
    """
    if taken in FOUND:
        return None
    found = [finding for finding in findings if isinstance(finding, Finding)]
    stamps = [finding.stamp for finding in found if finding.rule == "calendar"]
    days = {stamp.date() if isinstance(stamp, dt.datetime) else stamp for stamp in stamps if stamp is not None}
    weekdays = {day.weekday() for day in days}
    if weekdays >= _WEEKEND:
        return EVERY_DAY
    if len(days) < _HOLIDAYS or weekdays & _WEEKEND:
        return None
    first, last = min(days).toordinal() - _EPOCH, max(days).toordinal() - _EPOCH
    sessions = set(session_table(taken, first - 7, last + 7).days.tolist())
    holidays = {day for day in range(first, last + 1) if day not in sessions and (day + _THURSDAY) % 7 not in _WEEKEND}
    return EVERY_WEEKDAY if holidays == {day.toordinal() - _EPOCH for day in days} else None
