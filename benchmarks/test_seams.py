"""What the native kernel gains in a run, seam by seam: the same run on both kernels, timed from within.

    python -m pytest benchmarks/test_seams.py -m bench --benchmark-enable -s

A strategy of 50 assets asks for each price and orders a weight of each with every bar. What lies between its calls is
the work on the orders and the row of the day; what comes after its last one, the frames of the result.
docs/performance/kernels.md says what came out.
"""

from __future__ import annotations

import datetime as dt
from time import perf_counter
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt._kernels import twins
from rustybt.api import commission, order_target_percent, set_commission, set_slippage, slippage, symbols

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif("rust" not in twins(), reason="there is no native extension to compare with"),
]
ASSETS, YEAR, ROUNDS = 50, 252, 5
FLOORS = {"prices": 2.0, "orders": 2.5, "bar": 4.0, "frames": 2.5}
"""How many times faster each must be at least on the native kernel."""


@pytest.fixture(autouse=True)
def _bars(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    days = [dt.date(2021, 1, 1) + dt.timedelta(days=n) for n in range(YEAR)]
    frame = pl.DataFrame(
        [
            (f"S{asset:03d}", day, *[f"{(5_000 + (7 * place + 11 * asset) % 90) / 100:.2f}"] * 4, 10**9)
            for asset in range(ASSETS)
            for place, day in enumerate(days)
        ],
        schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"],
        orient="row",
    )
    rustybt.ingest("year", frame, calendar="24/7")


def timed(kernel: str) -> tuple[dict[str, float], rustybt.Result]:
    """Seconds of the quickest bar of a run, by what was done, and of the frames at its end; and its result."""
    prices, orders, bars, marks = [], [], [], []

    def initialize(context: Any) -> None:
        set_slippage(slippage.FixedBasisPointsSlippage())
        set_commission(commission.PerShare())
        context.assets = symbols(*(f"S{asset:03d}" for asset in range(ASSETS)))
        context.bar = 0

    def handle_data(context: Any, data: Any) -> None:
        begin = perf_counter()
        for asset in context.assets:
            data.current(asset, "price")
        asked = perf_counter()
        weight = 0.0123 + 0.0004 * (context.bar % 2)
        for asset in context.assets:
            order_target_percent(asset, weight)
        done = perf_counter()
        if marks:
            bars.append(begin - marks[-1])
        prices.append(asked - begin)
        orders.append(done - asked)
        marks.append(done)
        context.bar += 1

    result = rustybt.run_algorithm(
        None, None, initialize, 10**7, handle_data, bundle="year", progress=False, kernel=kernel
    )
    result.frames()
    frames = perf_counter() - marks[-1]
    return {"prices": min(prices), "orders": min(orders), "bar": min(bars), "frames": frames}, result


def test_each_seam_is_faster_by_the_stated_factor_and_leaves_the_same() -> None:
    best: dict[str, dict[str, float]] = {}
    hashes = set()
    for kernel in ("python", "rust") * ROUNDS:
        seconds, result = timed(kernel)
        so_far = best.setdefault(kernel, seconds)
        best[kernel] = {what: min(so_far[what], took) for what, took in seconds.items()}
        hashes.add(result.ledger_hash)
        assert len(result.transactions) > ASSETS * YEAR / 2
    assert len(hashes) == 1
    for what in FLOORS:
        slow, quick = best["python"][what], best["rust"][what]
        print(f"{what}: {slow * 1e6:.0f} us / {quick * 1e6:.0f} us = {slow / quick:.1f}")
    for what, floor in FLOORS.items():
        assert best["python"][what] / best["rust"][what] >= floor, what
