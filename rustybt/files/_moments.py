"""Stamps in whatever form they come, read as days or as int64 nanoseconds UTC."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Final

import polars as pl

from rustybt.core import DAY_NS
from rustybt.errors import InputError
from rustybt.files._even import YEARS, even_moments

STAMP_COLUMNS: Final = ("timestamp", "date")
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - both sides of the difference are naive
_BELOW_MICROSECONDS: Final = re.compile(r"[.,]\d{6}\d*[1-9]")
_PLAIN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:Z|\+00:00)?)?$"
_WITH_SECONDS: Final = r"^.{16}:"
_DATE_LENGTH: Final = 10


def check_zone(tz: str | None) -> str | None:
    """The zone's name. Raises InputError where nobody knows it."""
    if tz is None:
        return None
    try:
        return zoneinfo.ZoneInfo(tz).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise InputError(f"tz: {tz!r} is no time zone. Write it like 'America/New_York' or 'UTC'.") from None


def parsed_stamps(column: pl.Series, *, daily: bool, tz: str | None, source: str) -> pl.DataFrame:
    """Columns `day` (Int32, days since 1970-01-01) and `instant` (Int64, ns UTC); one is set where it can be read.

    column: Date, Datetime or text. A naive time of day in daily data says nothing: its date is the day. Elsewhere it
    is a time of `tz`. Raises InputError for a column of another type, and for naive intraday stamps without tz.
    """
    if column.dtype == pl.Date:
        if not daily:
            raise InputError(
                f"{source}: intraday bars need a timestamp, and column {column.name!r} holds dates only. "
                "Give a column `timestamp` with the time of day."
            )
        return _frame(days=column.to_physical())
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is not None:
            return _frame(instants=column.dt.convert_time_zone("UTC").dt.cast_time_unit("ns").to_physical())
        return _naive(column.dt.cast_time_unit("ns"), daily=daily, tz=tz, source=source)
    if column.dtype == pl.String:
        return _from_text(column, daily=daily, tz=tz, source=source)
    if column.dtype == pl.Null:
        return _frame(days=column.cast(pl.Int32))
    raise InputError(
        f"{source}: column {column.name!r} is {column.dtype}, which is no stamp: seconds, milliseconds or a date? "
        "Convert it to dates, datetimes or text like 2024-07-04T14:30:00Z."
    )


def _naive(column: pl.Series, *, daily: bool, tz: str | None, source: str) -> pl.DataFrame:
    if tz is not None:
        aware = column.dt.replace_time_zone(tz, ambiguous="null", non_existent="null").dt.convert_time_zone("UTC")
        return _frame(instants=aware.to_physical())
    if daily:
        return _frame(days=column.dt.date().to_physical())
    if column.null_count() == len(column):
        return _frame(instants=column.to_physical())
    raise InputError(
        f"{source}: its stamps name no time zone (the first is {column.drop_nulls()[0]}). "
        "Give tz=, for instance tz='UTC' or tz='America/New_York': a wrong guess shifts every bar by hours."
    )


def _from_text(column: pl.Series, *, daily: bool, tz: str | None, source: str) -> pl.DataFrame:
    even = even_moments(column)
    if even is not None:
        ns, aware = even
        if aware:
            return _frame(instants=ns)
        return _naive(ns.cast(pl.Datetime("ns")), daily=daily, tz=tz, source=source)
    moments = column.to_frame("text").select(_plain_moments())
    odd = moments["instant"].is_null() & moments["naive"].is_null() & column.is_not_null()
    if odd.any():
        texts = column.filter(odd).unique()
        parsed = [_parse(text) for text in texts.to_list()]
        known = pl.DataFrame(
            {
                "text": texts,
                "instant": pl.Series([aware for aware, _ in parsed], dtype=pl.Int64),
                "naive": pl.Series([naive for _, naive in parsed], dtype=pl.Int64),
            }
        )
        others = column.to_frame("text").join(known, on="text", how="left", maintain_order="left")
        moments = pl.DataFrame(moments[name].fill_null(others[name]) for name in ("instant", "naive"))
    naive = _naive(moments["naive"].cast(pl.Datetime("ns")), daily=daily, tz=tz, source=source)
    return naive.select("day", pl.coalesce(moments["instant"], "instant").alias("instant"))


def _plain_moments() -> tuple[pl.Expr, pl.Expr]:
    """As `_parse`, for what nearly all files have: dates, and times of whole seconds without a zone or in UTC."""
    text = pl.col("text")
    time = text.str.len_bytes() > _DATE_LENGTH
    seconds = pl.when(time).then(_digits(text, 11) * 3600 + _digits(text, 14) * 60).otherwise(0) + pl.when(
        text.str.contains(_WITH_SECONDS)
    ).then(_digits(text, 17)).otherwise(0)
    date = text.str.slice(0, _DATE_LENGTH).str.to_date("%Y-%m-%d", strict=False)
    known = text.str.contains(_PLAIN) & date.dt.year().is_between(YEARS[0], YEARS[1], closed="left")
    ns = date.to_physical().cast(pl.Int64) * DAY_NS + seconds * 10**9
    aware = text.str.ends_with("Z") | text.str.ends_with("+00:00")
    return pl.when(known & aware).then(ns).alias("instant"), pl.when(known & ~aware).then(ns).alias("naive")


def _digits(text: pl.Expr, at: int) -> pl.Expr:
    return text.str.slice(at, 2).cast(pl.Int64, strict=False)


def _parse(text: str) -> tuple[int | None, int | None]:
    """Nanoseconds of an aware stamp, or of a naive one; neither where the text is no stamp."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None, None
    if not YEARS[0] <= moment.year < YEARS[1] or _BELOW_MICROSECONDS.search(text):
        return None, None
    offset = moment.utcoffset()
    since = moment.replace(tzinfo=None) - _EPOCH - (offset or dt.timedelta(0))
    ns = (since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds) * 1000
    return (None, ns) if offset is None else (ns, None)


def _frame(*, days: pl.Series | None = None, instants: pl.Series | None = None) -> pl.DataFrame:
    given = days if days is not None else instants
    if given is None:
        raise InputError("no stamps")
    length = len(given)
    return pl.DataFrame(
        {
            "day": pl.Series([None], dtype=pl.Int32).new_from_index(0, length) if days is None else days.cast(pl.Int32),
            "instant": pl.Series([None], dtype=pl.Int64).new_from_index(0, length) if instants is None else instants,
        }
    )
