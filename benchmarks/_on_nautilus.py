"""The scenarios on NautilusTrader: its backtest engine, its own moving averages, orders in whole units."""

from __future__ import annotations

from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

from benchmarks._on_rustybt import DISTANCES
from benchmarks._peer_data import load, rises, whole, windows_of
from benchmarks._scenarios import Scenario

VERSION = version("nautilus_trader")
VENUE = Venue("SIM")
TEN = Quantity.from_int(10)
COLUMNS = ("open", "high", "low", "close", "volume")


class _Counting(Strategy):  # type: ignore[misc]
    """Counts its bars and keeps its fills.

    An order that is sent is filled at once, at the close that was just seen: so each waits for its asset's next bar.
    """

    def __init__(self, scenario: Scenario, types: list[Any], warmup: int) -> None:
        super().__init__()
        self.windows = windows_of(scenario)
        self.types = types
        self.calls = 0
        self.fills: list[list[Any]] = []
        self.warming = warmup
        self.held = dict.fromkeys((kind.instrument_id for kind in types), 0)
        self.cash = float(scenario.capital)
        self.waiting: dict[Any, int] = {}
        self.averages: list[tuple[Any, Any]] = []
        self.rising = False

    def on_start(self) -> None:
        for kind in self.types:
            if self.windows[1]:
                pair = tuple(SimpleMovingAverage(count) for count in self.windows)
                for average in pair:
                    self.register_indicator_for_bars(kind, average)
                self.averages.append(pair)
            self.subscribe_bars(kind)

    def on_bar(self, bar: Bar) -> None:
        self.calls += 1

    def on_order_filled(self, event: Any) -> None:
        size = int(event.last_qty) if event.order_side == OrderSide.BUY else -int(event.last_qty)
        self.cash -= size * float(event.last_px)
        self.held[event.instrument_id] += size
        self.fills.append([event.ts_event, event.instrument_id.symbol.value, size, float(event.last_px)])

    def on_order_rejected(self, event: Any) -> None:
        raise RuntimeError(f"NautilusTrader refused: {event}")

    on_order_denied = on_order_rejected

    def rises(self, number: int) -> bool:
        short, long = self.averages[number]
        return rises(short.value, long.value, self.windows)

    def value(self, closes: dict[Any, float]) -> float:
        """Cash and positions. Counted here: the account rounds its gains to cents, which changes some sizes by 1."""
        return self.cash + sum(size * closes[instrument] for instrument, size in self.held.items() if size)

    def target(self, instrument: Any, close: float, weight: float, value: float) -> None:
        size = whole(value * weight / close - self.held[instrument])
        if size:
            self.waiting[instrument] = size

    def send(self, instrument: Any) -> None:
        size = self.waiting.pop(instrument)
        side = OrderSide.BUY if size > 0 else OrderSide.SELL
        self.submit_order(self.order_factory.market(instrument, side, Quantity.from_int(abs(size))))


class _D50(_Counting):
    def __init__(self, scenario: Scenario, types: list[Any], warmup: int) -> None:
        super().__init__(scenario, types, warmup)
        self.closes: dict[Any, float] = {}
        self.warming = warmup

    def on_bar(self, bar: Bar) -> None:
        instrument = bar.bar_type.instrument_id
        self.closes[instrument] = float(bar.close)
        if instrument in self.waiting:
            self.send(instrument)
        if bar.bar_type != self.types[-1]:
            return  # the bars of a day come one by one; what follows wants all of them
        if self.warming:
            self.warming -= 1
            return
        self.calls += 1
        rising = [self.rises(number) for number in range(len(self.types))]
        held = sum(rising)
        weight = 1.0 / held if held else 0.0
        value = self.value(self.closes)
        for kind, up in zip(self.types, rising, strict=True):
            instrument = kind.instrument_id
            self.target(instrument, self.closes[instrument], weight if up else 0.0, value)


