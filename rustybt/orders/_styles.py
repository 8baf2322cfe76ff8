"""How an order is to be executed: the values that `style=` takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from rustybt.core import OrderTerms, exact_number, scaled, scaled_float
from rustybt.errors import BadOrderParameters, NonFiniteInput, UnsupportedOrderParameters

MOST: Final = Decimal(10**18)


class ExecutionStyle:
    """What all styles share. A style of your own overrides get_limit_price, get_stop_price, or `terms`, which says all.

    limit_price, stop_price: Decimals, or None where the style has none. exchange: where to route the order; a backtest
    has one market for each asset and keeps the name only. asset: accepted as in Zipline; the tick is that of the asset
    which is ordered.

    >>> from rustybt import run
    >>> from rustybt.api import execution, order, symbol
    >>> class AtRoundPrices(execution.ExecutionStyle):
    ...     def get_limit_price(self, is_buy):
    ...         return 130 if is_buy else 135
    >>> def handle_data(context, data):
    ...     order(symbol("IBM"), 10, style=AtRoundPrices())
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders["limit"][0]
    Decimal('130')
    """

    limit_price: Decimal | None = None
    stop_price: Decimal | None = None

    def __init__(self, asset: Any = None, exchange: str | None = None) -> None:
        self.asset = asset
        self.exchange = exchange

    def get_limit_price(self, is_buy: bool) -> Any:
        """The limit of an order on that side, None where any price will do; it is put on the asset's tick."""
        return self.limit_price

    def get_stop_price(self, is_buy: bool) -> Any:
        """The stop of an order on that side, None where it is to work at once; it is put on the asset's tick."""
        return self.stop_price

    def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
        """The terms of an order on that side, its prices exact numbers of 0 or more. Raises BadOrderParameters."""
        return _prices(self.get_limit_price(is_buy), self.get_stop_price(is_buy))

    def __repr__(self) -> str:
        prices = {"limit_price": self.limit_price, "stop_price": self.stop_price}
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in prices.items() if v is not None)})"


class MarketOrder(ExecutionStyle):
    """At the price of the bar.

    >>> from rustybt import run
    >>> from rustybt.api import execution, order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("IBM"), 10, style=execution.MarketOrder())
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders.select("limit", "stop", "status").row(0)
    (None, None, 'filled')
    """

    def __init__(self, exchange: str | None = None) -> None:
        super().__init__(None, exchange)


class LimitOrder(ExecutionStyle):
    """At the limit or better.

    limit_price: int, Decimal, text or float; 0 or more.

    >>> from rustybt import run
    >>> from rustybt.api import execution, order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("IBM"), 10, style=execution.LimitOrder("130.50"))
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders.select("limit", "stop", "status").row(0)
    (Decimal('130.5'), None, 'open')
    """

    def __init__(self, limit_price: Any, asset: Any = None, exchange: str | None = None) -> None:
        super().__init__(asset, exchange)
        self.limit_price = order_price(limit_price, "limit_price")


class StopOrder(ExecutionStyle):
    """A market order from the bar on that reaches the stop: from below for a buy, from above for a sell.

    stop_price: int, Decimal, text or float; 0 or more.

    >>> from rustybt import run
    >>> from rustybt.api import execution, order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("IBM"), 10, style=execution.StopOrder("130"))
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders.select("limit", "stop", "status").row(0)
    (None, Decimal('130'), 'filled')
    """

    def __init__(self, stop_price: Any, asset: Any = None, exchange: str | None = None) -> None:
        super().__init__(asset, exchange)
        self.stop_price = order_price(stop_price, "stop_price")


class StopLimitOrder(ExecutionStyle):
    """A limit order from the bar on that reaches the stop.

    limit_price, stop_price: int, Decimal, text or float; 0 or more.

    >>> from rustybt import run
    >>> from rustybt.api import execution, order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("IBM"), 10, style=execution.StopLimitOrder("131", "130"))
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders.select("limit", "stop", "status").row(0)
    (Decimal('131'), Decimal('130'), 'filled')
    """

    def __init__(self, limit_price: Any, stop_price: Any, asset: Any = None, exchange: str | None = None) -> None:
        super().__init__(asset, exchange)
        self.limit_price = order_price(limit_price, "limit_price")
        self.stop_price = order_price(stop_price, "stop_price")


def order_price(value: Any, what: str) -> Decimal:
    """A price of an order, an exact number of 0 or more. what: how to call it. Raises BadOrderParameters."""
    try:
        price = exact_number(value, what)
    except NonFiniteInput as error:
        raise BadOrderParameters(str(error)) from None
    if price < 0:
        raise BadOrderParameters(f"{what}={value!r} is negative. Pass 0 or more.")
    if price >= MOST:
        raise BadOrderParameters(f"{what}: {price:.6e} is more than the books hold. Pass a price below 1e18.")
    return price


def scaled_price(value: Any, what: str) -> tuple[int, int]:
    """The same as value and scale."""
    if type(value) is float:
        quick = scaled_float(value)
        if quick is not None and quick[0] >= 0:
            return quick
    return scaled(order_price(value, what))


def _prices(limit_price: Any, stop_price: Any) -> OrderTerms[Decimal]:
    return OrderTerms(
        None if limit_price is None else order_price(limit_price, "limit_price"),
        None if stop_price is None else order_price(stop_price, "stop_price"),
    )


def terms_of(limit_price: Any, stop_price: Any, style: Any, is_buy: bool) -> OrderTerms[Decimal]:
    """The terms that the arguments of `order` say. Raises UnsupportedOrderParameters for two ways of saying it."""
    if style is None:
        return _prices(limit_price, stop_price)
    for name, price in (("limit_price", limit_price), ("stop_price", stop_price)):
        if price is not None:
            raise UnsupportedOrderParameters(f"Both {name}={price!r} and style={style!r} were given. Pass one of them.")
    if not isinstance(style, ExecutionStyle):
        raise BadOrderParameters(
            f"style={style!r}: pass MarketOrder(), LimitOrder(price), StopOrder(price) or StopLimitOrder(limit, stop)."
        )
    return style.terms(is_buy)
