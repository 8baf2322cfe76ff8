"""The scenarios on zipline-reloaded: a bundle written by its own writers, the strategies, a run."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._on_rustybt import DISTANCES, HELD, LADDER
from benchmarks._scenarios import Scenario

PRICES = ("open", "high", "low", "close")


def store(scenario: Scenario, folder: Path) -> None:
    """Ingests the scenario's bars into a bundle of a root of their own."""
    _register(scenario, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from zipline.data import bundles

        bundles.ingest(scenario.bundle, show_progress=False)


def _register(scenario: Scenario, folder: Path) -> None:
    os.environ["ZIPLINE_ROOT"] = str(folder / "zipline")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd
        from zipline.data import bundles

    def write(_, assets, minutes, daily, adjustments, calendar, first, last, *rest):  # type: ignore[no-untyped-def]
        from benchmarks._data import make_bars

        frames, days = _frames(scenario, make_bars(scenario), calendar)
        daily.write(enumerate(days))
        if scenario.frequency == "minute":
            minutes.write(enumerate(frames))
        symbols = [f"S{number:03d}" for number in range(scenario.assets)]
        span = {"start_date": first, "end_date": last, "first_traded": first, "auto_close_date": pd.NaT}
        equities = pd.DataFrame({"symbol": symbols, "asset_name": symbols, "exchange": "NYSE", **span})
        exchanges = pd.DataFrame({"exchange": ["NYSE"], "canonical_name": ["NYSE"], "country_code": ["US"]})
        assets.write(equities=equities, exchanges=exchanges)
        adjustments.write()

    bundles.register(
        scenario.bundle,
        write,
        calendar_name="XNYS",
        start_session=pd.Timestamp(scenario.stored),
        end_session=pd.Timestamp(scenario.end),
    )


def _frames(scenario: Scenario, bars: Any, calendar: Any) -> tuple[list[Any], list[Any]]:
    """A frame of bars per asset, and a frame of daily bars per asset, as a bundle would hold both."""
    import pandas as pd

    zone = "UTC" if scenario.frequency == "minute" else None
    index = pd.DatetimeIndex(bars.stamps).tz_localize(zone)
    frames = []
    for column in range(scenario.assets):
        values = {name: getattr(bars, name)[:, column] / 100 for name in PRICES}
        frames.append(pd.DataFrame({**values, "volume": bars.volume[:, column].astype(float)}, index=index))
    if scenario.frequency == "daily":
        return frames, frames
    sessions = pd.DatetimeIndex(bars.sessions)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return frames, [frame.groupby(sessions).agg(how) for frame in frames]


class Runner:
    """Runs a scenario in this process; the data must be stored."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        _register(scenario, folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pandas as pd
            from zipline import run_algorithm
        warnings.simplefilter("ignore")  # warnings of pandas about itself would be timed too
        self._run = run_algorithm
        self._timestamp = pd.Timestamp
        self.scenario = scenario

    def run(self) -> tuple[Any, Any]:
        """A whole run: the performance frame, and what the strategy added up."""
        scenario = self.scenario
        initialize, handle_data, seen = STRATEGIES[scenario.name](scenario)
        perf = self._run(
            start=self._timestamp(scenario.start),
            end=self._timestamp(scenario.end),
            initialize=initialize,
            capital_base=float(scenario.capital),
            handle_data=handle_data,
            data_frequency=scenario.frequency,
            bundle=scenario.bundle,
            default_extension=False,
        )
        return perf, seen

    @staticmethod
    def outcome(run: tuple[Any, Any]) -> dict[str, Any]:
        """A run as plain values, to compare."""
        perf, seen = run
        return {
            "transactions": [
                [trade["dt"].value, trade["sid"].symbol, int(trade["amount"]), float(trade["price"])]
                for day in perf["transactions"]
                for trade in day
            ],
            "values": [float(value) for value in perf["portfolio_value"]],
            "seen": [float(value) for value in seen],
        }


def _symbols(scenario: Scenario) -> list[str]:
    return [f"S{number:03d}" for number in range(scenario.assets)]


def _d50(scenario: Scenario) -> Any:
    from zipline.api import order_target_percent, symbols

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))

    def handle_data(context: Any, data: Any) -> None:
        closes = data.history(context.assets, "price", 50, "1d").values
        rises = np.rint(closes[-20:].sum(axis=0) * 100) * 5 > np.rint(closes.sum(axis=0) * 100) * 2
        held = int(rises.sum())
        weight = 1.0 / held if held else 0.0
        for asset, rising in zip(context.assets, rises.tolist(), strict=True):
            order_target_percent(asset, weight if rising else 0.0)

    return initialize, handle_data, []


def _m1(scenario: Scenario) -> Any:
    from zipline.api import order_target_percent, symbol

    def initialize(context: Any) -> None:
        context.asset = symbol("S000")
        context.rising = False

    def handle_data(context: Any, data: Any) -> None:
        closes = data.history(context.asset, "price", 30, "1m").values
        rising = round(closes[-10:].sum() * 100) * 3 > round(closes.sum() * 100)
        if rising is not context.rising:
            context.rising = rising
            order_target_percent(context.asset, 1.0 if rising else 0.0)

    return initialize, handle_data, []


def _m50(scenario: Scenario) -> Any:
    from zipline.api import order, symbols

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
    from zipline.api import symbol

    def initialize(context: Any) -> None:
        context.asset = symbol("S000")

    def handle_data(context: Any, data: Any) -> None:
        pass

    return initialize, handle_data, []


def _d500(scenario: Scenario) -> Any:
    from zipline.api import date_rules, order_target_percent, schedule_function, symbols

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))
        schedule_function(rebalance, date_rules.month_start())

    def rebalance(context: Any, data: Any) -> None:
        closes = np.rint(data.history(context.assets, "price", 252, "1d").values * 100)
        count = min(HELD, len(context.assets) // 4)
        best = set(np.argsort(-closes[-21] / closes[0], kind="stable")[:count].tolist())
        weight = 1.0 / count
        for place, asset in enumerate(context.assets):
            order_target_percent(asset, weight if place in best else 0.0)

    return initialize, None, []


def _orders(scenario: Scenario) -> Any:
    from zipline.api import cancel_order, get_open_orders, order, schedule_function, symbols

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
    """What a bracket does, by hand: each minute the exits are cancelled and placed anew, or the entry is."""
    from zipline.api import cancel_order, get_open_orders, order, symbols

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))
        context.exits = {}

    def handle_data(context: Any, data: Any) -> None:
        positions = context.portfolio.positions
        open_orders = get_open_orders()
        for asset in context.assets:
            for one in open_orders.get(asset, ()):
                cancel_order(one)
            if positions[asset].amount:
                above, below = context.exits[asset]
                order(asset, -10, limit_price=above)
                order(asset, -10, stop_price=below)
            else:
                cents = round(data.current(asset, "price") * 100)
                far = cents // 100
                context.exits[asset] = (cents + far) / 100, (cents - far) / 100
                order(asset, 10)

    return initialize, handle_data, []


def _trail(scenario: Scenario) -> Any:
    """What a trailing stop does, by hand: each minute it is cancelled and placed anew, behind the best close."""
    from zipline.api import cancel_order, get_order, order, symbols
    from zipline.finance.order import ORDER_STATUS

    def initialize(context: Any) -> None:
        context.assets = symbols(*_symbols(scenario))
        context.stops = {}

    def handle_data(context: Any, data: Any) -> None:
        stops = context.stops
        for asset in context.assets:
            cents = round(data.current(asset, "price") * 100)
            for step in DISTANCES:
                best, far, placed = stops.get((asset, step), (0, 0, None))
                if placed is None or get_order(placed).status == ORDER_STATUS.FILLED:
                    best, far = cents, cents * int(step) // 1000
                    order(asset, 10)
                else:
                    cancel_order(placed)
                    best = max(best, cents)
                stops[asset, step] = best, far, order(asset, -10, stop_price=(best - far) / 100)

    return initialize, handle_data, []


STRATEGIES = {
    "D50": _d50,
    "D50-AT-ONCE": _d50,
    "D500": _d500,
    "M1": _m1,
    "M1-TERMS": _m1,
    "M50": _m50,
    "IDLE": _idle,
    "ORDERS": _orders,
    "BRACKETS": _brackets,
    "TRAIL": _trail,
}