class _M1(_Counting):
    def on_bar(self, bar: Bar) -> None:
        if self.warming:
            self.warming -= 1
            return
        if self.waiting:
            self.send(bar.bar_type.instrument_id)
        self.calls += 1
        rising = self.rises(0)
        if rising is not self.rising:
            self.rising = rising
            instrument, close = bar.bar_type.instrument_id, float(bar.close)
            self.target(instrument, close, 1.0 if rising else 0.0, self.value({instrument: close}))


class _Trail(_Counting):
    """On bars that are closes only, as RustyBT tests its stops on them here."""

    def __init__(self, scenario: Scenario, types: list[Any], warmup: int) -> None:
        super().__init__(scenario, types, warmup)
        self.reached = {kind.instrument_id: list(DISTANCES) for kind in types}
        self.entries = {kind.instrument_id: 0 for kind in types}
        self.steps: dict[Any, str] = {}

    def on_order_filled(self, event: Any) -> None:
        super().on_order_filled(event)
        step = self.steps.pop(event.client_order_id, None)
        if step is not None:
            self.reached[event.instrument_id].append(step)

    def on_bar(self, bar: Bar) -> None:
        instrument = bar.bar_type.instrument_id
        self.calls += bar.bar_type == self.types[-1]
        for _ in range(self.entries[instrument]):
            self.submit_order(self.order_factory.market(instrument, OrderSide.BUY, TEN))
        reached = self.reached[instrument]
        self.entries[instrument] = len(reached)
        if reached:
            cents = round(float(bar.close) * 100)
            self.reached[instrument] = []
            for step in reached:
                offset = Decimal(cents * int(step) // 1000) / 100
                order = self.order_factory.trailing_stop_market(instrument, OrderSide.SELL, TEN, offset)
                self.steps[order.client_order_id] = step
                self.submit_order(order)


STRATEGIES = {"D50": _D50, "M1": _M1, "IDLE": _Counting, "TRAIL": _Trail}


def _equity(symbol: str) -> Equity:
    return Equity(
        instrument_id=InstrumentId(Symbol(symbol), VENUE),
        raw_symbol=Symbol(symbol),
        currency=USD,
        price_precision=2,
        price_increment=Price.from_str("0.01"),
        lot_size=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


class Runner:
    """Runs a scenario in this process."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        self._folder = folder

    def run(self) -> Any:
        """A whole run, from opening the data."""
        scenario = self.scenario
        warmup = max(windows_of(scenario)[1] - 1, 0)
        bars = load(scenario, self._folder, warmup)
        quiet = LoggingConfig(bypass_logging=True)
        engine = BacktestEngine(
            BacktestEngineConfig(trader_id=TraderId("BENCH-001"), logging=quiet, run_analysis=False)
        )
        engine.add_venue(
            venue=VENUE,
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            base_currency=USD,
            starting_balances=[Money(scenario.capital, USD)],
            default_leverage=Decimal(10),
            use_message_queue=False,
        )
        step = "1-DAY" if scenario.frequency == "daily" else "1-MINUTE"
        types = []
        for column, symbol in enumerate(bars.symbols):
            instrument = _equity(symbol)
            engine.add_instrument(instrument)
            types.append(BarType.from_str(f"{instrument.id}-{step}-LAST-EXTERNAL"))
            frame = bars.frame(column, COLUMNS, "UTC")
            if scenario.name == "TRAIL":  # RustyBT tests these stops on closes
                frame["high"] = frame["low"] = frame["close"]
            found = BarDataWrangler(types[-1], instrument).process(frame)
            engine.add_data(found, sort=False)
        engine.sort_data()
        strategy = STRATEGIES[scenario.name](scenario, types, warmup)
        engine.add_strategy(strategy)
        engine.run()
        done = strategy.fills, strategy.calls
        engine.dispose()
        return done

    @staticmethod
    def outcome(run: Any) -> dict[str, Any]:
        """A run as plain values, to compare."""
        fills, calls = run
        return {"transactions": fills, "calls": calls, "version": VERSION}
