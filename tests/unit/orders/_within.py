"""Bundles of a few minutes a day, for runs on days that look into them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

import polars as pl

import rustybt
from tests.unit.orders._bars import DAYS, Bar, frame_of

_numbers = itertools.count()


def minutes_of(days: Sequence[Sequence[Bar]], step: dt.timedelta = dt.timedelta(minutes=1)) -> pl.DataFrame:
    """Bars of the asset X from the open of each session on, from (open, high, low, close[, volume])."""
    rows = []
    for day, bars in zip(DAYS, days, strict=False):
        opened = dt.datetime(day.year, day.month, day.day, 14, 30, tzinfo=dt.UTC)
        for place, bar in enumerate(bars):
            volume = bar[4] if len(bar) > 4 else "1000000"
            rows.append(("X", opened + (place + 1) * step, *bar[:4], volume))
    names = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    return pl.DataFrame(rows, schema=names, orient="row")


def market_of(
    days: Sequence[Sequence[Bar]], daily: Sequence[Bar] | None = None, data_frequency: str = "daily"
) -> rustybt.Market:
    """Those minutes in a bundle; with daily bars of their own, or such as they make."""
    name = f"within-{next(_numbers)}"
    rustybt.ingest(name, minutes_of(days), frequency="1m", stamp="end")
    if daily is not None:
        rustybt.ingest(name, frame_of(daily), frequency="1d", mode="append")
    return rustybt.load(name, data_frequency=data_frequency)
