"""Orders of the book as a strategy sees them."""

from __future__ import annotations

from typing import Generic

from rustybt._kernels import WorkingOrder
from rustybt.core import MARKET_TERMS, Order, OrderStatus, Scalar, datetime_of
from rustybt.orders import OrderBook
from rustybt.strategy._numbers import Numbers


class OrderViews(Generic[Scalar]):
    """Makes snapshots of orders. become_limits: one whose stop was reached shows its limit only, as in Zipline."""

    __slots__ = ("_become_limits", "_book", "_numbers")

    def __init__(self, book: OrderBook, numbers: Numbers[Scalar], *, become_limits: bool) -> None:
        self._book = book
        self._numbers = numbers
        self._become_limits = become_limits

    def of(self, order: WorkingOrder) -> Order[Scalar]:
        """An order as it is now."""
        listing, numbers = order.listing, self._numbers
        limit = None if order.limit is None else numbers.price(order.limit, listing.fill_scale)
        stop = None if order.stop is None else numbers.price(order.stop, listing.fill_scale)
        stop_reached = order.stop_reached
        if stop_reached and limit is not None and self._become_limits:
            stop, stop_reached = None, False
        cause = self._book.cause_of(order)
        return Order(
            id=self._book.order_id(order.number),
            asset=listing.asset,
            amount=numbers.quantity(order.amount, listing.quantity_scale),
            filled=numbers.quantity(order.filled, listing.quantity_scale),
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
