"""The cost of a bar, counted in calls rather than timed: it grows neither with the bars before it nor with assets that
the run does not touch.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.catalog import Version
from tests._kernels import KERNELS

FIRST = dt.date(2020, 1, 1)


def ingest(bundle: str, assets: int, days: int) -> None:
    """Daily bars that go up and down, the same for each asset."""
    dates = [FIRST + dt.timedelta(days=day) for day in range(days)]
    closes = [Decimal(1000 + day * 37 % 101) / 10 for day in range(days)]
    prices = dict.fromkeys(("open", "high", "low", "close"), closes * assets)
    symbols = [f"S{number:03d}" for number in range(assets) for _ in dates]
    bars = pl.DataFrame({"symbol": symbols, "date": dates * assets, **prices, "volume": [10**6] * len(symbols)})
    rustybt.ingest(bundle, bars, calendar="24/7")


class Calls:
    """How many functions of Python and of C were called so far."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, *_: object) -> None:
        self.count += 1


@contextmanager
def counted() -> Iterator[Calls]:
    calls = Calls()
    monitoring = sys.monitoring
    tool = next(tool for tool in range(2, 6) if monitoring.get_tool(tool) is None)
    monitoring.use_tool_id(tool, "calls of a bar")
    try:
        monitoring.register_callback(tool, monitoring.events.CALL, calls.note)
        monitoring.register_callback(tool, monitoring.events.PY_START, calls.note)
        monitoring.set_events(tool, monitoring.events.CALL | monitoring.events.PY_START)
        yield calls
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


class Trader(rustybt.Strategy):
    """Reads a window, the prices and the portfolio, and trades both assets, each day in the same way."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.at_bar: list[int] = []

    def initialize(self, context: Any) -> None:
        context.assets = context.symbols("S001", "S003")
        context.invested = False

    def handle_data(self, context: Any, data: Any) -> None:
        self.at_bar.append(self.calls.count)
        data.history(context.assets, "price", 20, "1d")
        data.history(context.assets[0], "close", 5, "1d")
        prices = [data.current(asset, "price") for asset in context.assets]
        context.record(value=context.portfolio.portfolio_value, first=prices[0])
        context.invested = not context.invested
        for asset in context.assets:
            context.order_target(asset, 100 if context.invested else 0)


def run(bundle: str, days: int) -> tuple[rustybt.Result, list[int], int]:
    """The result, the calls between one bar and the next, and the calls of the whole run."""
    start, end = FIRST + dt.timedelta(days=30), FIRST + dt.timedelta(days=days - 1)
    with counted() as calls:
        trader = Trader(calls)
        result = rustybt.run_algorithm(start, end, strategy=trader, capital_base=10**6, bundle=bundle, progress=False)
        whole = calls.count
    return result, [b - a for a, b in zip(trader.at_bar, trader.at_bar[1:], strict=False)], whole


def test_a_late_bar_costs_what_an_early_one_did() -> None:
    ingest("long", 5, 700)
    result, per_bar, _ = run("long", 700)
    assert result.transactions.height > 1_200  # both assets, every day
    early, late = sum(per_bar[40:140]), sum(per_bar[-101:-1])
    assert late <= early * 1.01


def test_the_cost_of_a_bar_does_not_depend_on_the_length_of_the_run() -> None:
    ingest("long", 5, 700)
    _, short, _ = run("long", 200)
    _, long, _ = run("long", 700)
    assert sum(long[40:140]) <= sum(short[40:140]) * 1.01


def test_assets_that_the_run_does_not_touch_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    load = Version.load

    def counting(self: Version, sids: Any, *arguments: Any, **how: Any) -> Any:
        bars = load(self, sids, *arguments, **how)
        read.append(sum(len(raw.stamps) for raw in bars.values()))
        return bars

    monkeypatch.setattr(Version, "load", counting)
    figures = []
    for assets in (5, 500):
        bundle = f"of-{assets}"
        ingest(bundle, assets, 60)
        run(bundle, 60)  # the first run of a process imports what it needs
        read.clear()
        result, per_bar, whole = run(bundle, 60)
        figures.append((sum(read), result.transactions.height, sum(per_bar), whole))
    few, many = figures
    assert few[:2] == (2 * 60, 2 * 29)
    assert many[:2] == few[:2]
    assert many[2] <= few[2] * 1.01
    assert many[3] <= few[3] * 1.05


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_late_fork_is_a_few_calls_an_order(kernel: str) -> None:
    def trade(context: Any, data: Any) -> None:
        held = context.portfolio.positions
        for asset in context.symbols("S001", "S003"):
            context.order_target(asset, 0 if asset in held else 100)

    ingest("long", 5, 700)
    run = rustybt.Run(
        FIRST + dt.timedelta(days=30), handle_data=trade, capital_base=10**6, bundle="long", kernel=kernel,
        progress=False,
    )  # fmt: skip
    calls = []
    for day in (100, 200, 600):
        run.until(FIRST + dt.timedelta(days=day))
        run.fork()  # what is native shows its orders when they are first looked at
        with counted() as count:
            run.fork()
        calls.append(count.count)
    assert (calls[2] - calls[1]) / (2 * 400) < 6
    assert run.fork().finish().ledger_hash == run.finish().ledger_hash
