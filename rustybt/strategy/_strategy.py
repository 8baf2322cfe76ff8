"""A strategy as a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic

from rustybt.core import Scalar, facts_html, text_of_object

if TYPE_CHECKING:
    from rustybt.core import OrderEvent
    from rustybt.results import Result
    from rustybt.strategy._guard import Context
    from rustybt.view import BarData

MOST: Final = 80
"""Letters of an attribute that a notebook shows."""
CALLBACKS: Final = ("initialize", "before_trading_start", "handle_data", "on_order", "analyze")


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

    def __repr__(self) -> str:
        return f"<Strategy {type(self).__name__}: {', '.join(_own(type(self))) or 'nothing of its own'}>"

    def _repr_html_(self) -> str:
        kept = [
            (name, text_of_object(value, repr)[:MOST]) for name, value in vars(self).items() if not name.startswith("_")
        ]
        about = (type(self).__doc__ or "").strip().partition("\n")[0] or None
        facts = [("about", None if type(self) is Strategy else about), ("has", ", ".join(_own(type(self))) or None)]
        return facts_html(type(self).__name__, [*facts, *kept])

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


def _own(strategy: type[Strategy[Any]]) -> list[str]:
    """What a subclass overrides; `initialize` with the parameters that it takes."""
    names = [name for name in CALLBACKS if getattr(strategy, name) is not getattr(Strategy, name)]
    if "initialize" in names:
        from inspect import signature

        given = [
            one.name if one.default is one.empty else f"{one.name}={text_of_object(one.default, repr)}"
            for one in list(signature(strategy.initialize).parameters.values())[2:]
        ]
        names[names.index("initialize")] = f"initialize({', '.join(given)})"
    return names
