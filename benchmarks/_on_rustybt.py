"""The scenarios on RustyBT: bringing the data in, the strategies, a run."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._scenarios import Scenario


def store(scenario: Scenario, folder: Path) -> None:
    """Ingests the scenario's bars under a root of their own."""
    import polars as pl

    import rustybt
    from benchmarks._data import make_bars

    bars = make_bars(scenario)
    rows, count = bars.close.shape
    stamps = pl.Series("timestamp", np.tile(bars.stamps, count)).cast(pl.Datetime("ns", "UTC"))
    columns = [
        pl.Series("symbol", np.repeat(bars.symbols, rows).tolist(), dtype=pl.String),
        stamps.dt.date().alias("date") if scenario.frequency == "daily" else stamps,
    ]
    for name in ("open", "high", "low", "close"):
        cents = pl.Series(name, getattr(bars, name).T.ravel())
        columns.append(cents.cast(pl.Int128).reinterpret(dtype=pl.Decimal(38, 2)))
    columns.append(pl.Series("volume", bars.volume.T.ravel()))
    intraday: dict[str, Any] = {"stamp": "end", "tz": "UTC"}
    rustybt.ingest(
        scenario.bundle,
        pl.DataFrame(columns),
        frequency="1d" if scenario.frequency == "daily" else "1m",
        root=root(folder),
        **({} if scenario.frequency == "daily" else intraday),
    )


def root(folder: Path) -> Path:
    """Where the catalog of a benchmark folder is."""
    return folder / "rustybt"


FRAMES = ("daily", "orders", "order_events", "transactions", "positions", "recorded", "measures", "entries", "assets")
"""The frames that a run is timed with: all but that of its costs, which nothing here is compared with."""


class KernelsOfRuns:
    """Names the kernel of each run, and remembers of what type its books were: which path ran.

    books: what makes them in place of the kernel's own.
    """

    def __init__(self, kernel_named: Any, books: Any = None) -> None:
        self._named = kernel_named
        self._books = books
        self.path = ""

    def __call__(self, name: str) -> Any:
        kernel = self._named(name)
        make = self._books or kernel.books
        tried = make()
        kind, money = type(tried), type(tried.posted(tried.open_pocket("main", "USD", 1))).__name__
        self.path = f"{kind.__module__}.{kind.__qualname__}, cash is {money}"
        return dataclasses.replace(kernel, books=make)


class Runner:
    """Runs a scenario in this process; the data must be stored.

    floats: for comparison, "books" makes money a float (`benchmarks._float_run`), "all" also what the strategy gets;
    that holds for the whole process. Empty: the product.
    """

    def __init__(self, scenario: Scenario, folder: Path, floats: str = "") -> None:
        os.environ["RUSTYBT_ROOT"] = str(root(folder))
        import rustybt
        from rustybt.engine import _prepared

        if not isinstance(_prepared.kernel_named, KernelsOfRuns):
            books: Any = None
            if floats:
                from benchmarks._float_books import FloatBooks
                from benchmarks._float_run import install

                install()
                books = FloatBooks
            _prepared.kernel_named = KernelsOfRuns(_prepared.kernel_named, books)
        self._kernels: Any = _prepared.kernel_named
        self._floats = floats
        self._run = rustybt.run_algorithm
        self.scenario = scenario

    def run(self) -> tuple[Any, Any]:
        """A whole run: the result, and what the strategy added up."""
        scenario = self.scenario
        initialize, handle_data, seen, *on_order = STRATEGIES[scenario.name.removesuffix("-YEAR")](scenario)
        if not scenario.costs:
            initialize = _without_costs(initialize)
        result = self._run(
            scenario.start,
            scenario.end,
            initialize,
            scenario.capital,
            handle_data,
            data_frequency=scenario.frequency,
            bundle=scenario.bundle,
            compat="zipline",
            numbers="float" if self._floats == "all" else "decimal",
            progress=False,
            on_order=on_order[0] if on_order else None,
        )
        # made at first look; what it is compared with has made its own
        for name in FRAMES:
            getattr(result, name)
        return result, seen

    def outcome(self, run: tuple[Any, Any]) -> dict[str, Any]:
        """A run as plain values, to compare: also the ledger's hash where the books are exact, and which books ran."""
        result, seen = run
        trades = result.transactions
        columns = (trades["dt"].dt.timestamp("ns").to_list(), trades["symbol"].to_list())
        numbers = ([int(v) for v in trades["amount"].to_list()], [float(v) for v in trades["price"].to_list()])
        return {
            "transactions": [list(row) for row in zip(*columns, *numbers, strict=True)],
            "values": [float(value) for value in result.daily["portfolio_value"].to_list()],
            "seen": [float(value) for value in seen],
            "hash": None if self._floats else result.ledger_hash,
            "path": self._kernels.path,
            "calls": result.manifest["bars"],
        }


