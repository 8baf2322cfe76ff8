"""The market on which scripts are compared: six stocks of whole cents, the same on every machine."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.parity._case import calendar

CALENDAR = "XNYS"
DAILY = ("2016-01-04", "2017-12-29")
"""First and last stored session of the daily bars."""
MINUTES = ("2017-11-13", "2017-12-01")
"""The same of the minute bars: the day after Thanksgiving, which is short, is among them."""
SYMBOLS = ("ALFA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOXTROT")
MINUTE_SYMBOLS = ("ALFA", "BRAVO", "ECHO")
MINUTE = 60_000_000_000
LATE = "ECHO"
"""Listed half a year later than the others."""
SPLITS = (("ALFA", "2016-08-15", "2/5"), ("DELTA", "2017-03-01", "3/1"), ("BRAVO", "2017-11-20", "1/5"))
"""Ratios with which no price of whole cents comes to lie half-way between cents, where binary noise decides."""
DIVIDENDS = (
    ("ALFA", "2016-05-10", "0.45", "2016-05-24"),
    ("ALFA", "2017-05-09", "0.25", "2017-05-23"),
    ("CHARLIE", "2016-11-03", "0.80", "2016-11-17"),
    ("ECHO", "2017-11-16", "0.35", "2017-11-28"),
)

type Row = tuple[int, int, int, int, int]
"""open, high, low, close in cents, volume"""


@dataclass(frozen=True, slots=True)
class Market:
    """frequency: "daily" or "minute". bars: by symbol, rows by stamp: ISO day, or ns UTC of the minute's end."""

    frequency: str
    bars: dict[str, dict[Any, Row]]

    @property
    def symbols(self) -> tuple[str, ...]:
        """In the order of their sids."""
        return tuple(self.bars)


def daily_market() -> Market:
    """Two years of sessions; now and then a session without a trade."""
    days = [str(day.date()) for day in calendar().sessions_in_range(*DAILY)]
    splits = {(symbol, day): Fraction(ratio) for symbol, day, ratio in SPLITS}
    bars = {}
    for symbol in SYMBOLS:
        draws = random.Random(f"days of {symbol}")
        listed = days[125:] if symbol == LATE else days
        price = draws.randint(2_000, 9_000)
        rows: dict[Any, Row] = {}
        for number, day in enumerate(listed):
            price = int(price * splits.get((symbol, day), 1))
            row, price = _row(draws, price, 0.018)
            if number in (0, len(listed) - 1) or draws.random() > 0.01:
                rows[day] = (*row, draws.randint(20_000, 400_000))
        bars[symbol] = rows
    return Market("daily", bars)


def minute_market() -> Market:
    """Three weeks of minutes of three stocks; some minutes without a trade."""
    days = [str(day.date()) for day in calendar().sessions_in_range(*MINUTES)]
    splits = {(symbol, day): Fraction(ratio) for symbol, day, ratio in SPLITS}
    bars = {}
    for symbol in MINUTE_SYMBOLS:
        draws = random.Random(f"minutes of {symbol}")
        price = draws.randint(4_000, 20_000)
        rows: dict[Any, Row] = {}
        for day in days:
            price = int(price * splits.get((symbol, day), 1))
            opened, closed = (int(moment.value) for moment in calendar().session_open_close(day))
            minutes = range(opened + MINUTE, closed + 1, MINUTE)
            for minute in minutes:
                row, price = _row(draws, price, 0.0008)
                if minute in (minutes[0], minutes[-1]) or draws.random() > 0.03:
                    rows[minute] = (*row, draws.randint(100, 9_000))
        bars[symbol] = rows
    return Market("minute", bars)


def _row(draws: random.Random, price: int, width: float) -> tuple[tuple[int, int, int, int], int]:
    """A bar that opens near the last price, and its close."""
    opened = max(200, round(price * (1 + draws.gauss(0.0002, width / 3))))
    closed = max(200, round(opened * (1 + draws.gauss(0.0002, width))))
    high = max(opened, closed) + draws.randint(0, max(1, round(price * width / 2)))
    low = min(opened, closed) - draws.randint(0, max(1, round(price * width / 2)))
    return (opened, high, low, closed), closed


def market(frequency: str) -> Market:
    """The market of a frequency."""
    return daily_market() if frequency == "daily" else minute_market()


def days_of(frequency: str) -> tuple[str, str]:
    """First and last stored session."""
    return DAILY if frequency == "daily" else MINUTES


def date(day: str) -> dt.date:
    """A date from its ISO text."""
    return dt.date.fromisoformat(day)
