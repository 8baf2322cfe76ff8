"""What a report costs: to make, to open, and how large it is.

Limits are core-seconds where Python works, so that a busy machine says the same; a page is opened in the system's
Chromium, by the clock.

python -m pytest benchmarks/test_report.py -m bench --benchmark-enable
"""

from __future__ import annotations

import datetime as dt
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from benchmarks.test_many_symbols import core_seconds
from rustybt.results import Result
from tests.unit.report._browser import Browser, find_browser

pytestmark = [pytest.mark.bench, pytest.mark.skipif(sys.platform == "win32", reason="no getrusage")]

FIRST = dt.date(2010, 1, 1)
YEARS = 10


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser | None]:
    program = find_browser()
    if program is None:
        yield None
        return
    with Browser(program) as browser:
        yield browser


def bars(assets: int, days: int) -> pl.DataFrame:
    """Daily bars of shares that wander, each day of the week."""
    random = np.random.default_rng(16)
    close = np.round(50 * np.exp(np.cumsum(random.normal(0.0002, 0.012, (days, assets)), axis=0)), 2) + 1
    dates = np.repeat(np.datetime64(FIRST) + np.arange(days), assets)
    flat = close.ravel()
    return pl.DataFrame(
        {
            "symbol": np.tile([f"S{number:03d}" for number in range(assets)], days).tolist(),
            "date": dates,
            "open": flat,
            "high": (flat + 0.5).round(2),
            "low": (flat - 0.5).round(2),
            "close": flat,
            "volume": np.full(flat.shape, 1_000_000),
        }
    )


def run(assets: int, days: int, fills_a_day: int) -> Result:
    """A run with so many fills a day, by turns in all assets."""
    market = rustybt.load_data(bars(assets, days), calendar="24/7")

    def handle_data(context: Any, data: Any) -> None:
        context.day = getattr(context, "day", -1) + 1
        for number in range(fills_a_day):
            place = (context.day * fills_a_day + number) % assets
            asset = context.symbol(f"S{place:03d}")
            context.order_target(asset, 0 if context.portfolio.positions[asset].amount else 10 + place)

    return rustybt.run_algorithm(market=market, capital_base=10_000_000, handle_data=handle_data)


def measured(result: Result, path: Path, opened: Browser | None, **more: Any) -> dict[str, float]:
    """Core-seconds to make, seconds to open, megabytes."""
    made, _ = core_seconds(lambda: result.report(path, **more))
    found = {"made": made, "megabytes": path.stat().st_size / 1e6}
    if opened is not None:
        opened.open(path)  # the first page warms the browser
        found["opened"] = min(opened.open(path) for _ in range(3))
        assert opened.problems == []
    return found


def told(capsys: pytest.CaptureFixture[str], what: str, found: dict[str, float]) -> None:
    with capsys.disabled():
        print(f"\n  {what}: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()), end="")


def test_ten_years_of_days(capsys: pytest.CaptureFixture[str], tmp_path: Path, opened: Browser | None) -> None:
    result = run(5, 252 * YEARS, 1)
    found = measured(result, tmp_path / "days.html", opened)
    told(capsys, "ten years of days", found)
    assert found["made"] < 1
    assert found["megabytes"] < 1
    assert found.get("opened", 0) < 2


def test_many_assets_and_fills(capsys: pytest.CaptureFixture[str], tmp_path: Path, opened: Browser | None) -> None:
    result = run(500, 252 * YEARS, 20)
    assert result.transactions.height > 50_000
    found = measured(result, tmp_path / "many.html", opened)
    told(capsys, f"500 assets, {result.transactions.height:,} fills", found)
    assert found["made"] < 3
    assert found["megabytes"] < 4
    assert found.get("opened", 0) < 2


def test_a_hundred_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path, opened: Browser | None) -> None:
    result = run(5, 252 * YEARS, 1)
    compared = {f"run {number}": result for number in range(99)}
    found = measured(result, tmp_path / "runs.html", opened, compare=compared)
    told(capsys, "a hundred runs", found)
    assert found["megabytes"] < 4
    assert found.get("opened", 0) < 2


def test_bars_behind_a_run_make_it_no_larger(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    minutes = 3_000_000
    random = np.random.default_rng(3)
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.0002, minutes))), 2)
    stamps = np.datetime64("2010-01-01T00:01", "m") + np.arange(minutes)
    frame = pl.DataFrame(
        {
            "symbol": ["X"] * minutes,
            "date": stamps.astype("datetime64[ms]"),
            **dict.fromkeys(("open", "high", "low", "close"), close),
            "volume": np.full(minutes, 1000),
        }
    )
    market = rustybt.load_data(frame, data_frequency="minute", calendar="24/7", stamp="end", tz="UTC")

    def initialize(context: Any) -> None:
        rustybt.api.schedule_function(trade, rustybt.api.date_rules.month_start(), rustybt.api.time_rules.market_open())

    def trade(context: Any, data: Any) -> None:
        asset = context.symbol("X")
        context.order_target(asset, 0 if context.portfolio.positions[asset].amount else 100)

    result = rustybt.run_algorithm(market=market, capital_base=100_000, initialize=initialize, data_frequency="minute")
    found = measured(result, tmp_path / "minutes.html", None)
    found["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told(capsys, f"{minutes:,} minutes", found)
    assert found["megabytes"] < 1
