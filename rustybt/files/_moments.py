"""Stamps in whatever form they come, read as days or as int64 nanoseconds UTC."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Final

import polars as pl

from rustybt.core import DAY_NS, MINUTE_NS, date_edges
from rustybt.errors import InputError
from rustybt.files._even import YEARS, even_moments

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - both sides of the difference are naive
_BELOW_MICROSECONDS: Final = re.compile(r"[.,]\d{6}\d*[1-9]")
_PLAIN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:Z|\+00:00)?)?$"
_WITH_SECONDS: Final = r"^.{16}:"
_DATE_LENGTH: Final = 10
_UNITS: Final = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
_YEAR_FIRST: Final = re.compile(r"^([0-9]{4})[./]([0-9]{1,2})[./]([0-9]{1,2})\b")


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

    column: Date, Datetime, text, or whole numbers of seconds, milliseconds, microseconds or nanoseconds since 1970,
    which their digits tell apart. Raises InputError for a column of another type, and for naive intraday stamps
    without tz.
    daily: a stamp that begins or ends a date in its own zone, or in `tz`, is that `day`; others that name a zone are
    an `instant`, of which `rustybt.calendars.session_days` knows the session. Those that name none are times of `tz`;
    without it they stand in a third column `clock`, ns as if they were UTC.
    """
    if column.dtype == pl.Date:
        if not daily:
            raise InputError(
                f"{source}: intraday bars need a timestamp, and column {column.name!r} holds dates only. "
                "Pass a column `timestamp` with the time of day, or frequency='1d' (--frequency 1d) for daily bars."
            )
        return _frame(days=column.to_physical(), daily=daily)
    if isinstance(column.dtype, pl.Datetime):
        zone = column.dtype.time_zone
        if zone is None:
            return _naive(column.dt.cast_time_unit("ns"), daily=daily, tz=tz, source=source)
        instants = column.dt.convert_time_zone("UTC").dt.cast_time_unit("ns").to_physical()
        if not daily:
            return _frame(instants=instants)
        walls = column.dt.replace_time_zone(None).dt.cast_time_unit("ns").to_physical()
        return _daily(instants, walls, tz, date_edges(instants, zone))
    if column.dtype == pl.String:
        return _from_text(_dashed(column), daily=daily, tz=tz, source=source)
    if column.dtype.is_integer() and (unit := unit_of(column)) is not None:
        instants = column.cast(pl.Int64) * unit
        return _daily(instants, instants, tz) if daily else _frame(instants=instants)
    if column.dtype == pl.Null:
        return _frame(days=column.cast(pl.Int32), daily=daily)
    raise InputError(
        f"{source}: column {column.name!r} is {column.dtype}, which is no stamp: seconds, milliseconds or a date? "
        "Convert it to dates, datetimes or text like 2024-07-04T14:30:00Z."
    )


def unit_of(numbers: pl.Series) -> int | None:
    """The nanoseconds of what moments since 1970 are counted in, by the digits that those of 2001 to 2286 have; None
    where that can't be told."""
    digits = {len(str(number)) for number in (numbers.min(), numbers.max())}
    return _UNITS.get(digits.pop()) if len(digits) == 1 else None


