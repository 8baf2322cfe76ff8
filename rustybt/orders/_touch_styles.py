"""Orders that wait until the price comes to them from the other side than a stop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rustybt.core import OrderTerms
from rustybt.orders._styles import ExecutionStyle, order_price


class MarketIfTouchedOrder(ExecutionStyle):
    """A market order from the bar on that touches a price: a buy when prices fall to it, a sale when they rise to it.

    It fills at the touched price, or at the open where the bar opened beyond it, before slippage.

    touch: int, Decimal, text or float; 0 or more.

    >>> MarketIfTouchedOrder("98.50")
    MarketIfTouchedOrder(touch=98.50)
    """

    def __init__(self, touch: Any, asset: Any = None, exchange: str | None = None) -> None:
        super().__init__(asset, exchange)
        self.touch = order_price(touch, "touch")

    def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
        """The terms of an order on that side."""
        return OrderTerms(touch=self.touch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(touch={self.touch})"


class LimitIfTouchedOrder(MarketIfTouchedOrder):
    """A limit order from the bar on that touches a price: a buy when prices fall to it, a sale when they rise to it.

    limit, touch: int, Decimal, text or float; 0 or more.

    >>> LimitIfTouchedOrder(98, touch="98.50")
    LimitIfTouchedOrder(limit=98, touch=98.50)
    """

    def __init__(self, limit: Any, touch: Any, asset: Any = None, exchange: str | None = None) -> None:
        super().__init__(touch, asset, exchange)
        self.limit_price = order_price(limit, "limit")

    def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
        """The terms of an order on that side."""
        return OrderTerms(limit=self.limit_price, touch=self.touch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(limit={self.limit_price}, touch={self.touch})"
