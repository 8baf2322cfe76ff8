"""Changes to orders that are open: other prices, another size, or an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    MARKET_TERMS,
    Cause,
    OrderEventKind,
    OrderStatus,
    OrderTerms,
    Trail,
    as_plain_decimal,
    tick_at,
    to_scale,
    trailed,
)
from rustybt.errors import BadOrderParameters
from rustybt.orders._book import OrderBook
from rustybt.orders._instrument import Limit
from rustybt.orders._placed import is_forced
from rustybt.orders._styles import scaled_price
from rustybt.orders._tick import price_on_tick

type Wanted = tuple[OrderTerms[int] | None, int]
"""The terms of an order, and the amount of the whole."""
PRICES: Final = ("limit_price", "stop_price", "trail_amount", "trail_percent")


class Changing(Protocol):
    """What takes changes and cancels: the order book at once, or what carries them there."""

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, /) -> bool: ...
    def replace(self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int, /) -> bool: ...
    def move_to_the_end(self, order: WorkingOrder, /) -> None: ...


class Wire(Changing, Protocol):
    """What carries orders too. idle_at_bars: not those that are placed when a bar is over: they are there in time."""

    idle_at_bars: bool

    def sent(self, order: WorkingOrder, terms: OrderTerms[int] | None, slot: int, /) -> None: ...
    def becoming(self, order: WorkingOrder, /) -> Wanted: ...


def modify_within(
    limit: Limit | None,
    book: OrderBook,
    wire: Wire | None,
    order: WorkingOrder,
    stamp: int,
    size: Callable[[Any], int],
    changes: Any,
) -> bool:
    """As `modify`, as far as the account allows it: what it refuses is an event of the order, which says why."""
    now = None if wire is None else wire.becoming(order)
    given = {name: value for name, value in changes.items() if value is not None}
    if limit is not None and given and order.status in (OrderStatus.OPEN, OrderStatus.HELD):
        terms, amount = _wanted(order, now, given, size)
        refusal = limit.refusal_of_change(order, terms, amount) if amount * order.amount > 0 else None
        if refusal is not None:
            cause, told = refusal
            kind, prices = OrderEventKind.CHANGE_REFUSED.value, terms or MARKET_TERMS
            book.rows.add((order.number, stamp, kind, amount, prices.limit, prices.stop, cause.label, None, told))
            return False
    return modify(wire or book, order, stamp, size, changes, now)


def _wanted(order: WorkingOrder, now: Wanted | None, given: dict[str, Any], size: Callable[[Any], int]) -> Wanted:
    """The terms and the amount that an order is to have. now: what it is changed from; None for the order as it is."""
    old_terms, old_amount = now or (order.terms, order.amount)
    amount = old_amount if "amount" not in given else size(given["amount"])
    return _terms(order, old_terms or MARKET_TERMS, given), amount


def modify(
    book: Changing, order: WorkingOrder, stamp: int, size: Callable[[Any], int], changes: Any, now: Wanted | None = None
) -> bool:
    """Gives an open order another size or other prices; it works on them from the next bar on.

    size: units as scaled units of the order's asset. changes: as `modify_order` takes them, None where nothing changes.
    book: takes the change. now: what it is changed from; None for the order as it is. Returns whether the order has the
    change now, or it is under way: False where it is over, more of it is filled than it is to be for, or a broker
    forces it. Raises BadOrderParameters.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if not given:
        raise BadOrderParameters("modify_order was given nothing to change: give amount or a price.")
    terms, amount = _wanted(order, now, given, size)
    if amount * order.amount <= 0:
        raise BadOrderParameters(
            f"amount={given.get('amount')!r}: the order is for {_units(order, order.amount)}. Give an amount on the "
            "same side, or cancel it."
        )
    if order.status is not OrderStatus.OPEN or abs(amount) < abs(order.filled) or is_forced(order):
        return False
    larger, other_price = abs(amount) > abs(order.amount), terms != order.terms
    done = book.replace(order, terms, stamp, amount)
    if done and (larger or other_price) and order.status is OrderStatus.OPEN:
        book.move_to_the_end(order)
    return done


def cancel_matching(book: OrderBook, to: Changing, slot: int | None, tag: str | None, stamp: int) -> int:
    """Cancels the open orders of a slot, with a tag; None stands for any. to: what takes the cancels. Returns how many.

    Those that a broker forces stay. Those that are held go first: an entry that is cancelled with a part of it filled
    lets its exits go to work.
    """
    open_orders = [order for queue in book.open.values() for order in queue]
    found = [
        order
        for order in [*book.held, *open_orders]
        if slot in (None, order.instrument.slot)
        and (tag is None or (order.more is not None and order.more.tag == tag))
        and not is_forced(order)
    ]
    return sum(to.cancel(order, stamp, Cause.STRATEGY) for order in found)


def _terms(order: WorkingOrder, terms: OrderTerms[int], given: dict[str, Any]) -> OrderTerms[int] | None:
    """The order's terms with other prices, on the tick."""
    buys, tick, scale = order.amount > 0, order.instrument.tick, order.instrument.fill_scale
    if "limit_price" in given:
        _has(terms.limit, "limit", "limit_price", order)
        limit = price_on_tick(scaled_price(given["limit_price"], "limit_price"), buys, tick, scale)
        terms = terms._replace(limit=limit)
    if "stop_price" in given:
        _has(None if terms.trail is not None else terms.stop, "stop of its own", "stop_price", order)
        stop = price_on_tick(scaled_price(given["stop_price"], "stop_price"), not buys, tick, scale)
        terms = terms._replace(stop=stop)
    names = [name for name in ("trail_amount", "trail_percent") if name in given]
    if names:
        _has(terms.trail, "trailing stop", names[0], order)
        terms = _trailing(terms, given, buys, tick_at(tick, scale), scale)
    return None if terms == MARKET_TERMS else terms


def _trailing(terms: OrderTerms[int], given: dict[str, Any], buys: bool, tick: int, scale: int) -> OrderTerms[int]:
    """Another distance; the stop follows it, also away from the price."""
    from rustybt.orders._trailing_styles import TrailingStopOrder

    new = TrailingStopOrder(amount=given.get("trail_amount"), percent=given.get("trail_percent")).terms(buys).trail
    old: Any = terms.trail
    distance = None if new is None or new.distance is None else to_scale(new.distance, scale)
    trail = Trail(distance, None if new is None else new.share, None, *old[3:])
    changed = terms._replace(trail=trail, stop=None)
    return changed if trail.best is None else trailed(changed, buys, trail.best, tick)


def _has(price: object, what: str, name: str, order: WorkingOrder) -> None:
    if price is None:
        raise BadOrderParameters(
            f"{name} was given, and order {order.number} has no {what}. Cancel it and place another one."
        )


def _units(order: WorkingOrder, units: int) -> str:
    return str(as_plain_decimal(units, order.instrument.quantity_scale))
