"""How far around its data a version carries its calendar, and which of that its hash covers.

Both follow from the data alone, so that pieces appended one by one come to the same table as all at once.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from rustybt.core import date_of, day_of

LAST_YEAR: Final = 2262
"""The last of which ns UTC hold more than January."""


def stored_span(first_day: int, last_day: int) -> tuple[int, int]:
    """First and last day of the calendar that is stored with data from first_day to last_day.

    From December 1 of the year before to January 31 of the second year after: rules such as "last session of the month"
    ask beyond the data, and a run may go on after its last bar for a year at least.
    """
    first, _ = hashed_span(first_day, last_day)
    return first, day_of(dt.date(min(date_of(last_day).year + 2, LAST_YEAR), 1, 31))


def hashed_span(first_day: int, last_day: int) -> tuple[int, int]:
    """First and last day of the part of it that the hash of the version covers: up to January 31 of the year after.

    The sessions that a run may go on for are no part of it: they say nothing of the data, and a calendar library
    changes what it foresees.
    """
    first, last = date_of(first_day), date_of(last_day)
    return day_of(first.replace(year=first.year - 1, month=12, day=1)), day_of(
        last.replace(year=last.year + 1, month=1, day=31)
    )
