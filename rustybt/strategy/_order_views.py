"""Orders of the book as a strategy sees them."""

from __future__ import annotations

from rustybt._kernels import WorkingOrder
from rustybt.core import MARKET_TERMS, Order, OrderStatus, datetime_of
from rustybt.orders import OrderBook
from rustybt.strategy._numbers import Numbers


class OrderViews:
    """Makes snapshots of orders. become_limits: one whose stop was reached shows its limit only, as in Zipline."""

    __slots__ = ("_become_limits", "_book", "_numbers")

    def __init__(self, book: OrderBook, numbers: Numbers, *, become_limits: bool) -> None:
        self._book = book
        self._numbers = numbers
        self._become_limits = become_limits

    def of(self, order: WorkingOrder) -> Order:
        """An order as it is now."""
        instrument, numbers = order.instrument, self._numbers
        limit = None if order.limit is None else numbers.price(order.limit, instrument.fill_scale)
        stop = None if order.stop is None else numbers.price(order.stop, instrument.fill_scale)
        stop_reached = order.stop_reached
        if stop_reached and limit is not None and self._become_limits:
            stop, stop_reached = None, False
        cause = self._book.cause_of(order)
        return Order(
            id=self._book.order_id(order.number),
            asset=instrument.asset,
            amount=numbers.quantity(order.amount, instrument.quantity_scale),
            filled=numbers.quantity(order.filled, instrument.quantity_scale),
            limit=limit,
            stop=stop,
            limit_reached=order.limit_reached,
            stop_reached=stop_reached,
            commission=numbers.money(order.commission),
            created=datetime_of(order.created),
            dt=datetime_of(order.changed),
            status=order.status,
            reason=order.reason or (cause.sentence if cause is not None and order.status is OrderStatus.OPEN else None),
            cause=None if cause is None else cause.label,
            account=self._book.account,
            time_in_force=(order.terms or MARKET_TERMS).time_in_force.value,
        )
