"""When a scheduled function runs: a rule for the session, and a rule for the time of day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from rustybt.core import DAY_NS, MINUTE_NS, datetime_of, exact_number
from rustybt.errors import BadSchedule, NonFiniteInput

MOST_MONTH_DAYS = 23
MOST_WEEK_DAYS = 5
MOST_OFFSET_MINUTES = 12 * 60


@dataclass(frozen=True, slots=True)
class DateRule:
    """every: "day", "week" or "month". offset: sessions from its start, or, if negative, from its end (-1: last)."""

    every: str
    offset: int = 0

    def sessions(self, calendar: Any) -> set[int]:
        """The positions in the calendar's sessions at which the rule holds."""
        days = calendar.days
        if self.every == "day":
            return set(range(len(days)))
        if self.every == "week":
            # day 0 is a Thursday; ISO weeks begin on Mondays
            groups = (days.astype(np.int64) + 3) // 7
        else:
            groups = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
        ends = np.r_[starts[1:], len(days)]
        picked = starts + self.offset if self.offset >= 0 else ends + self.offset
        return set(picked[(picked >= starts) & (picked < ends)].tolist())


@dataclass(frozen=True, slots=True)
class TimeRule:
    """anchor: "open", "close", "every" (each bar) or "first" (the first bar). minutes: distance from the anchor."""

    anchor: str
    minutes: int = 0


def _offset(what: str, days_offset: int, most: int) -> int:
    offset = _whole(days_offset)
    if offset is None or not 0 <= offset < most:
        raise BadSchedule(f"{what}({days_offset!r}): an offset is a whole number from 0 to {most - 1}.")
    return offset


def _whole(number: Any) -> int | None:
    """A whole number, of NumPy or a float too; None for anything else."""
    try:
        exact = exact_number(number)
    except NonFiniteInput:
        return None
    return int(exact) if not isinstance(number, str) and exact == exact.to_integral_value() else None


def _minutes(what: str, offset: Any, hours: Any, minutes: Any) -> int:
    if offset is not None and (hours is not None or minutes is not None):
        raise BadSchedule(f"{what}: pass offset, or hours and minutes, not both.")
    if offset is None:
        if hours is None and minutes is None:
            return 1
        try:
            parts = [exact_number(0 if part is None else part) for part in (hours, minutes)]
            offset = dt.timedelta(hours=float(parts[0]), minutes=float(parts[1]))
        except (NonFiniteInput, OverflowError):
            raise BadSchedule(f"{what}(hours={hours!r}, minutes={minutes!r}): pass numbers up to 12 hours.") from None
    if not isinstance(offset, dt.timedelta):
        raise BadSchedule(f"{what}(offset={offset!r}): pass a timedelta, or write {what}(hours=1, minutes=5).")
    whole, rest = divmod(offset, dt.timedelta(minutes=1))
    if rest or not 1 <= whole <= MOST_OFFSET_MINUTES:
        raise BadSchedule(f"{what}: {offset} is not a number of whole minutes from 1 minute to 12 hours.")
    return whole


class date_rules:  # noqa: N801  the name that strategies use
    """On which sessions a scheduled function runs.

    >>> from rustybt.api import date_rules
    >>> date_rules.month_start(), date_rules.week_end(days_offset=1)
    (DateRule(every='month', offset=0), DateRule(every='week', offset=-2))
    """

    @staticmethod
    def every_day() -> DateRule:
        """Every session.

        >>> from rustybt import Strategy, run
        >>> from rustybt.api import date_rules, schedule_function
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.tell, date_rules.every_day())
        ...
        ...     def tell(self, context, data):
        ...         print(data.current_session)
        >>> result = run(Told, start="2010-01-04", end="2010-01-05")
        2010-01-04
        2010-01-05
        """
        return DateRule("day")

    @staticmethod
    def month_start(days_offset: int = 0) -> DateRule:
        """So many sessions after the first of each month; 0 to 22.

        >>> from rustybt import Strategy, run
        >>> from rustybt.api import date_rules, schedule_function
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.tell, date_rules.month_start(days_offset=1))
        ...
        ...     def tell(self, context, data):
        ...         print(data.current_session)
        >>> result = run(Told, start="2010-01-04", end="2010-02-05")
        2010-01-05
        2010-02-02
        """
        return DateRule("month", _offset("month_start", days_offset, MOST_MONTH_DAYS))

    @staticmethod
    def month_end(days_offset: int = 0) -> DateRule:
        """So many sessions before the last of each month; 0 to 22.

        >>> from rustybt import Strategy, run
        >>> from rustybt.api import date_rules, schedule_function
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.tell, date_rules.month_end())
        ...
        ...     def tell(self, context, data):
        ...         print(data.current_session)
        >>> result = run(Told, start="2010-01-04", end="2010-02-28")
        2010-01-29
        2010-02-26
        """
        return DateRule("month", -1 - _offset("month_end", days_offset, MOST_MONTH_DAYS))

    @staticmethod
    def week_start(days_offset: int = 0) -> DateRule:
        """So many sessions after the first of each week; 0 to 4.

        >>> from rustybt import Strategy, run
        >>> from rustybt.api import date_rules, schedule_function
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.tell, date_rules.week_start())
        ...
        ...     def tell(self, context, data):
        ...         print(data.current_session)
        >>> result = run(Told, start="2010-01-04", end="2010-01-15")
        2010-01-04
        2010-01-11
        """
        return DateRule("week", _offset("week_start", days_offset, MOST_WEEK_DAYS))

    @staticmethod
    def week_end(days_offset: int = 0) -> DateRule:
        """So many sessions before the last of each week; 0 to 4.

        >>> from rustybt import Strategy, run
        >>> from rustybt.api import date_rules, schedule_function
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.tell, date_rules.week_end(days_offset=1))
        ...
        ...     def tell(self, context, data):
        ...         print(data.current_session)
        >>> result = run(Told, start="2010-01-04", end="2010-01-15")
        2010-01-07
        2010-01-14
        """
        return DateRule("week", -1 - _offset("week_end", days_offset, MOST_WEEK_DAYS))


