"""Brackets and trailing stops have the fills of NautilusTrader 1.231, trade for trade.

Its fills are kept, with the script that made them, in tests/golden/peers.
"""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import bracket_order, commission, execution, order, set_commission, set_slippage, slippage, symbol
from tests.golden.peers.nautilus_orders import FAR, KEPT, NEAR, PATHS, SIZES, bars

type Fill = tuple[str, int, float]


class Placing(rustybt.Strategy):
    def initialize(self, context: Any) -> None:
        set_slippage(slippage.NoSlippage())
        set_commission(commission.NoCommission())

    def handle_data(self, context: Any, data: Any) -> None:
        for name in SIZES:
            asset = symbol(name)
            if not context.get_open_orders(asset):
                self.place(asset, context.portfolio.positions[asset].amount, data)

    def place(self, asset: Any, held: Any, data: Any) -> None:
        raise NotImplementedError


class Brackets(Placing):
    def place(self, asset: Any, held: Any, data: Any) -> None:
        if not held:
            size = SIZES[asset.symbol]
            cents, sign = int(data.current(asset, "close") * 100), size // 10
            target, stop = (cents + sign * NEAR) / 100, (cents - sign * FAR) / 100
            bracket_order(asset, size, take_profit=target, stop_loss=stop)


class Trailing(Placing):
    def place(self, asset: Any, held: Any, data: Any) -> None:
        order(asset, 10 if held else -10, style=execution.TrailingStopOrder(amount=FAR / 100))


CASES = {"bracket": Brackets, "trail": Trailing}


def _frame(name: str) -> pl.DataFrame:
    stamps, *prices = zip(*bars(name), strict=True)
    columns = zip(("open", "high", "low", "close"), prices, strict=True)
    return pl.DataFrame(
        {
            "symbol": name,
            "date": [stamp.date() for stamp in stamps],
            **{column: [f"{cents / 100:.2f}" for cents in values] for column, values in columns},
            "volume": 1_000_000,
        }
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", CASES)
def test_orders_have_the_fills_of_nautilus_trader(case: str, path: str, kernels: str) -> None:
    frame = pl.concat(_frame(name) for name in SIZES)
    rustybt.ingest("peers", frame, calendar="24/7", mode="replace")
    result = rustybt.run_algorithm(
        frame["date"][0],
        frame["date"][-1],
        strategy=CASES[case],
        bundle="peers",
        trigger="range",
        same_bar=path,
        kernel=kernels,
    )
    with KEPT.open(newline="", encoding="utf-8") as file:
        kept = [row for row in csv.DictReader(file) if (row["case"], row["path"]) == (case, path)]
    expected: dict[str, list[Fill]] = {name: [] for name in SIZES}
    found: dict[str, list[Fill]] = {name: [] for name in SIZES}
    for row in kept:
        expected[row["symbol"]].append((row["day"], int(row["units"]), float(row["price"])))
    for when, name, amount, price in result.transactions.select("dt", "symbol", "amount", "price").rows():
        # a bar of 24/7 is over at midnight
        found[name].append((str((when - dt.timedelta(seconds=1)).date()), int(amount), round(float(price), 6)))
    for name in SIZES:
        assert len(expected[name]) > 100
        assert found[name] == expected[name]
