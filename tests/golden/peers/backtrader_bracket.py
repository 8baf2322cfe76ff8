"""Brackets on backtrader: writes the fills that `tests/unit/orders/test_beside_peers.py` compares with.

    python tests/golden/peers/backtrader_bracket.py    # with an interpreter that has backtrader 1.9.78

The bars are drawn from a seed, in cents. A bracket is placed with each bar on which nothing is held and nothing waits.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_suffix(".csv")
COUNT = 3000
NEAR, FAR = 400, 300
"""Cents: from the close up to the target, and down to the stop."""


def bars() -> list[tuple[dt.datetime, int, int, int, int]]:
    """Stamps and open, high, low and close in cents. No bar is so wide that an exit could fill on that of its entry."""
    draw = random.Random(11)
    close, found = 10_000, []
    for place in range(COUNT):
        opened = close + draw.randint(-30, 30)
        close = max(opened + draw.randint(-90, 90), 5_000)
        high, low = max(opened, close) + draw.randint(0, 40), min(opened, close) - draw.randint(0, 40)
        found.append((dt.datetime(2016, 1, 1) + dt.timedelta(days=place), opened, high, low, close))
    return found


def on_backtrader() -> list[tuple[str, int, float]]:
    """Day, units and price of each fill."""
    import backtrader as bt
    import pandas as pd

    fills: list[tuple[str, int, float]] = []

    class Placing(bt.Strategy):  # type: ignore[misc]
        def notify_order(self, order: Any) -> None:
            if order.status == order.Completed:
                done = order.executed
                fills.append((str(bt.num2date(done.dt).date()), int(done.size), round(done.price, 6)))

        def next(self) -> None:
            if not self.position and not self.broker.get_orders_open():
                close = self.data.close[0]
                up, down = round(close + NEAR / 100, 2), round(close - FAR / 100, 2)
                self.buy_bracket(size=10, exectype=bt.Order.Market, limitprice=up, stopprice=down)

    stamps, *columns = zip(*bars(), strict=True)
    names = ("open", "high", "low", "close")
    prices = {name: [cents / 100 for cents in column] for name, column in zip(names, columns, strict=True)}
    frame = pd.DataFrame(prices, index=pd.DatetimeIndex(stamps)).assign(volume=1_000_000)
    engine = bt.Cerebro(stdstats=False)
    engine.broker.setcash(1_000_000)
    engine.adddata(bt.feeds.PandasData(dataname=frame))
    engine.addstrategy(Placing)
    engine.run()
    return fills


if __name__ == "__main__":
    with KEPT.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("day", "units", "price"), *on_backtrader()])
