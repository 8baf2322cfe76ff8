"""One case: bars, corporate actions and a scripted strategy, as plain values that survive a round trip through JSON.

Prices are whole cents and volumes whole shares, so that a case means the same to a float engine and to an exact one.
"""

from __future__ import annotations

import datetime as dt
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
class Stock:
    """bars: positions count sessions (daily) or minutes (minute) from the first stored session, ascending.

    splits: (position of the session, ratio as text), old price times ratio is comparable with the new one.
    """

    symbol: str
    bars: tuple[Bar, ...]
    splits: tuple[tuple[int, str], ...] = ()
    dividends: tuple[Dividend, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """date: (rule, offset or None). time: (rule, minutes or None)."""

    date: tuple[str, int | None]
    time: tuple[str, int | None]
    half_days: bool
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """sessions: ISO dates of all stored sessions; the run goes from position `first` to position `last`.

    capital_changes: moment (an ISO date, or the end of a minute in UTC), "delta" or "target", amount.
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
    capital_changes: tuple[tuple[str, str, int], ...] = ()

    def to_json(self) -> str:
        """The case as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Case:
        """The case that `to_json` wrote."""
        raw = json.loads(text)
        stocks = tuple(
            Stock(
                symbol=s["symbol"],
                bars=tuple(tuple(b) for b in s["bars"]),
                splits=tuple((p, r) for p, r in s["splits"]),
                dividends=tuple(Dividend(**d) for d in s["dividends"]),
            )
            for s in raw.pop("stocks")
        )
        schedules = tuple(
            Schedule(tuple(s["date"]), tuple(s["time"]), s["half_days"], tuple(s["ops"])) for s in raw.pop("schedules")
        )
        for name in ("sessions", "slippage", "commission", "ops", "before_open"):
            raw[name] = tuple(raw[name])
        raw["capital_changes"] = tuple(tuple(change) for change in raw.get("capital_changes", ()))
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
        return [stamp for day in self.sessions for stamp in _minutes(day)]

    def session_of(self, position: int) -> int:
        """Position of the session that a bar belongs to."""
        if self.frequency == "daily":
            return position
        for index, day in enumerate(self.sessions):
            position -= len(_minutes(day))
            if position < 0:
                return index
        raise ValueError(f"no session holds bar {position}: the case is malformed")


def ratio(text: str) -> Fraction:
    """A split ratio.

    >>> ratio("1/3")
    Fraction(1, 3)
    """
    return Fraction(text)


@lru_cache(maxsize=1)
def calendar() -> Any:
    """XNYS over the years that cases are drawn from; made directly, since the factory's cache is Zipline's too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas 2 beside a recent NumPy warns at the calendar library's import
        from exchange_calendars.exchange_calendar_xnys import XNYSExchangeCalendar

        return XNYSExchangeCalendar(start="2014-01-02", end="2024-12-31")


def session_days() -> list[str]:
    """ISO dates of all sessions that cases are drawn from."""
    return [day.date().isoformat() for day in calendar().sessions]


@lru_cache(maxsize=4096)
def _minutes(day: str) -> tuple[int, ...]:
    """End stamps of the session's minutes: the first one ends a minute after the open."""
    opened = int(calendar().session_open(day).value)
    closed = int(calendar().session_close(day).value)
    return tuple(range(opened + 60_000_000_000, closed + 1, 60_000_000_000))


def minute_count(day: str) -> int:
    """Minute bars of a session."""
    return len(_minutes(day))


def _ns(day: str) -> int:
    return (dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days * 86_400_000_000_000
