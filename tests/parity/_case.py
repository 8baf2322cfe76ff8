"""One case: bars, corporate actions and a scripted strategy, as plain values that survive a round trip through JSON.

Prices are whole cents and volumes whole shares, so that a case means the same to a float engine and to an exact one.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import warnings
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

type Bar = tuple[int, int, int, int, int, int]
"""position, open, high, low, close (cents), volume (shares)"""
type Op = dict[str, Any]
"""one instruction of the script: `do`, its arguments, and `every`/`phase`, the bars on which it runs"""


@dataclass(frozen=True, slots=True)
class Dividend:
    """ex: position of the ex-session. pay: ISO date, or None where the source has none."""

    ex: int
    amount: str
    pay: str | None


@dataclass(frozen=True, slots=True)
class StockDividend:
    """ex: position of the ex-session. pay: ISO date. ratio: shares of the stock `of` for each one held."""

    ex: int
    pay: str
    ratio: str
    of: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What makes an asset a future; dates in ISO. Where it is closed out stands in `Stock.auto_close`."""

    root: str
    multiplier: str
    tick: str
    notice: str
    expires: str


@dataclass(frozen=True, slots=True)
class Stock:
    """bars: positions count sessions (daily) or minutes (minute) from the first stored session, ascending.

    The sessions of the first and the last bar are the asset's start and end date.
    splits: (position of the session, ratio as text), old price times ratio is comparable with the new one.
    auto_close: ISO date from which a position is closed out, None for never.
    contract: None for an equity.
    """

    symbol: str
    bars: tuple[Bar, ...]
    splits: tuple[tuple[int, str], ...] = ()
    dividends: tuple[Dividend, ...] = ()
    stock_dividends: tuple[StockDividend, ...] = ()
    auto_close: str | None = None
    contract: Contract | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """date: (rule, offset or None). time: (rule, minutes or None)."""

    date: tuple[str, int | None]
    time: tuple[str, int | None]
    half_days: bool
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Continuous:
    """A continuous future; adjustment: "mul", "add" or None."""

    root: str
    offset: int
    roll: str
    adjustment: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """sessions: ISO dates of all stored sessions; the run goes from position `first` to position `last`.

    benchmark: None, the number of a stock, or the returns of the run's sessions as text.
    cancel: None, "never", "eod" or "custom". controls: what to set, each with `set` and its arguments.
    capital_changes: moment (an ISO date, or the end of a minute in UTC), "delta" or "target", amount.
    future_slippage, future_commission: as slippage and commission, for contracts.
    """

    seed: int
    frequency: str
    sessions: tuple[str, ...]
    first: int
    last: int
    capital: int
    stocks: tuple[Stock, ...]
    slippage: tuple[str, dict[str, str]]
    commission: tuple[str, dict[str, str]]
    ops: tuple[Op, ...]
    schedules: tuple[Schedule, ...] = ()
    before_open: tuple[Op, ...] = ()
    calendar: str = "XNYS"
    benchmark: int | tuple[str, ...] | None = None
    cancel: str | None = None
    controls: tuple[Op, ...] = ()
    capital_changes: tuple[tuple[str, str, int], ...] = ()
    continuous: tuple[Continuous, ...] = ()
    future_slippage: tuple[str, dict[str, str]] = ("default", {})
    future_commission: tuple[str, dict[str, str]] = ("default", {})

    def to_json(self) -> str:
        """The case as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Case:
        """The case that `to_json` wrote."""
        raw = json.loads(text)
        stocks = tuple(_stock(s) for s in raw.pop("stocks"))
        schedules = tuple(
            Schedule(tuple(s["date"]), tuple(s["time"]), s["half_days"], tuple(s["ops"])) for s in raw.pop("schedules")
        )
        for name in _TUPLES:
            raw[name] = tuple(raw[name])
        if isinstance(raw["benchmark"], list):
            raw["benchmark"] = tuple(raw["benchmark"])
        raw["capital_changes"] = tuple(tuple(change) for change in raw["capital_changes"])
        raw["continuous"] = tuple(Continuous(**c) for c in raw["continuous"])
        return cls(stocks=stocks, schedules=schedules, **raw)

    def with_(self, **changes: Any) -> Case:
        """A copy with other values."""
        return replace(self, **changes)

    @property
    def start(self) -> str:
        """ISO date of the first session of the run."""
        return self.sessions[self.first]

    @property
    def end(self) -> str:
        """ISO date of the last session of the run."""
        return self.sessions[self.last]

    def stamps(self) -> list[int]:
        """What a bar's position means: midnight UTC of the session (daily) or the end of the minute, in ns."""
        if self.frequency == "daily":
            return [_ns(day) for day in self.sessions]
        return [stamp for day in self.sessions for stamp in minutes_of(self.calendar, day)]

    def session_of(self, position: int) -> int:
        """Position of the session that a bar belongs to."""
        if self.frequency == "daily":
            return position
        for index, day in enumerate(self.sessions):
            position -= len(minutes_of(self.calendar, day))
            if position < 0:
                return index
        raise ValueError(f"no session holds bar {position}: the case is malformed")


