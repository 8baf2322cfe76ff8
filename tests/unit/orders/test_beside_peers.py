"""Brackets have the fills of backtrader 1.9.78, trade for trade.

Its fills are kept, with the script that made them, in tests/golden/peers.
"""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

import polars as pl

import rustybt
from rustybt.api import bracket_order, commission, set_commission, set_slippage, slippage, symbol
from tests.golden.peers.backtrader_bracket import FAR, KEPT, NEAR, bars


class Placing(rustybt.Strategy):
    def initialize(self, context: Any) -> None:
        set_slippage(slippage.NoSlippage())
        set_commission(commission.NoCommission())

    def handle_data(self, context: Any, data: Any) -> None:
        asset = symbol("A")
        if not context.portfolio.positions[asset].amount and not context.get_open_orders(asset):
            cents = int(data.current(asset, "close") * 100)
            bracket_order(asset, 10, take_profit=(cents + NEAR) / 100, stop_loss=(cents - FAR) / 100)


def test_brackets_have_the_fills_of_backtrader(kernels: str) -> None:
    stamps, *prices = zip(*bars(), strict=True)
    names = ("open", "high", "low", "close")
    frame = pl.DataFrame(
        {
            "symbol": "A",
            "date": [stamp.date() for stamp in stamps],
            **{name: [f"{cents / 100:.2f}" for cents in column] for name, column in zip(names, prices, strict=True)},
            "volume": 1_000_000,
        }
    )
    rustybt.ingest("peers", frame, calendar="24/7", mode="replace")
    result = rustybt.run_algorithm(
        stamps[0].date(),
        stamps[-1].date(),
        strategy=Placing,
        bundle="peers",
        fill_at="open",
        trigger="range",
        kernel=kernels,
    )
    with KEPT.open(newline="", encoding="utf-8") as file:
        expected = [(row["day"], int(row["units"]), float(row["price"])) for row in csv.DictReader(file)]
    fills = result.transactions
    # a bar of 24/7 is over at midnight
    found = [
        (str((when - dt.timedelta(seconds=1)).date()), int(amount), round(float(price), 6))
        for when, amount, price in fills.select("dt", "amount", "price").rows()
    ]
    assert len(expected) > 100
    assert found == expected