def _daily(
    instants: pl.Series | None, walls: pl.Series, tz: str | None, edges: pl.Series | None = None
) -> pl.DataFrame:
    """Stamps of days. instants: ns UTC, null where no zone is named. walls: what a clock showed there, in ns.

    edges: days that are known to begin or end at the instants.
    """
    rest = walls % DAY_NS
    if not rest.max():
        return _frame(days=walls // DAY_NS, daily=True)
    if instants is None:
        instants = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(walls))
    wall, instant = pl.col("wall"), pl.col("instant")
    frame = pl.DataFrame([instants.rename("instant"), walls.rename("wall"), rest.rename("rest")]).with_columns(
        pl.when((pl.col("rest") == 0) | (pl.col("rest") >= DAY_NS - MINUTE_NS)).then(wall // DAY_NS).alias("day"),
        pl.when(instant.is_null()).then(wall).alias("clock"),
    )
    if edges is not None:
        frame = frame.with_columns(pl.coalesce("day", edges.alias("edge")))
    if tz is not None:
        local = pl.col("clock").cast(pl.Datetime("ns")).dt.replace_time_zone(tz, ambiguous="null", non_existent="null")
        local = local.dt.convert_time_zone("UTC").to_physical()
        frame = frame.with_columns(pl.coalesce(instant, local).alias("instant"), pl.lit(None, pl.Int64).alias("clock"))
        frame = frame.with_columns(pl.coalesce("day", date_edges(frame["instant"], tz).alias("edge")))
    unknown = pl.col("day").is_null()
    return frame.select(
        pl.col("day").cast(pl.Int32), pl.when(unknown).then(instant), pl.when(unknown).then(pl.col("clock"))
    )


def _naive(column: pl.Series, *, daily: bool, tz: str | None, source: str) -> pl.DataFrame:
    if daily:
        return _daily(None, column.to_physical(), tz)
    if tz is not None:
        aware = column.dt.replace_time_zone(tz, ambiguous="null", non_existent="null").dt.convert_time_zone("UTC")
        return _frame(instants=aware.to_physical())
    if column.null_count() == len(column):
        return _frame(instants=column.to_physical())
    raise InputError(
        f"{source}: its stamps name no time zone (the first is {column.drop_nulls()[0]}). "
        "Pass tz= (--tz), for instance tz='UTC' or tz='America/New_York': a wrong guess shifts every bar by hours."
    )


def _from_text(column: pl.Series, *, daily: bool, tz: str | None, source: str) -> pl.DataFrame:
    even = even_moments(column)
    if even is not None:
        ns, aware = even
        if daily:
            return _daily(ns if aware else None, ns, tz)
        if aware:
            return _frame(instants=ns)
        return _naive(ns.cast(pl.Datetime("ns")), daily=daily, tz=tz, source=source)
    moments = column.to_frame("text").select(_plain_moments())
    odd = moments["instant"].is_null() & moments["wall"].is_null() & column.is_not_null()
    if odd.any():
        texts = column.filter(odd).unique()
        parsed = [_parse(text) for text in texts.to_list()]
        known = pl.DataFrame(
            {
                "text": texts,
                "instant": pl.Series([aware for aware, _ in parsed], dtype=pl.Int64),
                "wall": pl.Series([wall for _, wall in parsed], dtype=pl.Int64),
            }
        )
        others = column.to_frame("text").join(known, on="text", how="left", maintain_order="left")
        moments = pl.DataFrame(moments[name].fill_null(others[name]) for name in ("instant", "wall"))
    if daily:
        return _daily(moments["instant"], moments["wall"], tz)
    naive = moments.select(pl.when(pl.col("instant").is_null()).then("wall")).to_series()
    read = _naive(naive.cast(pl.Datetime("ns")), daily=False, tz=tz, source=source)
    return read.select("day", pl.coalesce(moments["instant"], "instant").alias("instant"))


def _dashed(column: pl.Series) -> pl.Series:
    """Dates with the year first, as 2024.01.02 and 2024/1/2, with dashes; a column that begins otherwise as it is."""
    first = column.drop_nulls().first()
    if not isinstance(first, str) or not _YEAR_FIRST.match(first):
        return column
    dashed = column.str.replace(_YEAR_FIRST.pattern, "$1-$2-$3")
    dashed = dashed.str.replace(r"^([0-9]{4}-)([0-9]-)", "${1}0$2")
    return dashed.str.replace(r"^([0-9]{4}-[0-9]{2}-)([0-9])($|[T ])", "${1}0$2$3")


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
    return pl.when(known & aware).then(ns).alias("instant"), pl.when(known).then(ns).alias("wall")


def _digits(text: pl.Expr, at: int) -> pl.Expr:
    return text.str.slice(at, 2).cast(pl.Int64, strict=False)


def _parse(text: str) -> tuple[int | None, int | None]:
    """The instant of an aware stamp, null of a naive one, and what the clock showed; neither where it is no stamp."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None, None
    if not YEARS[0] <= moment.year < YEARS[1] or _BELOW_MICROSECONDS.search(text):
        return None, None
    offset = moment.utcoffset()
    wall = _nanoseconds(moment.replace(tzinfo=None) - _EPOCH)
    return None if offset is None else wall - _nanoseconds(offset), wall


def _nanoseconds(span: dt.timedelta) -> int:
    return (span.days * 86_400_000_000 + span.seconds * 1_000_000 + span.microseconds) * 1000


def _frame(*, days: pl.Series | None = None, instants: pl.Series | None = None, daily: bool = False) -> pl.DataFrame:
    given = days if days is not None else instants
    if given is None:
        raise InputError("no stamps")
    length = len(given)
    nothing = pl.Series([None], dtype=pl.Int64).new_from_index(0, length)
    columns = {
        "day": nothing.cast(pl.Int32) if days is None else days.cast(pl.Int32),
        "instant": nothing if instants is None else instants,
    }
    return pl.DataFrame({**columns, "clock": nothing} if daily else columns)
