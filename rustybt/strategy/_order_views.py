"""Orders of the book as a strategy sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Generic, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.core import MARKET_TERMS, Cause, Order, OrderEvent, OrderStatus, Scalar, datetime_of, order_later
from rustybt.orders import OrderBook
from rustybt.strategy._numbers import Numbers
from rustybt.strategy._order_fills import DECIMALS, OrderFills

EXPIRED: Final = Cause.EXPIRED.label


class Market(Protocol):
    """How far a run has come. bar: the last one that can be seen."""

    bar: int


class OrderViews(Generic[Scalar]):
    """Makes snapshots of orders. become_limits: one whose stop was reached shows its limit only, as in Zipline.

    A snapshot holds a copy of the order, and reckons a field when it is first read: most are read of few orders. The
    status, of which most ask, it has at once.
    """

    __slots__ = ("_become_limits", "_book", "_fills", "_market", "_numbers")

    def __init__(self, market: Market, book: OrderBook, numbers: Numbers[Scalar], *, become_limits: bool) -> None:
        self._market = market
        self._book = book
        self._numbers = numbers
        self._become_limits = become_limits
        self._fills = OrderFills(book)

    def of(self, order: WorkingOrder) -> Order[Scalar]:
        """An order as it is now."""
        return order_later(partial(self.field, order.copy(), self._market.bar), order.status)

    def field(self, order: WorkingOrder, bar: int, name: str) -> Any:
        """A field of an order as of a bar."""
        return FIELDS[name](self, order, bar)

    def linked(self, order: WorkingOrder) -> tuple[str | None, str | None]:
        """The ids of an exit's entry and of its group."""
        links = self._book.links
        group = None if links is None else links.group_of(order.number)
        if links is None or group is None:
            return None, None
        entry = None if group.entry is None else self._book.order_id(group.entry)
        return entry, f"group-{links.groups.index(group) + 1}"

    def event(self, row: tuple[Any, ...]) -> OrderEvent[Scalar]:
        """A row of the order book's events, as a strategy is told it."""
        number, stamp, kind, quantity, price, stop, cause, _, reason = row
        order, numbers = self._book.numbered(number), self._numbers
        instrument = order.instrument
        at = [None if one is None else self._price(one, instrument) for one in (price, stop)]
        return OrderEvent(
            cause if cause == EXPIRED else kind,
            datetime_of(stamp),
            self._book.order_id(number),
            instrument.asset,
            numbers.quantity(quantity, instrument.quantity_scale),
            at[0],
            at[1],
            cause,
            reason,
            self.of(order),
        )

    def _average_price(self, order: WorkingOrder, _: int) -> Any:
        average = self._fills.average(order)
        return None if average is None else self._price(average, order.instrument, DECIMALS)

    def _price(self, value: int, instrument: Any, scale: int | None = None) -> Any:
        """A price with the decimals that it needs, those of the asset's prices at least."""
        scale, least = instrument.fill_scale if scale is None else scale, instrument.asset.price_scale
        while scale > least and not value % 10:
            value, scale = value // 10, scale - 1
        return self._numbers.price(value, scale)

    def _id(self, order: WorkingOrder, _: int) -> str:
        return self._book.order_id(order.number)

    def _amount(self, order: WorkingOrder, _: int) -> Any:
        return self._numbers.quantity(order.amount, order.instrument.quantity_scale)

    def _filled(self, order: WorkingOrder, _: int) -> Any:
        return self._numbers.quantity(order.filled, order.instrument.quantity_scale)

    def _limit(self, order: WorkingOrder, _: int) -> Any:
        limit = order.limit
        return None if limit is None else self._price(limit, order.instrument)

    def _stop(self, order: WorkingOrder, _: int) -> Any:
        stop = order.stop
        if stop is None or self._is_limit(order):
            return None
        return self._price(stop, order.instrument)

    def _stop_reached(self, order: WorkingOrder, _: int) -> bool:
        return order.stop_reached and not self._is_limit(order)

    def _is_limit(self, order: WorkingOrder) -> bool:
        return self._become_limits and order.stop_reached and order.limit is not None

    def _commission(self, order: WorkingOrder, _: int) -> Any:
        return self._numbers.money(order.commission)

    def _account(self, order: WorkingOrder, _: int) -> str:
        return self._book.account

    def _reason(self, order: WorkingOrder, bar: int) -> str | None:
        if order.reason or order.status is not OrderStatus.OPEN:
            return order.reason or None
        cause = self._book.cause_of(order, bar)
        return None if cause is None else cause.sentence

    def _cause(self, order: WorkingOrder, bar: int) -> str | None:
        cause = self._book.cause_of(order, bar)
        return None if cause is None else cause.label


FIELDS: Final[Mapping[str, Callable[[OrderViews[Any], WorkingOrder, int], Any]]] = {
    "id": OrderViews._id,
    "asset": lambda views, order, bar: order.instrument.asset,
    "amount": OrderViews._amount,
    "filled": OrderViews._filled,
    "limit": OrderViews._limit,
    "stop": OrderViews._stop,
    "limit_reached": lambda views, order, bar: order.limit_reached,
    "stop_reached": OrderViews._stop_reached,
    "commission": OrderViews._commission,
    "created": lambda views, order, bar: datetime_of(order.created),
    "dt": lambda views, order, bar: datetime_of(order.changed),
    "status": lambda views, order, bar: order.status,
    "reason": OrderViews._reason,
    "account": OrderViews._account,
    "client_id": lambda views, order, bar: None,
    "parent": lambda views, order, bar: views.linked(order)[0],
    "group": lambda views, order, bar: views.linked(order)[1],
    "time_in_force": lambda views, order, bar: (order.terms or MARKET_TERMS).time_in_force.value,
    "cause": OrderViews._cause,
    "tag": lambda views, order, bar: None if order.more is None else order.more.tag,
    "was_triggered": lambda views, order, bar: order.stop_reached,
    "average_price": OrderViews._average_price,
}
"""How each field of an `Order` is reckoned."""