def _without_costs(initialize: Any) -> Any:
    """The same strategy with fills at the price itself and without commissions, as the peers run it."""
    from rustybt.api import commission, set_commission, set_slippage, slippage

    def cheap(context: Any) -> None:
        set_slippage(slippage.NoSlippage())
        set_commission(commission.NoCommission())
        initialize(context)

    return cheap


def _symbols(scenario: Scenario) -> list[str]:
    return [f"S{number:03d}" for number in range(scenario.assets)]


def _d50(scenario: Scenario) -> Any:
    from rustybt.api import order_target_percent, symbols

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))

    def handle_data(context: Any, data: Any) -> None:
        closes = data.history(context.assets, "price", 50, "1d", output="numpy")
        # sums in whole cents: an average that ties with the other must not be decided by float noise
        rises = np.rint(closes[-20:].sum(axis=0) * 100) * 5 > np.rint(closes.sum(axis=0) * 100) * 2
        held = int(rises.sum())
        weight = 1.0 / held if held else 0.0
        for asset, rising in zip(context.assets, rises.tolist(), strict=True):
            order_target_percent(asset, weight if rising else 0.0)

    return initialize, handle_data, []


def _d50_at_once(scenario: Scenario) -> Any:
    from rustybt.api import order_target_percents, symbols

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))

    def handle_data(context: Any, data: Any) -> None:
        closes = data.history(context.assets, "price", 50, "1d", output="numpy")
        rises = np.rint(closes[-20:].sum(axis=0) * 100) * 5 > np.rint(closes.sum(axis=0) * 100) * 2
        weights = rises / max(int(rises.sum()), 1)
        order_target_percents(zip(context.assets, weights.tolist(), strict=True))

    return initialize, handle_data, []


def _m1(scenario: Scenario) -> Any:
    from rustybt.api import order_target_percent, symbol

    def initialize(context: Any) -> None:
        context.asset = symbol("S000")
        context.rising = False

    def handle_data(context: Any, data: Any) -> None:
        closes = data.history(context.asset, "price", 30, "1m")
        rising = round(closes.tail(10).sum() * 100) * 3 > round(closes.sum() * 100)
        if rising is not context.rising:
            context.rising = rising
            order_target_percent(context.asset, 1 if rising else 0)

    return initialize, handle_data, []


def _m1_terms(scenario: Scenario) -> Any:
    from rustybt.api import order_target_percent, symbol, term
    from rustybt.indicators import SMA

    def initialize(context: Any) -> None:
        context.asset = symbol("S000")
        context.fast, context.slow = [term(SMA, context.asset, "price", window=bars) for bars in (10, 30)]
        context.rising = False

    def handle_data(context: Any, data: Any) -> None:
        # sums of cents, so that two averages that are equal are
        rising = round(context.fast.now * 1000) * 3 > round(context.slow.now * 3000)
        if rising is not context.rising:
            context.rising = rising
            order_target_percent(context.asset, 1 if rising else 0)

    return initialize, handle_data, []


