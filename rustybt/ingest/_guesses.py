"""Guesses at what an ingestion was not told: how long bars are, and whose sessions they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rustybt.catalog import open_version
from rustybt.core import frequency_named
from rustybt.errors import BadBars, BundleNotFound
from rustybt.ingest._asked import Asked, by_frequency
from rustybt.ingest._sessions_shown import FOUND, calendar_of
from rustybt.ingest._spacing import LongerBars
from rustybt.ingest._write import ADDS, IngestRequest


def with_guesses[Result](
    given: Asked, root: Path, done: Callable[[IngestRequest, bool], Result]
) -> tuple[Result, list[str]]:
    """Ingests with the length of bars and the calendar that were told, or guessed; the outcome, and notes on guesses.

    Those that were not told are those of the bundle that is added to, else what the bars say. done: gets the request,
    and whether the length was told; else it raises LongerBars where days are weeks or months.
    """
    frequency, calendar = given.frequency, given.calendar
    if given.request.mode in ADDS and None in (frequency, calendar):
        stored = _stored(given.request.bundle, root)
        frequency, calendar = frequency or stored[0], calendar or stored[1]
    request = replace(
        given.request,
        frequency=frequency or given.request.frequency,
        calendar=calendar or given.request.calendar,
        calendar_told=calendar is not None,
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


def _stored(bundle: str, root: Path) -> tuple[str | None, str | None]:
    """Length of bars and calendar of a bundle; no length where it has several, or bars within sessions."""
    try:
        with open_version(bundle, root=root) as version:
            lengths: Sequence[str] = version.frequencies
            sole = lengths[0] if len(lengths) == 1 and frequency_named(lengths[0]).by_session else None
            return sole, version.calendar.name
    except BundleNotFound:
        return None, None