class time_rules:  # noqa: N801  the name that strategies use
    """At which bar of a session a scheduled function runs. In a daily run all of them mean the session's one bar.

    >>> from rustybt.api import time_rules
    >>> time_rules.market_open(minutes=30), time_rules.market_close(hours=1)
    (TimeRule(anchor='open', minutes=30), TimeRule(anchor='close', minutes=60))
    """

    @staticmethod
    def market_open(
        offset: dt.timedelta | None = None, hours: int | None = None, minutes: int | None = None
    ) -> TimeRule:
        """So long after the open; by default with the first minute bar.

        >>> import polars as pl
        >>> from rustybt import Strategy, run
        >>> from rustybt.api import get_datetime, schedule_function, time_rules
        >>> stamps = [f"2024-01-02 {15 + hour}:{minute:02}" for hour in range(6) for minute in range(60)]
        >>> bars = pl.DataFrame({"timestamp": stamps, "open": 10, "high": 10, "low": 10, "close": 10, "volume": 100})
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.tell, time_rule=time_rules.market_open(hours=1))
        ...
        ...     def tell(self, context, data):
        ...         print(get_datetime("America/New_York").time())
        >>> result = run(Told, {"A": bars}, data_frequency="minute", stamp="end", tz="UTC")
        10:30:00
        """
        return TimeRule("open", _minutes("market_open", offset, hours, minutes))

    @staticmethod
    def market_close(
        offset: dt.timedelta | None = None, hours: int | None = None, minutes: int | None = None
    ) -> TimeRule:
        """So long before the close; by default one minute before it.

        >>> import polars as pl
        >>> from rustybt import Strategy, run
        >>> from rustybt.api import get_datetime, schedule_function, time_rules
        >>> stamps = [f"2024-01-02 {15 + hour}:{minute:02}" for hour in range(6) for minute in range(60)]
        >>> bars = pl.DataFrame({"timestamp": stamps, "open": 10, "high": 10, "low": 10, "close": 10, "volume": 100})
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.tell, time_rule=time_rules.market_close(minutes=30))
        ...
        ...     def tell(self, context, data):
        ...         print(get_datetime("America/New_York").time())
        >>> result = run(Told, {"A": bars}, data_frequency="minute", stamp="end", tz="UTC")
        15:30:00
        """
        return TimeRule("close", _minutes("market_close", offset, hours, minutes))

    @staticmethod
    def every_minute() -> TimeRule:
        """With every bar.

        >>> import polars as pl
        >>> from rustybt import Strategy, run
        >>> from rustybt.api import schedule_function, time_rules
        >>> stamps = [f"2024-01-02 {15 + hour}:{minute:02}" for hour in range(6) for minute in range(60)]
        >>> bars = pl.DataFrame({"timestamp": stamps, "open": 10, "high": 10, "low": 10, "close": 10, "volume": 100})
        >>> class Told(Strategy):
        ...     def initialize(self, context):
        ...         schedule_function(self.count, time_rule=time_rules.every_minute())
        ...
        ...     def count(self, context, data):
        ...         context.minutes = getattr(context, "minutes", 0) + 1
        ...
        ...     def analyze(self, context, result):
        ...         print(context.minutes)
        >>> result = run(Told, {"A": bars}, data_frequency="minute", stamp="end", tz="UTC")
        390
        """
        return TimeRule("every")


