"""What terms cost: a million bars, a thousand pairs of averages beside vectorbt, ten terms of a market of 8,000 assets.

Core-seconds, so that a busy machine says nearly the same; results are compared before times. That of 8,000 assets is
by the clock, and wants two idle cores.

    python -m pytest benchmarks/test_terms_speed.py -m bench --benchmark-enable

vectorbt is run by the interpreter of `RUSTYBT_VECTORBT_PYTHON`; without it the sweep is measured alone.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from benchmarks.test_many_symbols import bars
from rustybt.api import commission as commissions
from rustybt.api import on_cross, order_target, set_commission, set_slippage, symbol, term
from rustybt.api import slippage as slippages
from rustybt.indicators import SMA
from rustybt.view import Tracks

pytestmark = [pytest.mark.bench, pytest.mark.skipif(sys.platform != "linux", reason="no /proc")]

MILLION = 1_046_880
FAST, SLOW = range(10, 260, 10), range(300, 2300, 50)
QUANTITY, CASH = 100, 10**9


@pytest.fixture(autouse=True)
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "root"))


def minutes(count: int, *, first: int = 100_000) -> pl.DataFrame:
    """Bars of one asset around the clock, at whole prices: their sums are exact in whatever order."""
    closes = np.maximum(first // 20, first + np.cumsum(np.random.default_rng(5).integers(-20, 21, count)))
    stamps = np.datetime64("2022-01-01T00:01", "us") + np.arange(count) * np.timedelta64(60, "s")
    prices = dict.fromkeys(("open", "high", "low", "close"), closes)
    stamped = pl.Series(stamps).dt.replace_time_zone("UTC")
    return pl.DataFrame({"symbol": ["A"] * count, "timestamp": stamped, **prices, "volume": [100_000] * count})


def store_minutes(count: int) -> tuple[Any, Any]:
    """The market, and its closes."""
    frame = minutes(count)
    rustybt.ingest("minutes", frame, frequency="1m", stamp="end", calendar="24/7", assets={"type": "crypto"})
    return rustybt.load("minutes", data_frequency="minute"), frame["close"].to_numpy().astype(np.float64)


def core_seconds(what: Callable[[], Any]) -> tuple[float, Any]:
    begun = resource.getrusage(resource.RUSAGE_SELF)
    found = what()
    ended = resource.getrusage(resource.RUSAGE_SELF)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime, found


def crossing(fast: int, slow: int) -> Callable[[Any], None]:
    """Holds while the fast average is above the slow one; fills at the next bar's close, and nothing costs anything."""

    def initialize(context: Any) -> None:
        set_slippage(slippages.NoSlippage())
        set_commission(commissions.NoCommission())
        asset = symbol("A")
        on_cross(*[term(SMA, asset, window=window) for window in (fast, slow)], crossed)

        context.asset = asset

    def crossed(context: Any, data: Any, direction: str) -> None:
        order_target(context.asset, QUANTITY if direction == "up" else 0)

    return initialize


def run(market: Any, fast: int, slow: int) -> Any:
    return rustybt.run_algorithm(
        initialize=crossing(fast, slow), capital_base=CASH, market=market, progress=False, benchmark_returns=None
    )


def test_a_million_minutes_with_a_crossing(capsys: pytest.CaptureFixture[str]) -> None:
    market, closes = store_minutes(MILLION)
    called = []

    def initialize(context: Any) -> None:
        fast, slow = [term(SMA, symbol("A"), window=window) for window in (20, 50)]
        on_cross(fast, slow, lambda context, data, direction: called.append(direction))

    seconds, _ = core_seconds(lambda: rustybt.run_algorithm(initialize=initialize, market=market, progress=False))
    # sums of whole prices, compared without a division
    sums = np.concatenate([[0.0], np.cumsum(closes)])
    apart = (sums[50:] - sums[:-50]) * -2
    apart += (sums[20:] - sums[:-20])[30:] * 5
    crossed = np.flatnonzero(((apart[:-1] <= 0) & (apart[1:] > 0)) | ((apart[:-1] >= 0) & (apart[1:] < 0)))
    assert len(called) == len(crossed)
    with capsys.disabled():
        print(f"\n  {MILLION:,} minutes, {len(called):,} crossings, first run: {seconds:.2f} core-seconds", end="")
    assert seconds < 0.5


def test_a_thousand_pairs_of_averages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market, closes = store_minutes(97_740)
    pairs = [(fast, slow) for fast in FAST for slow in SLOW]

    def sweep() -> tuple[list[float], list[int]]:
        values, orders = [], []
        for fast, slow in pairs:
            result = run(market, fast, slow)
            values.append(float(result.daily["portfolio_value"][-1]))
            orders.append(result.transactions.height)
        return values, orders

    seconds, (values, orders) = core_seconds(sweep)
    with capsys.disabled():
        print(f"\n  {len(pairs):,} pairs, {sum(orders):,} fills: {seconds:.2f} core-seconds", end="")
    tracks = [made for made, _ in market._kept.values() if isinstance(made, Tracks)]
    every = [one for each in tracks for one in (each, each._further) if one is not None]
    assert sum(one.columns.computed for one in every if one.columns is not None) == len(FAST) + len(SLOW)
    peer = os.environ.get("RUSTYBT_VECTORBT_PYTHON")
    if peer is None:
        return
    np.save(tmp_path / "closes.npy", closes)
    windows = [",".join(map(str, one)) for one in (FAST, SLOW)]
    script = str(Path(__file__).with_name("_on_vectorbt.py"))
    command = [peer, script, str(tmp_path / "closes.npy"), *windows, str(QUANTITY), str(CASH)]
    other = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert other["orders"] == orders
    assert other["values"] == values
    with capsys.disabled():
        print(f", vectorbt {other['cpu']:.2f}", end="")
    assert seconds < other["cpu"] / 2


def test_ten_terms_of_eight_thousand_assets_and_ten_years(capsys: pytest.CaptureFixture[str]) -> None:
    rustybt.ingest("wide", bars(8_000, 2_520), calendar="24/7")
    command = [sys.executable, "-m", "benchmarks._wide_terms", "wide"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    told = json.loads(done.stdout)
    assert (told["assets"], told["values"]) == (8_000, 10 * 8_000 * 2_520)
    assert told["differ"] == 0
    with capsys.disabled():
        print(
            f"\n  ten terms of 8,000 assets and 2,520 days: {told['wall']:.2f} s, {told['cpu']:.2f} core-seconds, "
            f"{told['serial']:.2f} of them in the run's own thread; "
            f"{told['private']:.2f} GiB of private memory, at most {told['peak']:.2f} GiB in all",
            end="",
        )
    assert told["private"] < 3
    assert told["wall"] < 4
