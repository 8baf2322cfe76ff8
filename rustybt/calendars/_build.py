"""The makers of session tables: exchange_calendars, imported when one is built; 24/7 and 24/5-fx are our own."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rustybt.calendars._currency_week import CURRENCY_WEEK, currency_week, library_currency_week
from rustybt.calendars._new_york import NAME as NEW_YORK
from rustybt.calendars._new_york import new_york
from rustybt.calendars._session_table import SessionTable, Stamps
from rustybt.core import DAY_NS, date_of, day_of
from rustybt.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from exchange_calendars import ExchangeCalendar

ALWAYS_OPEN: Final = "24/7"
"""The calendar of what never closes: a session is a UTC day, its minute bars are stamped 00:01 to 24:00."""
_OWN: Final = (ALWAYS_OPEN, CURRENCY_WEEK)


def session_table(name: str, first_day: int, last_day: int) -> SessionTable:
    """The sessions of a calendar from first_day to last_day, both included.

    name: "24/7", "24/5-fx", or any name or alias that exchange_calendars knows ("XNYS", "NYSE", "XTKS", "CMES").
    first_day, last_day: days since 1970-01-01; cut to what the calendar can tell.
    Raises InputError for an unknown name, naming those that look like it, for a span without a single session, and for
    a calendar that the library can't build, with the library's reason.
    """
    if not isinstance(name, str):
        raise InputError(f"calendar is {name!r}. Pass its name, like 'XNYS' or '24/7'.")
    if first_day > last_day:
        raise InputError(f"A calendar from {date_of(first_day)} to {date_of(last_day)} is empty. Swap the dates.")
    if name == ALWAYS_OPEN:
        days = np.arange(first_day, last_day + 1, dtype=np.int32)
        opens = days.astype(np.int64) * DAY_NS
        return SessionTable(ALWAYS_OPEN, "UTC", days, opens, opens + DAY_NS)
    if name == CURRENCY_WEEK:
        table = currency_week(first_day, last_day)
        if not len(table.days):
            raise _no_session(name, first_day, last_day)
        return table
    if name == NEW_YORK and (known := new_york(first_day, last_day)) is not None:
        return known
    return _from_library(name, first_day, last_day)


def named_table(wanted: Any, first_day: int, last_day: int) -> SessionTable:
    """The sessions of a calendar that someone named, or gave as an object of exchange_calendars.

    Raises InputError for an unknown name, for what is no calendar, and for a span without a single session.
    """
    if isinstance(wanted, str):
        return session_table(wanted, first_day, last_day)
    if not hasattr(wanted, "schedule") or not isinstance(getattr(wanted, "name", None), str):
        raise InputError(f"{wanted!r} is no calendar. Pass its name, like 'XNYS', or one of exchange_calendars.")
    if wanted.name in _OWN:
        return session_table(wanted.name, first_day, last_day)
    return _table_of(_widened(wanted, first_day, last_day), wanted.name, first_day, last_day)


def _widened(wanted: Any, first_day: int, last_day: int) -> Any:
    """The calendar over as wide a span as it can tell of these days; as it was given where it can't be built anew."""
    for bounds in (lambda *span: span, functools.partial(_within_bounds, type(wanted), wanted.name)):
        try:
            first, last = bounds(first_day, last_day)
            return type(wanted)(start=str(date_of(first)), end=str(date_of(last)))
        except (AttributeError, TypeError, ValueError, InputError):
            continue
    return wanted


def calendar_names() -> list[str]:
    """Every name that `session_table` takes, aliases included, sorted."""
    import exchange_calendars

    return sorted({*_OWN, *exchange_calendars.get_calendar_names(include_aliases=True)})


def check_calendar(name: str) -> None:
    """Raises InputError where `session_table` knows no calendar of that name."""
    if name not in calendar_names():
        raise _unknown(name)


def calendar_zone(name: str) -> str:
    """The time zone of a calendar. Raises InputError for an unknown name."""
    recent = day_of(dt.date(2024, 1, 1))
    return session_table(name, recent, recent + 31).tz


def library_calendar(name: str, start: Any = None) -> Any:
    """The calendar object of exchange_calendars, with pandas' stamps; minutes are stamped with their end.

    name: any name or alias that the library knows, "24/7" and "24/5-fx". start: its first date, None for 20 years
        ago.
    Raises InputError for an unknown name, and for a calendar that the library can't build.
    """
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    if name == CURRENCY_WEEK:
        return library_currency_week(start, "right")
    try:
        return exchange_calendars.get_calendar(name, start=start, side="right")
    except InvalidCalendarName:
        raise _unknown(name) from None
    except Exception as error:
        raise _unbuilt(name, "" if start is None else f" from {start} on", error) from error


