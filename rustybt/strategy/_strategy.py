"""A strategy as a class."""

from __future__ import annotations

from typing import Any


class Strategy:
    """Subclass it and override what you need; `run_algorithm(strategy=MyStrategy)` makes and runs it.

    >>> class BuyAndHold(Strategy):
    ...     def initialize(self, context, symbol="AAPL"):
    ...         context.asset = context.symbol(symbol)
    ...
    ...     def handle_data(self, context, data):
    ...         context.order_target_percent(context.asset, 1)
    """

    def initialize(self, context: Any, **params: Any) -> None:
        """Called once, before the first session, with the run's parameters."""

    def before_trading_start(self, context: Any, data: Any) -> None:
        """Called before the first bar of each session."""

    def handle_data(self, context: Any, data: Any) -> None:
        """Called with each bar."""

    def analyze(self, context: Any, perf: Any) -> None:
        """Called with the result when the run is over."""
