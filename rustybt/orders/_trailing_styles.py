"""Stops that follow the price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from rustybt.core import OrderTerms, Trail, exact_number, scaled
from rustybt.errors import BadOrderParameters
from rustybt.orders._styles import ExecutionStyle, order_price

WAYS: Final = ("range", "bar")


class TrailingStopOrder(ExecutionStyle):
    """A stop that follows the best price since it was placed, and never goes back; once reached, a market order.

    Give one distance from the best price: amount, in money; percent, 2.5 is 2.5 % of the best price; ticks, a whole
    number of the asset's ticks. The best price begins with the last one known when the order is placed.
    activation: the price from which on it follows; a sale waits for prices as high, a buy for prices as low.
    trail: "range" lets a new high (of a sale) raise the stop on the bar itself, and fills at the worst price that the
    bar's prices allow, whatever their order was; "bar" tests the stop as it stood before the bar, and moves it when the
    bar is over. Without `trigger="range"` a bar has one price, and both are the same.

    >>> TrailingStopOrder(percent=2.5)
    TrailingStopOrder(percent=2.5)
    >>> TrailingStopOrder(amount="0.50", activation=110, trail="bar")
    TrailingStopOrder(amount=0.50, activation=110, trail=bar)
    """

    def __init__(
        self,
        *,
        amount: Any = None,
        percent: Any = None,
        ticks: int | None = None,
        activation: Any = None,
        trail: str = "range",
        asset: Any = None,
        exchange: str | None = None,
    ) -> None:
        super().__init__(asset, exchange)
        given = {"amount": amount, "percent": percent, "ticks": ticks}
        named = [name for name, value in given.items() if value is not None]
        if len(named) != 1:
            raise BadOrderParameters(
                f"{type(self).__name__} was given {' and '.join(named) or 'no distance'}: give one of amount, percent "
                "and ticks."
            )
        if trail not in WAYS:
            raise BadOrderParameters(f"trail={trail!r}: give 'range' or 'bar'.")
        self.amount = None if amount is None else _distance(amount, "amount")
        self.percent = None if percent is None else _percent(percent)
        self.ticks = None if ticks is None else _whole(ticks)
        self.activation = None if activation is None else order_price(activation, "activation")
        self.trail = trail

    def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
        """The terms of an order on that side."""
        return OrderTerms(trail=self._trail())

    def _trail(self, limit_offset: Decimal | None = None) -> Trail[Decimal]:
        share = None
        if self.percent is not None:
            value, scale = scaled(self.percent)
            share = value, 10 ** (scale + 2)
        return Trail(self.amount, share, self.ticks, self.activation, limit_offset, self.trail == "bar")

    def __repr__(self) -> str:
        names = ("amount", "percent", "ticks", "limit_offset", "activation")
        parts = [f"{name}={getattr(self, name)}" for name in names if getattr(self, name, None) is not None]
        if self.trail != "range":
            parts.append(f"trail={self.trail}")
        return f"{type(self).__name__}({', '.join(parts)})"


class TrailingStopLimitOrder(TrailingStopOrder):
    """A trailing stop that becomes a limit order: `limit_offset` beyond the stop, where that was when it was reached.

    limit_offset: money, 0 or more; a sale's limit lies so far below its stop, a buy's above it. The rest is as
    `TrailingStopOrder` has it.

    >>> TrailingStopLimitOrder(amount=2, limit_offset="0.25")
    TrailingStopLimitOrder(amount=2, limit_offset=0.25)
    """

    def __init__(self, *, limit_offset: Any, **trailing: Any) -> None:
        super().__init__(**trailing)
        self.limit_offset = order_price(limit_offset, "limit_offset")

    def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
        """The terms of an order on that side."""
        return OrderTerms(trail=self._trail(self.limit_offset))


def _distance(value: Any, what: str) -> Decimal:
    distance = order_price(value, what)
    if not distance:
        raise BadOrderParameters(f"{what}={value!r}: a stop at the price itself is a market order. Give more than 0.")
    return distance


def _percent(value: Any) -> Decimal:
    percent = exact_number(value, "percent")
    if not 0 < percent < 100:
        raise BadOrderParameters(f"percent={value!r}: give a number between 0 and 100; 2.5 is 2.5 % of the price.")
    return percent


def _whole(ticks: Any) -> int:
    if not isinstance(ticks, int) or isinstance(ticks, bool) or ticks < 1:
        raise BadOrderParameters(f"ticks={ticks!r}: give a whole number of 1 or more.")
    return ticks