def _m50(scenario: Scenario) -> Any:
    from rustybt.api import order, symbols

    seen: list[Any] = []

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))
        context.bought = False

    def handle_data(context: Any, data: Any) -> None:
        current = data.current
        total = 0
        for asset in context.assets:
            total += current(asset, "price")
        seen.append(total)
        if not context.bought:
            context.bought = True
            for asset in context.assets:
                order(asset, 100)

    return initialize, handle_data, seen


def _idle(scenario: Scenario) -> Any:
    from rustybt.api import symbol

    def initialize(context: Any) -> None:
        context.asset = symbol("S000")

    def handle_data(context: Any, data: Any) -> None:
        pass

    return initialize, handle_data, []


def _d500(scenario: Scenario) -> Any:
    from rustybt.api import date_rules, order_target_percent, schedule_function, symbols

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))
        schedule_function(rebalance, date_rules.month_start())

    def rebalance(context: Any, data: Any) -> None:
        closes = np.rint(data.history(context.assets, "price", 252, "1d", output="numpy") * 100)
        count = min(HELD, len(context.assets) // 4)
        best = set(np.argsort(-closes[-21] / closes[0], kind="stable")[:count].tolist())
        weight = 1.0 / count
        for place, asset in enumerate(context.assets):
            order_target_percent(asset, weight if place in best else 0.0)

    return initialize, None, []


def _orders(scenario: Scenario) -> Any:
    from rustybt.api import cancel_order, get_open_orders, order, schedule_function, symbols

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))
        schedule_function(place)

    def place(context: Any, data: Any) -> None:
        for orders in get_open_orders().values():
            for one in orders:
                cancel_order(one)
        for asset in context.assets:
            cents = round(data.current(asset, "price") * 100)
            for step in LADDER:
                order(asset, 10, limit_price=(cents - cents * step // 1000) / 100)
                order(asset, -10, limit_price=(cents + cents * step // 1000) / 100)

    return initialize, None, []


def _brackets(scenario: Scenario) -> Any:
    from rustybt.api import bracket_order, symbols

    def initialize(context: Any) -> None:
        context.flat = context.assets = symbols(*_symbols(scenario))

    def on_order(context: Any, event: Any) -> None:
        if event.kind == "filled" and event.order.parent is not None:
            context.flat.append(event.asset)

    def handle_data(context: Any, data: Any) -> None:
        if context.flat:
            for asset in context.flat:
                cents = round(data.current(asset, "price") * 100)
                far = cents // 100
                bracket_order(asset, 10, take_profit=(cents + far) / 100, stop_loss=(cents - far) / 100)
            context.flat = []

    return initialize, handle_data, [], on_order


def _trail(scenario: Scenario) -> Any:
    from rustybt.api import order, symbols
    from rustybt.api.execution import TrailingStopOrder

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))
        context.reached = [(asset, step) for asset in context.assets for step in DISTANCES]

    def on_order(context: Any, event: Any) -> None:
        if event.kind == "filled" and event.order.tag is not None:
            context.reached.append((event.asset, event.order.tag))

    def handle_data(context: Any, data: Any) -> None:
        if context.reached:
            for asset, step in context.reached:
                cents = round(data.current(asset, "price") * 100)
                order(asset, 10)
                style = TrailingStopOrder(amount=cents * int(step) // 1000 / 100, trail="bar")
                order(asset, -10, style=style, tag=step)
            context.reached = []

    return initialize, handle_data, [], on_order


HELD = 50
LADDER = range(3, 43, 4)
"""Limits of ORDERS, thousandths away from the price, on either side."""
DISTANCES = ("5", "10", "15", "20")
"""How far the stops of TRAIL lie from the price when they are placed, in thousandths of it."""

STRATEGIES = {
    "D50": _d50,
    "D50-AT-ONCE": _d50_at_once,
    "D500": _d500,
    "M1": _m1,
    "M1-TERMS": _m1_terms,
    "M50": _m50,
    "IDLE": _idle,
    "ORDERS": _orders,
    "BRACKETS": _brackets,
    "TRAIL": _trail,
}