_TUPLES = (
    *("sessions", "slippage", "commission", "ops", "before_open"),
    *("controls", "future_slippage", "future_commission"),
)


def _stock(raw: dict[str, Any]) -> Stock:
    contract = raw["contract"]
    return Stock(
        symbol=raw["symbol"],
        bars=tuple(tuple(b) for b in raw["bars"]),
        splits=tuple((p, r) for p, r in raw["splits"]),
        dividends=tuple(Dividend(**d) for d in raw["dividends"]),
        stock_dividends=tuple(StockDividend(**d) for d in raw["stock_dividends"]),
        auto_close=raw["auto_close"],
        contract=None if contract is None else Contract(**contract),
    )


def ratio(text: str) -> Fraction:
    """A split ratio.

    >>> ratio("1/3")
    Fraction(1, 3)
    """
    return Fraction(text)


_CALENDARS = {
    "XNYS": ("exchange_calendar_xnys", "XNYSExchangeCalendar"),
    "XLON": ("exchange_calendar_xlon", "XLONExchangeCalendar"),
    "XTKS": ("exchange_calendar_xtks", "XTKSExchangeCalendar"),
    "24/7": ("always_open", "AlwaysOpenCalendar"),
    "us_futures": ("us_futures_calendar", "QuantopianUSFuturesCalendar"),
}


@lru_cache
def calendar(name: str = "XNYS") -> Any:
    """The calendar over the years that cases are drawn from; made directly: the factory's cache is Zipline's too."""
    module, kind = _CALENDARS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas 2 beside a recent NumPy warns at the calendar library's import
        made = getattr(importlib.import_module(f"exchange_calendars.{module}"), kind)
        return made(start="2014-01-02", end="2024-12-31", side="right")


@lru_cache
def session_days(name: str = "XNYS") -> tuple[str, ...]:
    """ISO dates of all sessions that cases are drawn from."""
    return tuple(day.date().isoformat() for day in calendar(name).sessions)


@lru_cache(maxsize=8192)
def minutes_of(name: str, day: str) -> tuple[int, ...]:
    """End stamps of the session's minutes: the first one ends a minute after the open; none lies in a break."""
    made = calendar(name)
    opened, closed = int(made.session_open(day).value), int(made.session_close(day).value)
    minutes = range(opened + 60_000_000_000, closed + 1, 60_000_000_000)
    if not made.session_has_break(day):
        return tuple(minutes)
    stopped, resumed = int(made.session_break_start(day).value), int(made.session_break_end(day).value)
    return tuple(stamp for stamp in minutes if not stopped < stamp <= resumed)


def rests_of(case: Case) -> frozenset[int]:
    """End stamps of the minutes of a minute run that lie in a break: Zipline's clock stops there too."""
    made = calendar(case.calendar)
    days = [day for day in case.sessions if case.frequency == "minute" and made.session_has_break(day)]
    spans = [(int(made.session_break_start(day).value), int(made.session_break_end(day).value)) for day in days]
    minute = 60_000_000_000
    return frozenset(stamp for start, end in spans for stamp in range(start + minute, end + minute, minute))


def clock_of(name: str, day: str) -> tuple[int, ...]:
    """The session's minutes at which Zipline's clock stops: futures rest outside their execution hours."""
    made, minutes = calendar(name), minutes_of(name, day)
    if name != "us_futures":
        return minutes
    first = made.execution_time_from_open(made.session_open(day)).value
    last = made.execution_time_from_close(made.session_close(day)).value
    return tuple(stamp for stamp in minutes if first < stamp <= last)


def minute_count(day: str, name: str = "XNYS") -> int:
    """Minute bars of a session."""
    return len(minutes_of(name, day))


def _ns(day: str) -> int:
    return (dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days * 86_400_000_000_000
