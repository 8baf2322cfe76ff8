"""What a hit of the cache costs: 50 assets, ten years of days, from disk and from memory.

python -m pytest benchmarks/test_cache_hit.py -m bench --benchmark-enable
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from rustybt.catalog import BarCache
from rustybt.sources import Cached, Fetched, Supports

pytestmark = pytest.mark.bench

ASSETS = [f"S{number:02}" for number in range(50)]
FIRST, LAST = dt.date(2014, 1, 1), dt.date(2023, 12, 31)
SECONDS = 0.1
ROUNDS = 10


class Once:
    """A source that may be asked once."""

    name = "once"
    identity = "once"
    supports = Supports(("1d",), "XNYS", "America/New_York")

    def __init__(self) -> None:
        self.asked = 0

    def vendor_symbol(self, symbol: str) -> str:
        return symbol

    def fetch(self, symbols: Any, start: Any, end: Any = None, frequency: str = "1d", **_: Any) -> Fetched:
        self.asked += 1
        days = pl.date_range(FIRST, LAST, eager=True).alias("date")
        days = days.filter(days.dt.weekday() < 6)
        rng = np.random.default_rng(1)
        frames = []
        for number, symbol in enumerate(symbols):
            # half of them have prices with three decimals, so that entries are not all alike
            cents = (100_000 + np.cumsum(rng.integers(-300, 301, len(days)))).clip(100)
            scale = 2 + number % 2
            prices = [
                pl.Series(name, cents + more).cast(pl.Int128).reinterpret(dtype=pl.Decimal(38, scale))
                for name, more in (("open", 0), ("high", 50), ("low", -50), ("close", 7))
            ]
            volume = pl.Series("volume", rng.integers(1, 10**7, len(days))).cast(pl.Decimal(38, 0))
            frames.append(
                pl.DataFrame([pl.repeat(symbol, len(days), eager=True).alias("symbol"), days, *prices, volume])
            )
        exact = [pl.col("open", "high", "low", "close").cast(pl.Decimal(38, 3))]
        return Fetched(
            pl.concat([frame.with_columns(exact) for frame in frames]),
            "1d",
            "XNYS",
            False,
            provenance={"source": "once"},
        )


def least_seconds(make: Callable[[], Cached]) -> float:
    """The least of several: what else the machine does is not the cache's."""
    times = []
    for _ in range(ROUNDS):
        source = make()
        began = time.perf_counter()
        fetched = source.fetch(ASSETS, FIRST, LAST)
        times.append(time.perf_counter() - began)
        assert fetched.bars.height == len(ASSETS) * 2608
        assert fetched.provenance["cache"]["hit"] == len(ASSETS)
    return min(times)


def test_a_hit_of_fifty_assets_and_ten_years(tmp_path, capsys):
    once = Once()
    store = BarCache(tmp_path)
    first = Cached(once, store).fetch(ASSETS, FIRST, LAST)
    from_disk = least_seconds(lambda: Cached(once, BarCache(tmp_path)))
    from_memory = least_seconds(lambda: Cached(once, store))
    assert once.asked == 1
    assert Cached(once, BarCache(tmp_path)).fetch(ASSETS, FIRST, LAST).bars.equals(first.bars)
    with capsys.disabled():
        print(
            f"\n  {first.bars.height:,} bars: from disk {from_disk * 1000:.0f} ms, memory {from_memory * 1000:.0f} ms"
        )
    assert from_disk < SECONDS
    assert from_memory < SECONDS