class calendars:  # noqa: N801  the name that strategies use
    """Names for `schedule_function(calendar=...)`; any other calendar's name will do as well.

    >>> from rustybt.api import calendars
    >>> calendars.US_EQUITIES, calendars.US_FUTURES
    ('XNYS', 'us_futures')
    """

    US_EQUITIES = "XNYS"
    US_FUTURES = "us_futures"


def half_days(calendar: Any) -> set[int]:
    """The positions of the sessions that close earlier in the day than the usual one of their year."""
    zone = ZoneInfo(calendar.tz)
    closes = [datetime_of(int(close)).astimezone(zone) for close in calendar.closes]
    # from the session's own midnight on: what closes after midnight does not close early
    first = dt.date(1970, 1, 1)
    minutes = np.array(
        [
            ((close.date() - first).days - int(day)) * 1440 + close.hour * 60 + close.minute
            for close, day in zip(closes, calendar.days, strict=True)
        ]
    )
    years = calendar.days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    short: set[int] = set()
    for year in np.unique(years):
        places = np.flatnonzero(years == year)
        kinds, counts = np.unique(minutes[places], return_counts=True)
        usual = kinds[np.argmax(counts)]
        short.update(places[minutes[places] < usual].tolist())
    return short


def bar_of(rule: TimeRule, axis: Any, session: int) -> int | None:
    """The bar of the run's session at which a time rule holds; None if the session has no such bar."""
    first, end = axis.bars_of[session]
    if first == end:
        return None
    if axis.daily or rule.anchor in ("first", "every"):
        return int(first)
    stamps = axis.stamps[first:end]
    if rule.anchor == "open":
        stamp = axis.run_opens[session] + rule.minutes * MINUTE_NS
        place = int(np.searchsorted(stamps, stamp))
    else:
        stamp = axis.run_closes[session] - rule.minutes * MINUTE_NS
        place = int(np.searchsorted(stamps, stamp, side="right")) - 1
    if axis.minutes:
        return int(first) + place if 0 <= place < len(stamps) and int(stamps[place]) == stamp else None
    # other bars: the first that is over at the time after the open, the last that is over at the time before the close
    return int(first) + min(max(place, 0), len(stamps) - 1)


def bar_beside_break(rule: TimeRule, axis: Any, session: int) -> int | None:
    """The bar of a run of minutes for a time that lies in a break of the session: the first after it, or, of a time
    that is told from the close, the last before it. None where the time lies outside the session."""
    first, end = axis.bars_of[session]
    stamps = axis.stamps[first:end]
    if rule.anchor == "open":
        place = int(np.searchsorted(stamps, axis.run_opens[session] + rule.minutes * MINUTE_NS))
        return int(first) + place if place < len(stamps) else None
    place = int(np.searchsorted(stamps, axis.run_closes[session] - rule.minutes * MINUTE_NS)) - 1
    return int(first) + place if place >= 0 else None


def bars_elsewhere(rule: TimeRule, calendar: Any, held: set[int], axis: Any, session: int, *, each: bool) -> list[int]:
    """The bars of the run's session at which a rule of another calendar holds.

    held: the positions of that calendar's sessions at which the date rule holds. each: every minute, not the first.
    """
    first, end = axis.bars_of[session]
    if axis.daily:
        day = axis.calendar.days[axis.first_session + session]
        at = int(np.searchsorted(calendar.days, day))
        return [first] if at in held and int(calendar.days[at]) == int(day) else []
    stamps = axis.stamps[first:end]
    places = np.minimum(np.searchsorted(calendar.closes, stamps), len(calendar.days) - 1)
    wanted = calendar.holds_minutes(stamps) & np.isin(places, sorted(held))
    if rule.anchor == "open":
        wanted &= stamps == calendar.run_opens[places] + rule.minutes * MINUTE_NS
    elif rule.anchor == "close":
        wanted &= stamps == calendar.run_closes[places] - rule.minutes * MINUTE_NS
    found: list[int] = (np.flatnonzero(wanted) + first).tolist()
    return found if each else found[:1]


def once_in_24_hours(axis: Any, held: set[int]) -> set[int]:
    """Zipline's guard: in a daily run it skips a session that closes less than 24 hours after the guard was set."""
    kept: set[int] = set()
    until = -1
    fired = False
    closes = axis.stamps[np.asarray(axis.starts[: axis.sessions])].tolist()
    for session, now in enumerate(closes, axis.first_session):
        if now >= until:
            fired, until = False, now + DAY_NS
        if session in held and not fired:
            kept.add(session)
            fired = True
    return kept
