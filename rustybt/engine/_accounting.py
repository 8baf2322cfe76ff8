"""The calendar that a run is accounted on: the bundle's own, or another one."""

from __future__ import annotations

from typing import Any

import numpy as np

from rustybt.calendars import SessionTable
from rustybt.catalog import Version
from rustybt.core import Frequency, date_of
from rustybt.errors import InputError


def accounting_calendar(data: Version, wanted: Any, length: Frequency) -> SessionTable:
    """The sessions of a run. wanted: None, a calendar's name, or an object of exchange_calendars.

    Bars are found by their session's date (daily) or by their stamp (minutes); what the calendar has no session or
    no minute for is not seen when it happens, only as the price before what comes next.
    Raises InputError for an unknown name, and, for daily bars, where a session of the bundle would be over only after
    the same one of the calendar: its bar would be seen before its end.
    """
    own = data.calendar
    table = _named(data, wanted, length)
    if length.period in ("week", "month"):
        if table is not own:
            raise InputError(
                f"trading_calendar={table.name!r}: bars of a {length.period} are of the sessions of {own.name}, the "
                "bundle's own calendar. Leave trading_calendar out, or run on shorter bars."
            )
        return own.collapsed(length.period)
    return table


def _named(data: Version, wanted: Any, length: Frequency) -> SessionTable:
    own = data.calendar
    if wanted is None or wanted == own.name:
        return own
    from rustybt.calendars import named_table

    table = named_table(wanted, int(own.days[0]), int(own.days[-1]))
    if table.name == own.name:
        return own
    if length.period == "session":
        _check_ends(data, own, table)
    return table


def _check_ends(data: Version, own: SessionTable, table: SessionTable) -> None:
    common, mine, its = np.intersect1d(own.days, table.days, return_indices=True)
    used = (common >= data.first_day_of("1d")) & (common <= data.last_day_of("1d"))
    late = used & (own.closes[mine] > table.closes[its])
    if late.any():
        day = date_of(int(common[np.argmax(late)]))
        raise InputError(
            f"trading_calendar={table.name!r}: the daily bars of bundle {data.bundle!r} end with sessions of "
            f"{own.name}, and that of {day} ends after the session of {table.name}: a strategy would see it before "
            f"it is over. Run on {own.name!r}, on a calendar that closes later, such as '24/7', or with minute bars."
        )
