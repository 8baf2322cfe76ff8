"""A source that counts what it is asked for, over history that a test can restate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from rustybt.errors import SourceUnavailable
from rustybt.sources import Caller, Pace, Page, Supports, Window, download, make_request, rows_of
from rustybt.testing import FakeClock

NEW_YORK = "America/New_York"
DAY = 86_400_000_000_000
CLOCK = "2024-07-01T16:00:00+00:00"


class Counting:
    """One bar each day (or each hour of a day) from 2000 on; `asked` has symbol, first and last day of each request."""

    name = "counting"

    def __init__(self, clock: FakeClock, *, tz: str = "UTC", names: str = "ABCDEFGH", born: str = "2000-01-01") -> None:
        self.clock = clock
        self.identity = "counting"
        self.supports = Supports(("1h", "1d", "1w"), "24/7", tz, splits=True, dividends=True)
        self.asked: list[tuple[str, str, str]] = []
        self.names = names
        self.born = int(dt.datetime.fromisoformat(born).replace(tzinfo=dt.UTC).timestamp()) * 10**9
        self.changed: dict[tuple[str, str], str] = {}
        self.splits: dict[str, list[dict[str, str | None]]] = {}
        self.down = False

    def vendor_symbol(self, symbol: str) -> str:
        return symbol

    def fetch(
        self, symbols: Sequence[str], start: Any, end: Any = None, frequency: str = "1d", *, progress=None, resume=None
    ):
        request = make_request(
            self.name, self.supports, symbols, start, end, frequency, self.clock.now(), progress=progress, resume=resume
        )
        caller = Caller(Pace(clock=self.clock, attempts=1))
        return download(request, caller, self.page, {"told": "by the source"})

    def page(self, symbol: str, window: Window, cursor: str | None) -> Page:
        self.asked.append((symbol, str(window.first_date), str(window.last_date)))
        if self.down:
            raise SourceUnavailable("counting can't be reached. Try later.")
        if symbol not in self.names:
            return Page(rows_of())
        step = window.frequency.span_ns
        first = max(-(-window.start_ns // step) * step, self.born)
        rows = []
        for stamp in range(first, window.end_ns, step):
            price = self.price(symbol, stamp)
            if price != "gone":
                rows.append((stamp, price, price, price, price, str(stamp // 10**9 % 977)))
        splits = [
            s for s in self.splits.get(symbol, []) if str(window.first_date) <= s["ex_date"] <= str(window.last_date)
        ]
        return Page(rows_of(rows), splits=tuple(splits), asset={"name": f"the {symbol}"})

    def price(self, symbol: str, stamp: int) -> str:
        day = str(dt.datetime.fromtimestamp(stamp // 10**9, dt.UTC).date())
        return self.changed.get((symbol, day), str(Decimal(stamp // 10**9 % 9973) / 1000 + ord(symbol[0])))


def same(one: Any, other: Any) -> None:
    """Both fetches gave the same, types and all."""
    assert one.bars.schema == other.bars.schema
    assert one.bars.equals(other.bars)
    for name in ("splits", "dividends", "assets"):
        left, right = getattr(one, name), getattr(other, name)
        assert (left is None) == (right is None), name
        assert left is None or isinstance(left, pl.DataFrame)
        assert left is None or left.equals(right)
    assert (one.frequency, one.calendar, one.extended_hours) == (other.frequency, other.calendar, other.extended_hours)
