"""How an order is to be executed: the values that `style=` takes."""

from __future__ import annotations

from typing import Any

from rustybt.core import exact_number
from rustybt.errors import BadOrderParameters, NonFiniteInput, NotYetAvailable


class ExecutionStyle:
    """What all styles share. limit_price: a Decimal, or None where any price will do."""

    limit_price: Any = None


class MarketOrder(ExecutionStyle):
    """At the price of the bar."""

    def __init__(self, exchange: str | None = None) -> None:
        if exchange is not None:
            raise NotYetAvailable(f"exchange={exchange!r}: routing by exchange comes with a later version.")


class LimitOrder(ExecutionStyle):
    """At the limit or better.

    limit_price: int, Decimal, text or float; 0 or more. It is put on the asset's tick when the order is placed.
    """

    def __init__(self, limit_price: Any, asset: Any = None, exchange: str | None = None) -> None:
        if exchange is not None:
            raise NotYetAvailable(f"exchange={exchange!r}: routing by exchange comes with a later version.")
        try:
            self.limit_price = exact_number(limit_price, "limit_price")
        except NonFiniteInput as error:
            raise BadOrderParameters(str(error)) from None
        if self.limit_price < 0:
            raise BadOrderParameters(f"limit_price={limit_price!r} is negative. Give 0 or more.")


def style_of(limit_price: Any, stop_price: Any, style: Any) -> ExecutionStyle | None:
    """The style that the arguments of `order` say; None for a market order. Raises BadOrderParameters for two."""
    if stop_price is not None:
        raise NotYetAvailable("stop_price: stop and stop-limit orders come with a later version.")
    if style is None:
        return None if limit_price is None else LimitOrder(limit_price)
    if limit_price is not None:
        raise BadOrderParameters(f"Both limit_price={limit_price!r} and style={style!r} were given. Give one of them.")
    if not isinstance(style, ExecutionStyle):
        raise BadOrderParameters(f"style={style!r}: give MarketOrder() or LimitOrder(price).")
    return style
