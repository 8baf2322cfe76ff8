"""What it takes to look at a result, in CPU time: its trades, other frames, and its figures.

python -m pytest benchmarks/test_results_speed.py -m bench --benchmark-enable -s
"""

from __future__ import annotations

import datetime as dt
import random
from time import process_time
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt import Result, metrics
from rustybt._kernels import twins
from rustybt.api import commission, order, set_commission, set_slippage, slippage, symbols

pytestmark = pytest.mark.bench
ASSETS, DAYS, ROUNDS = 50, 2_000, 5
MOST_FOR_TRADES = 0.5
MOST_FOR_FRAMES = 1.0 / 66_000
"""A fill."""
SESSIONS = 2_500
MOST_FOR_FIGURES = {"rust": 0.005, "python": 0.015}


@pytest.fixture(scope="module", params=["fills", "splits and dividends"])
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A run of 100,000 fills; the other one with a split in each year, and a dividend in each quarter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUSTYBT_ROOT", str(tmp_path_factory.mktemp("root")))
        drawn = random.Random(1)
        days = [dt.date(2014, 1, 1) + dt.timedelta(days=n) for n in range(DAYS)]
        rows = [
            (f"S{asset:03d}", day, *[f"{drawn.randint(4_000, 6_000) / 100:.2f}"] * 4, 10**9)
            for asset in range(ASSETS)
            for day in days
        ]
        names = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
        actions = booked_besides(days) if request.param != "fills" else {}
        rustybt.ingest("fills", pl.DataFrame(rows, schema=names, orient="row"), calendar="24/7", **actions)

        def initialize(context: Any) -> None:
            set_commission(commission.PerShare("0.001"))
            set_slippage(slippage.FixedBasisPointsSlippage())
            context.assets = symbols(*(f"S{asset:03d}" for asset in range(ASSETS)))

        def handle_data(context: Any, data: Any) -> None:
            for asset in context.assets:
                held = context.portfolio.positions[asset].amount
                order(asset, drawn.randint(1, 20) if held <= 60 else -drawn.randint(1, 60), tag="drawn")

        made = rustybt.run_algorithm(
            days[0], days[-1], initialize, 1_000_000, handle_data, bundle="fills", progress=False
        )
        return Result.load(made.save(tmp_path_factory.mktemp("saved") / "run"))


def booked_besides(days: list[dt.date]) -> dict[str, pl.DataFrame]:
    """Splits and dividends of each asset, on days of its own."""
    splits = [
        (f"S{asset:03d}", days[400 * turn + 7 + asset], "2" if turn % 2 else "0.5")
        for asset in range(ASSETS)
        for turn in range(1, 5)
    ]
    dividends = [
        (f"S{asset:03d}", days[90 * turn + asset], days[90 * turn + asset + 5], "0.10")
        for asset in range(ASSETS)
        for turn in range(1, 20)
    ]
    return {
        "splits": pl.DataFrame(splits, schema=["symbol", "ex_date", "ratio"], orient="row"),
        "dividends": pl.DataFrame(dividends, schema=["symbol", "ex_date", "pay_date", "amount"], orient="row"),
    }


def cpu_seconds(call: Any) -> float:
    """Of the quickest of some calls."""
    found = []
    for _ in range(ROUNDS):
        begin = process_time()
        call()
        found.append(process_time() - begin)
    return min(found)


@pytest.mark.parametrize("method", ["fifo", "lifo", "average", "flat"])
def test_trades_of_a_hundred_thousand_fills(result: Result, method: Any) -> None:
    """With the native kernel; without it lot by lot in Python, but for fills alone first in, first out."""
    taken = cpu_seconds(lambda: result.round_trips(method))
    print(f"\n{result.transactions.height:,} fills, {method}: {taken:.3f} CPU s")
    assert taken < MOST_FOR_TRADES


@pytest.mark.parametrize("frame", ["shortfall", "to_pandas"])
def test_other_frames_of_a_hundred_thousand_fills(result: Result, frame: str) -> None:
    pytest.importorskip("pandas")
    taken = cpu_seconds(lambda: result.to_pandas() if frame == "to_pandas" else result.shortfall)
    print(f"\n{result.transactions.height:,} fills, {frame}: {taken:.3f} CPU s")
    assert taken / result.transactions.height < MOST_FOR_FRAMES


def test_all_figures_of_ten_years(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a run with a benchmark, without what is rolling."""
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    drawn, price = random.Random(3), 5_000.0
    rows = []
    for place in range(SESSIONS):
        price = max(500, price * (1 + drawn.gauss(0.0004, 0.015)))
        rows.append(("A", dt.date(2014, 1, 1) + dt.timedelta(days=place), *[f"{price / 100:.2f}"] * 4, 10**9))
    names = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    rustybt.ingest("years", pl.DataFrame(rows, schema=names, orient="row"), calendar="24/7")

    def handle_data(context: Any, data: Any) -> None:
        order(context.symbol("A"), drawn.randint(-20, 20))

    made = rustybt.run_algorithm(
        dt.date(2014, 1, 1), rows[-1][1], None, 100_000, handle_data, bundle="years", benchmark="A", progress=False
    )
    daily, periods = made.daily, made.periods

    def figures() -> None:
        metrics.summary(daily, periods=periods)
        metrics.further_figures(daily, periods=periods)

    for kernel in twins():
        monkeypatch.setenv("RUSTYBT_KERNELS", kernel)
        taken = min(cpu_seconds(figures) for _ in range(10))
        print(f"\n{daily.height:,} sessions, {kernel}: {taken * 1000:.1f} CPU ms for {len(made.metrics)} figures")
        assert taken < MOST_FOR_FIGURES[kernel]
