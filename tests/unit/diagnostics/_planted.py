"""Days and runs in which one thing is wrong."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

import rustybt
from rustybt.api import commission, order, slippage, symbol
from tests.unit._small import NAMES


def days_from(first: dt.date, count: int, weekdays: Iterable[int] = range(7)) -> list[dt.date]:
    """So many days on these weekdays."""
    kept = set(weekdays)
    days = (first + dt.timedelta(days=k) for k in range(count * 3 + 10))
    return [day for day in days if day.weekday() in kept][:count]


DAYS = days_from(dt.date(2021, 1, 1), 400)


def bundle(prices: dict[str, Any], *, days: list[dt.date] = DAYS, volume: Any = 1_000_000, **more: Any) -> None:
    """A bundle "planted" on a calendar without holidays: a close or (open, high, low, close, volume) per day."""
    rows = []
    for name, given in prices.items():
        for day, price in zip(days, given, strict=False):
            if price is not None:
                high, low = (float(price) * 1.01, float(price) * 0.99) if not isinstance(price, tuple) else (0, 0)
                bar = price if isinstance(price, tuple) else (price, round(high, 4), round(low, 4), price, volume)
                rows.append((name, day, *map(str, bar)))
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    more.setdefault("calendar", "24/7")
    if "splits" in more:
        more["splits"] = pl.DataFrame(more["splits"], schema=["symbol", "ex_date", "ratio"], orient="row")
    rustybt.ingest("planted", frame, mode="replace", **more)


def waves(count: int = 400, *, around: float = 100, size: float = 5, period: int = 20) -> list[float]:
    """A price that goes up and down."""
    return [round(around + size * math.sin(2 * math.pi * k / period), 4) for k in range(count)]


def run(
    on_day: Callable[[Any, Any, int], Any] | None = None,
    *,
    days: list[dt.date] = DAYS,
    start: int = 0,
    count: int | None = None,
    capital: Any = 100_000,
    initialize: Callable[[Any], Any] | None = None,
    free: bool = False,
    **settings: Any,
) -> rustybt.Result:
    """on_day(context, data, day) on each day. free: without slippage and commission."""

    def first(context: Any) -> None:
        context.day = -1
        if free:
            context.set_slippage(slippage.NoSlippage())
            context.set_commission(commission.NoCommission())
        if initialize is not None:
            initialize(context)

    def handle_data(context: Any, data: Any) -> None:
        context.day += 1
        if on_day is not None:
            on_day(context, data, context.day)

    last = days[(count or len(days)) - 1]
    settings.setdefault("bundle", "planted")
    return rustybt.run_algorithm(days[start], last, first, capital, handle_data, progress=False, **settings)


def buys(units: Any, name: str = "A", on: int = 0) -> Callable[[Any, Any, int], Any]:
    """Orders once."""
    return lambda context, data, day: order(symbol(name), units) if day == on else None
