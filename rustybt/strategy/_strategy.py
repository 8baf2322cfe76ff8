"""A strategy as a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from rustybt.core import Scalar

if TYPE_CHECKING:
    from rustybt.core import OrderEvent
    from rustybt.results import Result
    from rustybt.strategy._guard import Context
    from rustybt.view import BarData


class Strategy(Generic[Scalar]):
    """Subclass it and override what you need; `run_algorithm(strategy=MyStrategy)` makes and runs it.

    `initialize` may have parameters of any names, which `run_algorithm(params=)` gives. To type checkers a subclass of
    `Strategy` gets Decimals, one of `Strategy[float]` floats, as a run with numbers="float" gives them.

    >>> from rustybt import BarData, Context, Strategy, run_algorithm
    >>> class BuyAndHold(Strategy):
    ...     def initialize(self, context: Context, symbol: str = "AAPL") -> None:
    ...         context.asset = context.symbol(symbol)
    ...
    ...     def handle_data(self, context: Context, data: BarData) -> None:
    ...         context.order_target_percent(context.asset, 1)
    >>> result = run_algorithm("2010-01-04", "2010-01-08", strategy=BuyAndHold, params={"symbol": "MSFT"})
    >>> result.transactions["symbol"].unique().to_list()
    ['MSFT']
    """

    def initialize(self, context: Context[Scalar], /, *args: Any, **params: Any) -> None:
        """Called once, before the first session, with the run's parameters by name."""

    def before_trading_start(self, context: Context[Scalar], data: BarData[Scalar], /) -> None:
        """Called before the first bar of each session."""

    def handle_data(self, context: Context[Scalar], data: BarData[Scalar], /) -> None:
        """Called with each bar."""

    def on_order(self, context: Context[Scalar], event: OrderEvent[Scalar], /) -> None:
        """Called with what happens to each order; with a bar before `handle_data`.

        >>> from rustybt import Strategy, run
        >>> class Told(Strategy):
        ...     def handle_data(self, context, data):
        ...         context.order_target(context.symbol("IBM"), 10)
        ...
        ...     def on_order(self, context, event):
        ...         print(event.kind, event.quantity)
        >>> result = run(Told, start="2010-01-04", end="2010-01-05")
        accepted 10
        filled 10
        """

    def analyze(self, context: Context[Scalar], perf: Result, /) -> None:
        """Called with the result when the run is over."""
