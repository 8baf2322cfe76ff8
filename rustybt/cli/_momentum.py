"""The strategy of the demo: monthly momentum on the sample's stocks."""

from __future__ import annotations

from typing import Any

from rustybt.strategy import Strategy, date_rules

SYMBOLS = ("AAPL", "IBM", "MSFT")


class Momentum(Strategy):
    """Holds, in equal parts, the stocks that stand above where they stood `lookback` sessions ago."""

    def initialize(self, context: Any, *, lookback: int = 126, **params: Any) -> None:
        context.lookback = lookback
        context.stocks = context.symbols(*SYMBOLS)
        context.schedule_function(self.rebalance, date_rules.month_start())

    def rebalance(self, context: Any, data: Any) -> None:
        """Buys what rose, sells what fell."""
        prices = data.history(context.stocks, "price", context.lookback, "1d")
        rising = [stock for stock in context.stocks if prices[stock.symbol][-1] > prices[stock.symbol][0]]
        for stock in context.stocks:
            context.order_target_percent(stock, f"{1 / len(rising):.4f}" if stock in rising else 0)
        context.record(rising=len(rising))
