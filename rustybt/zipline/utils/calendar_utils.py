"""Trading calendars, as zipline.utils.calendar_utils gives them."""

from __future__ import annotations

from typing import Any

from rustybt.calendars import library_calendar

__all__ = ["get_calendar"]


def get_calendar(name: str) -> Any:
    """The calendar of that name or alias, from exchange_calendars: sessions, opens and closes as pandas has them.

    "us_futures", which the library no longer has under that name, is its CMES. Raises InputError for an unknown name.
    """
    return library_calendar(name)
