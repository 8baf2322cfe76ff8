"""Trading calendars, as zipline.utils.calendar_utils gives them."""

from __future__ import annotations

from typing import Any

from rustybt.calendars import library_calendar

__all__ = ["get_calendar"]

US = ("XNYS", "NYSE", "CMES", "us_futures")
FIRST_DATE = "1990-01-01"


def get_calendar(name: str) -> Any:
    """The calendar of that name or alias, from exchange_calendars: sessions, opens and closes as pandas has them.

    Those of the United States begin in 1990. Raises InputError for an unknown name.
    """
    return library_calendar(name, FIRST_DATE if name in US else None)
