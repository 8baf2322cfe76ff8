"""`benchmark_returns`: returns by date, from a Series, a frame or a file, brought to the sessions of a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from rustybt.calendars import SessionTable
from rustybt.core import RATIO_SCALE, date_of, day_of, div_half_even, exact_number, parse_moment
from rustybt.errors import InputError
from rustybt.view import Axis

DATE_COLUMNS = ("date", "session", "timestamp", "index")
RETURN_COLUMNS = ("return", "returns", "benchmark_returns")
ONE = 10**RATIO_SCALE
MOST = 10**38
"""A column of the daily frame holds less, at scale 18."""


class GivenReturns(NamedTuple):
    """Returns brought to a run.

    returns: one a session of the run, or a week or month of it, at scale 18; 0 where there is none.
    missing: the sessions, weeks or months without one, by their last day. left_out: days between the run's first and
    last whose return does not count, as they are no session.
    """

    returns: list[int]
    missing: list[dt.date]
    left_out: list[dt.date]


def given_returns(given: Any, axis: Axis, sessions: SessionTable) -> GivenReturns:
    """The returns of a run from what was given.

    sessions: those of days. Over those of a week or month returns compound. One that has no return of a session has
    those that are dated within it, such as one by the last day of a calendar month.
    """
    known = _by_day(given, sessions)
    days: list[int] = axis.calendar.days[axis.first_session : axis.first_session + axis.sessions].tolist()
    period = axis.calendar.period
    places = [_place(day, period) for day in days]
    open_days = set(sessions.days.tolist())
    growth = of_sessions = _compounded({day: known[day] for day in known if day in open_days}, period)
    others = {day: number for day, number in known.items() if day not in open_days}
    if period != "session":
        growth = _compounded(others, period) | of_sessions
    if not growth.keys() & set(places):
        raise InputError(
            f"benchmark_returns: none of its {len(known)} dates is a session of the run, {date_of(days[0])} to "
            f"{date_of(days[-1])}. Pass one return per session; a missing one counts as 0."
        )
    changes = [growth.get(place, Fraction(1)) - 1 for place in places]
    for day, change in zip(days, changes, strict=True):
        if change * ONE >= MOST:
            raise InputError(
                f"benchmark_returns: that of {date_of(day)} comes to 1e20 or more, which no frame holds. Pass returns "
                "as shares of 1: 0.02 for a gain of 2 %."
            )
    idle = [
        day
        for day in others
        if days[0] < day < days[-1] and (period == "session" or _place(day, period) in of_sessions)
    ]
    return GivenReturns(
        [div_half_even(change.numerator * ONE, change.denominator) for change in changes],
        [date_of(day) for day, place in zip(days, places, strict=True) if place not in growth],
        [date_of(day) for day in sorted(idle)],
    )


def _compounded(known: dict[int, Decimal], period: str) -> dict[int, Fraction]:
    """Growth by session, week or month."""
    growth: dict[int, Fraction] = {}
    for day, number in known.items():
        place = _place(day, period)
        growth[place] = growth.get(place, Fraction(1)) * (1 + Fraction(number))
    return growth


def _place(day: int, period: str) -> int:
    """The number of the day, week (from Monday on) or month that a day since 1970 lies in."""
    if period == "session":
        return day
    if period == "week":
        return (day + 3) // 7
    date = date_of(day)
    return date.year * 12 + date.month


def _by_day(given: Any, sessions: SessionTable) -> dict[int, Decimal]:
    known: dict[int, Decimal] = {}
    for date, value in _rows(given):
        number = _number(value)
        if number is None:
            continue
        day = _day(date, sessions)
        if day in known:
            raise InputError(f"benchmark_returns: {date_of(day)} occurs twice. Pass one return per session.")
        if number < -1:
            raise InputError(
                f"benchmark_returns: {number} on {date_of(day)} loses more than everything. Pass returns as "
                "shares of 1: -0.02 for a loss of 2 %."
            )
        known[day] = number
    return known


def _rows(given: Any) -> Iterable[tuple[Any, Any]]:
    """Pairs of what stands for a date and what stands for a return."""
    if type(given).__module__.partition(".")[0] == "pandas":
        # read as it is: a frame of another kind would lose the zone that an index is in
        if not hasattr(given, "columns"):
            return zip(given.index, given, strict=True)
        names = {str(name).lower(): name for name in given.columns}
        dates = next((given[names[name]] for name in DATE_COLUMNS if name in names), given.index)
        found = [names[name] for name in RETURN_COLUMNS if name in names]
        if not found:
            raise _no_column("returns", names)
        return zip(dates, given[found[0]], strict=True)
    frame = _frame_of(given)
    dates, values = _column(frame, DATE_COLUMNS, "dates"), _column(frame, RETURN_COLUMNS, "returns")
    return zip(dates.to_list(), values.to_list(), strict=True)


def _frame_of(given: Any) -> pl.DataFrame:
    from rustybt.ingest import read_tables

    if isinstance(given, pl.Series):
        if given.dtype != pl.Struct:
            raise InputError(
                "benchmark_returns is a Polars Series, which has no dates. Pass a frame with columns date and return."
            )
        given = given.struct.unnest()
    tables = read_tables(given, "benchmark_returns")
    return tables[0].frame if len(tables) == 1 else pl.concat([table.frame for table in tables])


def _column(frame: pl.DataFrame, names: tuple[str, ...], what: str) -> pl.Series:
    found = [name for name in names if name in frame.columns]
    if not found:
        raise _no_column(what, frame.columns)
    return frame[found[0]]


def _no_column(what: str, names: Iterable[str]) -> InputError:
    return InputError(
        f"benchmark_returns: no column with the {what} among {', '.join(names)}. A file has the columns date and "
        "return, like 2020-01-02,0.01."
    )


def _day(value: Any, sessions: SessionTable) -> int:
    """The day of a date, of text of one, of midnight in any zone, or of the session that holds a moment."""
    if hasattr(value, "to_timestamp"):  # a Period
        value = value.to_timestamp()
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if value is None or value != value:  # noqa: PLR0124  NaT is not itself
        raise InputError("benchmark_returns: a row has no date. Drop it, or fill the date in.")
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            raise InputError(f"benchmark_returns: {value!r} is not a date. Write it like '2024-07-04'.") from None
    if not isinstance(value, dt.date):
        raise InputError(
            f"benchmark_returns: {value!r} is not a date. Pass a Series indexed by dates, or a column of them."
        )
    if not isinstance(value, dt.datetime):
        return day_of(value)
    if value.time() == dt.time() and not getattr(value, "nanosecond", 0):
        return day_of(value.date())
    if value.utcoffset() is None:
        raise InputError(
            f"benchmark_returns: {value} has a time of day and no time zone. Pass dates, or moments with their zone, "
            "such as the sessions' closes."
        )
    stamp = parse_moment(value, "benchmark_returns")
    place = int(np.searchsorted(sessions.closes, stamp))
    if place == len(sessions.closes) or stamp <= sessions.opens[place]:
        raise InputError(
            f"benchmark_returns: {value} is neither a date nor within a session of {sessions.name}. Pass dates, or "
            "moments within the sessions, such as their closes."
        )
    return int(sessions.days[place])


def _number(value: Any) -> Decimal | None:
    """A return; None where there is none, which counts as 0."""
    if value is None or type(value).__name__ == "NAType" or value in ("", "NaN", "nan") or value != value:  # noqa: PLR0124  NaN is not itself
        return None
    return exact_number(value, "benchmark_returns")
