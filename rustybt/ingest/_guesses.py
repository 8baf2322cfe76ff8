"""What an ingestion was not told: how long bars are, and whose sessions they belong to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.catalog import DAILY, open_version
from rustybt.core import frequency_named
from rustybt.errors import BadBars, BundleNotFound
from rustybt.files import given_items
from rustybt.ingest._report import IngestReport
from rustybt.ingest._spacing import LongerBars
from rustybt.ingest._write import ADDS, Request
from rustybt.validation import Finding

DEFAULT_CALENDAR: Final = "XNYS"
EVERY_DAY: Final = "24/7"
WEEKENDS: Final = f"There are bars on weekends: the calendar was taken to be {EVERY_DAY}."
_WEEKEND: Final = frozenset({5, 6})


def readable_twice(bars: Any) -> Any:
    """The bars, as something that can be read again."""
    known = isinstance(bars, str | Path | list | tuple | Mapping | pl.DataFrame | pl.LazyFrame)
    if known or type(bars).__module__.partition(".")[0] == "pandas" or not hasattr(bars, "__arrow_c_stream__"):
        return bars
    return given_items(bars, "bars")


def with_guesses(
    request: Request,
    frequency: str | None,
    calendar: str | None,
    root: Path,
    ingested: Callable[[Request, bool], IngestReport],
) -> IngestReport:
    """The report of an ingestion, and what was found out for it among its notes.

    request: its frequency and calendar do not count. frequency, calendar: as told; None of those is that of the bundle
    that is added to, else what the bars say. ingested: does it; the flag asks for LongerBars where days are weeks or
    months.
    """
    stored = (
        _stored(request.bundle, root)
        if request.mode in ADDS and (frequency is None or calendar is None)
        else (None, None)
    )
    frequency, calendar = frequency or stored[0], calendar or stored[1]
    asked = replace(request, frequency=frequency or DAILY, calendar=calendar or DEFAULT_CALENDAR)
    finds_length = frequency is None
    notes: list[str] = []
    while True:
        try:
            report = ingested(asked, finds_length)
        except LongerBars as found:
            notes.append(found.note)
            asked, finds_length = replace(asked, frequency=found.frequency), False
        except BadBars as error:
            if calendar is not None or asked.calendar == EVERY_DAY or not on_weekends(error):
                raise
            notes.append(WEEKENDS)
            asked = replace(asked, calendar=EVERY_DAY)
        else:
            return replace(report, notes=(*notes, *report.notes)) if notes else report


def on_weekends(error: BadBars) -> bool:
    """Whether rows were refused as they lie on Saturdays and on Sundays, as those of what trades every day do."""
    found = [finding for finding in error.findings if isinstance(finding, Finding)]
    stamps = [finding.stamp for finding in found if finding.rule == "calendar"]
    days = {stamp.date() if isinstance(stamp, dt.datetime) else stamp for stamp in stamps if stamp is not None}
    return {day.weekday() for day in days} >= _WEEKEND


def _stored(bundle: str, root: Path) -> tuple[str | None, str | None]:
    """Length of bars and calendar of a bundle; no length where it has several, or bars within sessions."""
    try:
        with open_version(bundle, root=root) as version:
            lengths: Sequence[str] = version.frequencies
            sole = lengths[0] if len(lengths) == 1 and frequency_named(lengths[0]).by_session else None
            return sole, version.calendar.name
    except BundleNotFound:
        return None, None