def _from_library(name: str, first_day: int, last_day: int) -> SessionTable:
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    try:
        canonical = exchange_calendars.resolve_alias(name)
        return _table_of(_spanning(canonical, first_day, last_day), canonical, first_day, last_day)
    except InvalidCalendarName:
        raise _unknown(name) from None
    except InputError:
        raise
    except Exception as error:  # what its rules raise depends on the calendar, and on the packages it needs
        raise _unbuilt(name, f" from {date_of(first_day)} to {date_of(last_day)}", error) from error


def _spanning(canonical: str, first_day: int, last_day: int) -> ExchangeCalendar:
    """A calendar that has these days: of whole years, where it can tell them.

    The library keeps the last one that it built of a name, which takes a seventh of a second: spans of the same years
    share it.
    """
    import exchange_calendars

    january = day_of(date_of(first_day).replace(month=1, day=1))
    december = day_of(date_of(last_day).replace(month=12, day=31))
    try:
        return _built(canonical, january, december)
    except ValueError:  # what lies beyond the span, or its message, is nothing that was asked for
        pass
    try:
        return _built(canonical, first_day, last_day)
    except InputError:
        raise
    except ValueError:  # the span reaches beyond what the calendar can tell
        known = type(exchange_calendars.get_calendar(canonical))
        return _built(canonical, *_within_bounds(known, canonical, first_day, last_day))


def _table_of(built: ExchangeCalendar, name: str, first_day: int, last_day: int) -> SessionTable:
    schedule = built.schedule.loc[str(date_of(first_day)) : str(date_of(last_day))]
    if schedule.empty:
        raise _no_session(name, first_day, last_day)
    days = (_stamps(schedule.index) // DAY_NS).astype(np.int32)
    closes = _stamps(schedule["close"])
    breaks: tuple[Stamps | None, Stamps | None] = (None, None)
    if bool(schedule["break_start"].notna().any()):
        breaks = (_stamps(schedule["break_start"], closes), _stamps(schedule["break_end"], closes))
    return SessionTable(name, str(built.tz), days, _stamps(schedule["open"]), closes, *breaks)


def _built(canonical: str, first_day: int, last_day: int) -> ExchangeCalendar:
    import exchange_calendars
    from exchange_calendars.errors import NoSessionsError

    # the library wants two days at least
    start = date_of(first_day - (first_day == last_day))
    try:
        return exchange_calendars.get_calendar(canonical, start=str(start), end=str(date_of(last_day)))
    except NoSessionsError:
        raise _no_session(canonical, first_day, last_day) from None


def _no_session(canonical: str, first_day: int, last_day: int) -> InputError:
    return InputError(
        f"Calendar {canonical} has no session from {date_of(first_day)} to {date_of(last_day)}. "
        "Check the dates of the data, or pass another calendar, such as '24/7'."
    )


def _unbuilt(name: str, span: str, error: Exception) -> InputError:
    return InputError(
        f"exchange_calendars {version('exchange_calendars')} lists the calendar {name!r} and can't build it{span}: "
        f"{type(error).__name__}: {error}. Install what it asks for or another release of it, or pass another "
        "calendar, such as '24/7'."
    )


def _within_bounds(known: Any, canonical: str, first_day: int, last_day: int) -> tuple[int, int]:
    """The days of a span that a class of calendars can tell. Raises InputError where there are none."""
    low, high = known.bound_min(), known.bound_max()
    cut_first = first_day if low is None else max(first_day, low.value // DAY_NS)
    cut_last = last_day if high is None else min(last_day, high.value // DAY_NS)
    if cut_first > cut_last or (cut_first, cut_last) == (first_day, last_day):
        raise InputError(
            f"Calendar {canonical} can't be had from {date_of(first_day)} to {date_of(last_day)}: it is known from "
            f"{low.date() if low else 'ever'} to {high.date() if high else 'ever'}. "
            "Check the dates of the data, or pass another calendar, such as '24/7'."
        )
    return cut_first, cut_last


def _stamps(times: pd.Series[Any] | pd.Index[Any], fill: Stamps | None = None) -> Stamps:
    """Pandas times as int64 ns, whatever unit they are kept in; missing ones from `fill`."""
    naive = times.dt.tz_localize(None) if hasattr(times, "dt") else times
    stamps: Stamps = naive.to_numpy().astype("datetime64[ns]").astype(np.int64)
    if fill is not None:
        stamps = np.where(stamps == np.iinfo(np.int64).min, fill, stamps)
    return stamps


def _unknown(name: str) -> InputError:
    names = calendar_names()
    near = difflib.get_close_matches(name.upper(), names, n=4, cutoff=0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else "Take one of rustybt.calendars.calendar_names()."
    return InputError(f"No calendar is called {name!r}. {hint}")
