"""Brackets and trailing stops on NautilusTrader: writes the fills of `tests/unit/orders/test_beside_nautilus.py`.

    python tests/golden/peers/nautilus_orders.py    # with an interpreter that has nautilus_trader 1.231

The bars are drawn from a seed, in cents. Each bar comes to that engine as four prices, open, high, low and close; with
`bar_adaptive_high_low_ordering` the nearer of high and low comes first.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_suffix(".csv")
COUNT = 400
NEAR, FAR = 140, 170
"""Cents: from the close to the target, and to the stop of a bracket. A trailing stop follows at FAR."""
SIZES = {"LONG": 10, "SHORT": -10}
"""What the entries of brackets order, by symbol."""
PATHS = {"path:ohlc": False, "path:nearest": True}
"""Of RustyBT, and the setting of the other engine that equals it."""

type Bars = list[tuple[dt.datetime, int, int, int, int]]


def bars(symbol: str) -> Bars:
    """Stamps and open, high, low and close in cents.

    Those of SHORT are those of LONG mirrored. Opens have gaps towards the stops only; no close is so far from the one
    before that an exit would be beyond the market when its entry fills.
    """
    draw = random.Random(11)
    close, found = 20_000, []
    for place in range(COUNT):
        opened = close - max(draw.randint(-60, 60), 0)
        close = min(max(opened + draw.randint(-100, 130), 15_000), 25_000)
        high, low = max(opened, close) + draw.randint(0, 200), min(opened, close) - draw.randint(0, 200)
        high += high - opened == opened - low  # neither is the nearer: the engines differ
        if symbol == "SHORT":
            prices = tuple(40_000 - cents for cents in (opened, low, high, close))
        else:
            prices = (opened, high, low, close)
        found.append((dt.datetime(2016, 1, 1) + dt.timedelta(days=place), *prices))
    return found


def _strategy(case: str, symbol: str, asset: Any, kind: Any) -> Any:
    """A strategy that keeps its fills: day, units and price."""
    from nautilus_trader.model.enums import OrderSide
    from nautilus_trader.model.objects import Price, Quantity
    from nautilus_trader.trading.strategy import Strategy

    size, sign = Quantity.from_int(10), SIZES[symbol] // 10

    class Placing(Strategy):  # type: ignore[misc]
        """A market order fills at the close that was just seen: so a bracket waits here for the next one."""

        waiting: Any = None

        def on_start(self) -> None:
            self.fills: list[tuple[str, int, float]] = []
            self.subscribe_bars(kind)

        def on_order_filled(self, event: Any) -> None:
            day = dt.datetime.fromtimestamp(event.ts_event / 1e9, dt.UTC).date()
            units = int(event.last_qty) if event.order_side == OrderSide.BUY else -int(event.last_qty)
            self.fills.append((str(day), units, float(event.last_px)))

        def on_order_rejected(self, event: Any) -> None:
            raise RuntimeError(f"refused: {event}")

        on_order_denied = on_order_rejected

        def on_bar(self, bar: Any) -> None:
            if self.waiting:
                self.submit_order_list(self.waiting)
                self.waiting = None
            elif not self.cache.orders_open(instrument_id=asset.id):
                if case == "trail":
                    side = OrderSide.SELL if self.portfolio.is_flat(asset.id) else OrderSide.BUY
                    self.submit_order(self.order_factory.trailing_stop_market(asset.id, side, size, Decimal(FAR) / 100))
                elif self.portfolio.is_flat(asset.id):
                    self.waiting = self.bracket(round(float(bar.close) * 100))

        def bracket(self, cents: int) -> Any:
            return self.order_factory.bracket(
                asset.id,
                OrderSide.BUY if sign > 0 else OrderSide.SELL,
                size,
                tp_price=Price(Decimal(cents + sign * NEAR) / 100, 2),
                sl_trigger_price=Price(Decimal(cents - sign * FAR) / 100, 2),
                tp_post_only=False,
            )

    return Placing()


def on_nautilus(case: str, symbol: str, adaptive: bool) -> list[tuple[str, int, float]]:
    """Day, units and price of each fill."""
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig
    from nautilus_trader.model.currencies import USD
    from nautilus_trader.model.data import Bar, BarType
    from nautilus_trader.model.enums import AccountType, OmsType
    from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
    from nautilus_trader.model.instruments import Equity
    from nautilus_trader.model.objects import Money, Price, Quantity

    venue, one = Venue("SIM"), Quantity.from_int(1)
    asset = Equity(InstrumentId(Symbol(symbol), venue), Symbol(symbol), USD, 2, Price.from_str("0.01"), one, 0, 0)
    kind = BarType.from_str(f"{asset.id}-1-DAY-LAST-EXTERNAL")
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    account = (OmsType.NETTING, AccountType.MARGIN, [Money(1_000_000, USD)], USD)
    engine.add_venue(venue, *account, use_message_queue=False, bar_adaptive_high_low_ordering=adaptive)
    engine.add_instrument(asset)
    data = []
    for when, *prices in bars(symbol):
        stamp = int(when.replace(tzinfo=dt.UTC).timestamp()) * 10**9
        four = (Price(Decimal(cents) / 100, 2) for cents in prices)
        data.append(Bar(kind, *four, Quantity.from_int(1_000_000), stamp, stamp))
    engine.add_data(data)
    strategy = _strategy(case, symbol, asset, kind)
    engine.add_strategy(strategy)
    engine.run()
    fills: list[tuple[str, int, float]] = strategy.fills
    engine.dispose()
    return fills


def _rows() -> list[tuple[Any, ...]]:
    return [
        (case, path, symbol, *fill)
        for case in ("bracket", "trail")
        for path, adaptive in PATHS.items()
        for symbol in SIZES
        for fill in on_nautilus(case, symbol, adaptive)
    ]


if __name__ == "__main__":
    with KEPT.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("case", "path", "symbol", "day", "units", "price"), *_rows()])
