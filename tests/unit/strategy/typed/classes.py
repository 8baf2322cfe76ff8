"""Strategies as classes: mypy --strict has nothing to say about this file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, assert_type

from rustybt import BarData, Context, Result, Strategy, run, run_algorithm


class Plain(Strategy):
    def initialize(self, context: Context) -> None:
        context.asset = context.symbol("AAPL")
        context.schedule_function(self.rebalance)

    def rebalance(self, context: Context, data: BarData) -> None:
        context.order_target_percent(context.asset, "0.5")

    def handle_data(self, context: Context, data: BarData) -> None:
        assert_type(data.current(context.symbol("AAPL"), "price"), Decimal | None)


class WithParameters(Strategy):
    def initialize(self, context: Context, n: int = 3, *, symbol: str = "AAPL") -> None:
        self.n = n
        self.asset = context.symbol(symbol)

    def before_trading_start(self, context: Context, data: BarData) -> None:
        context.ready = data.can_trade(self.asset)

    def analyze(self, context: Context, result: Result) -> None:
        assert_type(result.ledger_hash, str)


class InFloats(Strategy[float]):
    def initialize(self, context: Context[float], share: float) -> None:
        self.share = share

    def handle_data(self, context: Context[float], bars: BarData[float]) -> None:
        assert_type(bars.current(context.symbol("AAPL"), "price"), float)
        context.order_value(context.symbol("AAPL"), context.portfolio.cash * self.share)


class Loose(Strategy):
    def handle_data(self, context: Any, data: Any) -> None:
        context.anything = data


run_algorithm(strategy=Plain)
run_algorithm(strategy=WithParameters(), params={"n": 5})
run_algorithm(strategy=InFloats, params={"share": 0.5}, numbers="float")
run(Loose)
