"""Stamps are int64 nanoseconds UTC, sessions are days since 1970-01-01; this file turns them into what people write."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from rustybt.errors import InputError

type DateLike = dt.date | dt.datetime | str

NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * NS
MINUTE_NS: Final = 60 * NS
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_ORDINAL: Final = dt.date(1970, 1, 1).toordinal()


def day_of(date: dt.date) -> int:
    """Days since 1970-01-01.

    >>> day_of(dt.date(1970, 1, 2))
    1
    """
    return date.toordinal() - _EPOCH_ORDINAL


def date_of(day: int) -> dt.date:
    """The date that lies that many days after 1970-01-01."""
    return dt.date.fromordinal(day + _EPOCH_ORDINAL)


def datetime_of(ns: int) -> dt.datetime:
    """An aware UTC datetime; what lies below a microsecond is cut off, as datetime can't hold it."""
    return _EPOCH + dt.timedelta(microseconds=ns // 1000)


def parse_date(when: object, what: str) -> dt.date:
    """A date from a date, datetime, ISO text or Timestamp. A time of day is refused: it would be ignored.

    when: an aware datetime must be midnight UTC, as Zipline's session labels are.
    Raises InputError naming `what`.

    >>> parse_date("2024-07-04", "start")
    datetime.date(2024, 7, 4)
    """
    if isinstance(when, str):
        try:
            when = dt.datetime.fromisoformat(when.strip())
        except ValueError:
            raise InputError(f"{what}: {when!r} is not a date. Write it like '2024-07-04'.") from None
    _refuse_not_a_time(when, what)
    if isinstance(when, dt.datetime):
        if when.utcoffset() is not None:
            when = when.astimezone(dt.UTC)
        if (when.hour, when.minute, when.second, when.microsecond) != (0, 0, 0, 0):
            raise InputError(f"{what}: {when} has a time of day; runs start and end with whole sessions. Pass a date.")
        return when.date()
    if isinstance(when, dt.date):
        return when
    if type(when).__name__ == "datetime64" and hasattr(when, "astype"):
        return parse_date(when.astype("datetime64[us]").item(), what)
    raise InputError(f"{what}: {when!r} is not a date. Pass a date, a datetime, a Timestamp or text like '2024-07-04'.")


def parse_moment(when: object, what: str) -> int:
    """A moment in ns UTC from a date, datetime, ISO text or Timestamp; without a time zone it is UTC.

    Raises InputError naming `what`.

    >>> parse_moment("2024-07-04 14:31", "key") == parse_moment("2024-07-04 10:31-04:00", "key")
    True
    """
    if isinstance(when, str):
        try:
            when = dt.datetime.fromisoformat(when.strip())
        except ValueError:
            raise InputError(f"{what}: {when!r} is no moment. Write it like '2024-07-04 14:31'.") from None
    _refuse_not_a_time(when, what)
    if isinstance(when, dt.datetime):
        since = (when.replace(tzinfo=dt.UTC) if when.utcoffset() is None else when.astimezone(dt.UTC)) - _EPOCH
        return (since.days * 86_400 + since.seconds) * NS + since.microseconds * 1000
    if isinstance(when, dt.date):
        return day_of(when) * DAY_NS
    if type(when).__name__ == "datetime64" and hasattr(when, "astype"):
        return parse_moment(when.astype("datetime64[us]").item(), what)
    raise InputError(f"{what}: {when!r} is no moment. Pass a date, a datetime, a Timestamp or text.")


def time_zone(zone: object, what: str) -> dt.tzinfo:
    """A time zone from its name or from a tzinfo. Raises InputError naming `what`.

    >>> time_zone("Europe/Berlin", "tz").key
    'Europe/Berlin'
    """
    if isinstance(zone, dt.tzinfo):
        return zone
    try:
        return ZoneInfo(str(zone))
    except (KeyError, ValueError, OSError):
        raise InputError(f"{what}: there is no time zone {zone!r}. Write it like 'America/New_York'.") from None


def _refuse_not_a_time(when: object, what: str) -> None:
    # pandas.NaT calls itself a datetime, and has neither a date nor an offset
    if type(when).__name__ == "NaTType":
        raise InputError(f"{what}: NaT is no date. Pass a date, a datetime, a Timestamp or text like '2024-07-04'.")
