"""The week in which currencies trade: from Sunday 17:00 to Friday 17:00 in New York, without holidays."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from rustybt.calendars._session_table import SessionTable, Stamps
from rustybt.core import NS, date_of

CURRENCY_WEEK: Final = "24/5-fx"
"""A session is the 24 hours that end at 17:00 in New York on its day, Monday to Friday; a bar of it never closes early.

Banks' holidays thin trading out, and no rule closes it: there are no holidays and no half days.
"""
_ZONE: Final = ZoneInfo("America/New_York")
_CLOSE: Final = dt.time(17)
_FRIDAY: Final = 4
_FIRST_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""


def currency_week(first_day: int, last_day: int) -> SessionTable:
    """The sessions from first_day to last_day, both included; days since 1970-01-01."""
    days = np.arange(first_day, last_day + 1, dtype=np.int32)
    days = days[(days + _FIRST_WEEKDAY) % 7 <= _FRIDAY]
    return SessionTable(CURRENCY_WEEK, _ZONE.key, days, _five_o_clock(days - 1), _five_o_clock(days))


def _five_o_clock(days: Any) -> Stamps:
    moments = (dt.datetime.combine(date_of(int(day)), _CLOSE, _ZONE).timestamp() for day in days)
    return np.fromiter((int(moment) * NS for moment in moments), dtype=np.int64, count=len(days))


def library_currency_week(start: Any, side: str) -> Any:
    """The same week as a calendar object of exchange_calendars. start: its first date, None for 20 years ago."""
    from exchange_calendars import ExchangeCalendar

    class CurrencyWeek(ExchangeCalendar):  # type: ignore[misc]
        name = CURRENCY_WEEK
        tz = _ZONE
        open_times = ((None, _CLOSE),)
        close_times = ((None, _CLOSE),)
        open_offset = -1
        weekmask = "1111100"

    return CurrencyWeek(start=start, side=side)
