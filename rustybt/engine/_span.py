"""The sessions of a run: from the dates that were asked for, or the data's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from rustybt.calendars import SessionTable
from rustybt.catalog import Version
from rustybt.core import Frequency, Notes, date_of, day_of, parse_date
from rustybt.errors import InputError, NoData


def span_of(
    data: Version, length: Frequency, calendar: SessionTable, start: Any, end: Any, notes: Notes
) -> tuple[int, int]:
    """The positions of the first and last session in the calendar, which has weeks or months in a run of them.

    start, end: dates, both included; None means the first and the last one that has data. An end after the last bar
    runs on, as far as the calendar goes. Weeks and months end with the last one that the data are whole of. What is
    cut, and what runs on, is noted.
    Raises InputError for an end before the start, NoData for sessions before the first bar and where none is left.
    """
    first_date, last_date = _dates(data, length, start, end)
    first_day, last_day = data.first_day_of(length.name), data.last_day_of(length.name)
    days = calendar.days
    begin = int(days.searchsorted(day_of(first_date), side="left"))
    if begin < days.searchsorted(first_day, side="left") or day_of(first_date) < min(first_day, int(days[0])):
        raise NoData(
            f"{_has(data, length)}: start={first_date} is before them, and {date_of(int(days[begin]))} is a session of "
            f"{calendar.name}. Start on {date_of(first_day)} or later, or leave start out."
        )
    stop = int(days.searchsorted(day_of(last_date), side="right")) - 1
    if length.period in ("week", "month"):
        stop = min(stop, int(days.searchsorted(last_day, side="right")) - 1)
    if stop < begin:
        what = f"whole {length.period} that ends" if length.period in ("week", "month") else "session"
        raise NoData(f"{calendar.name} has no {what} from {first_date} to {last_date}. Choose a longer range.")
    if day_of(last_date) > last_day:
        _note_end(data, length, calendar, stop, last_date, notes)
    return begin, stop


def _dates(data: Version, length: Frequency, start: Any, end: Any) -> tuple[dt.date, dt.date]:
    """What was asked for, or the data's own; they reach into the data."""
    first_day, last_day = data.first_day_of(length.name), data.last_day_of(length.name)
    if first_day > last_day:
        raise NoData(
            f"The data of bundle {data.bundle!r} reach over no whole bar of {length.name!r}. "
            "Choose a shorter frequency."
        )
    first = date_of(first_day) if start is None else parse_date(start, "start")
    last = date_of(last_day) if end is None else parse_date(end, "end")
    if last < first and start is not None and end is not None:
        raise InputError(f"start={first} lies after end={last}. Swap them.")
    if day_of(first) > last_day or day_of(last) < first_day:
        asked = [
            f"{name}={day}" for name, day, given in (("start", first, start), ("end", last, end)) if given is not None
        ]
        raise NoData(f"{_has(data, length)}; {', '.join(asked)} lies outside. Choose dates within.")
    return first, last


def _has(data: Version, length: Frequency) -> str:
    first_day, last_day = data.first_day_of(length.name), data.last_day_of(length.name)
    return f"Bundle {data.bundle!r} has {length.name!r} bars from {date_of(first_day)} to {date_of(last_day)}"


def _note_end(
    data: Version, length: Frequency, calendar: SessionTable, stop: int, asked: dt.date, notes: Notes
) -> None:
    """Notes of an end after the last bar: that the run goes on without bars, and that it ends before it."""
    last_day = data.last_day_of(length.name)
    until, last_bar = date_of(int(calendar.days[stop])), date_of(last_day)
    without = int((calendar.days[: stop + 1] > last_day).sum())
    if without:
        notes.add(
            "runs_on",
            f"The last {length.name!r} bar of bundle {data.bundle!r} is of {last_bar}; the run goes on for {without} "
            f"session{'s' if without > 1 else ''} after it, to {until}: positions keep their last price, and no order "
            "fills. Leave end out to stop with the data.",
            last_bar=last_bar,
            sessions=without,
            end=until,
        )
    whole = length.period in ("week", "month")
    reason = f"the data are whole of no later {length.period}"
    if not whole:
        reason = f"the sessions that are stored with bundle {data.bundle!r} end there"
    asked_for = int(np.searchsorted(calendar.days, day_of(asked), side="right")) - 1
    if asked_for > stop or day_of(asked) > int(calendar.days[-1]):
        notes.add(
            "span_cut",
            f"end={asked} was asked for, and the run ends on {until}: {reason}. Ingest later data to run on.",
            asked=asked,
            end=until,
        )
