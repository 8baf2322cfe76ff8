"""What an ingestion was not told: how long bars are, and whose sessions they belong to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rustybt.calendars import session_table
from rustybt.catalog import open_version
from rustybt.core import frequency_named
from rustybt.errors import BadBars, BundleNotFound
from rustybt.ingest._asked import Asked, by_frequency
from rustybt.ingest._spacing import LongerBars
from rustybt.ingest._write import ADDS, Request
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


def with_guesses[Result](given: Asked, root: Path, done: Callable[[Request, bool], Result]) -> tuple[Result, list[str]]:
    """What is done with the length of bars and the calendar that were told, or found out; and what is said of these.

    Those that were not told are those of the bundle that is added to, else what the bars say. done: gets the request,
    and whether the length was told; else it raises LongerBars where days are weeks or months.
    """
    frequency, calendar = given.frequency, given.calendar
    if given.request.mode in ADDS and None in (frequency, calendar):
        stored = _stored(given.request.bundle, root)
        frequency, calendar = frequency or stored[0], calendar or stored[1]
    request = replace(
        given.request, frequency=frequency or given.request.frequency, calendar=calendar or given.request.calendar
    )
    by_length = by_frequency(request, given.bars)
    length_told = frequency is not None or by_length[0][1] is not given.bars  # a mapping says it itself
    notes: list[str] = []
    while True:
        try:
            return done(request, length_told), notes
        except LongerBars as found:
            notes.append(found.note)
            request, length_told = replace(request, frequency=found.frequency), True
        except BadBars as error:
            found_calendar = None if calendar is not None else calendar_of(error.findings, request.calendar)
            if found_calendar is None:
                raise
            notes.append(FOUND[found_calendar])
            request = replace(request, calendar=found_calendar)


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


def _stored(bundle: str, root: Path) -> tuple[str | None, str | None]:
    """Length of bars and calendar of a bundle; no length where it has several, or bars within sessions."""
    try:
        with open_version(bundle, root=root) as version:
            lengths: Sequence[str] = version.frequencies
            sole = lengths[0] if len(lengths) == 1 and frequency_named(lengths[0]).by_session else None
            return sole, version.calendar.name
    except BundleNotFound:
        return None, None
