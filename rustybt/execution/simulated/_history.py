"""The effect of each bar on an order, reckoned later from its terms, its events and the market: no run records it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    MARKET_TERMS,
    Cause,
    OrderEventKind,
    OrderStatus,
    OrderStep,
    OrderTerms,
    tick_at,
    trailed,
)
from rustybt.execution.simulated._at_once import auction_bar
from rustybt.execution.simulated._transit import close_of
from rustybt.execution.simulated._triggers import Trigger, Triggers

FILLS: Final = (OrderEventKind.FILLED.value, OrderEventKind.PARTIALLY_FILLED.value)
ENDS: Final = ("filled", "cancelled", "rejected")
AT_WORK: Final = ("accepted", "replaced", "adjusted")
STOP, LIMIT = Cause.STOP_NOT_REACHED, Cause.LIMIT_NOT_REACHED


class PastEvent(NamedTuple):
    """An event of an order. seq: its place among all events; the others as the order book keeps them."""

    seq: int
    stamp: int
    kind: str
    quantity: int
    price: int | None
    stop: int | None
    cause: str | None
    ratio: str | None
    reason: str | None


class Past(NamedTuple):
    """The facts about an order and its bars.

    terms: by place among all events, the terms that an order had from there on, where they say more than limit and
    stop. stamps: of the bars. sessions: for each its first bar and the one after its last. last: the last bar to tell
    of. fills: of the asset, stamp, the order's number and units. met: the first bar that the order meets, and whether
    only its close. read: by the stamp of a bar that does not say in which order its prices came, what decided.
    """

    number: int
    instrument: Any
    events: Sequence[PastEvent]
    terms: Mapping[int, OrderTerms[int]]
    stamps: Sequence[int]
    sessions: Sequence[tuple[int, int]]
    last: int
    fills: Sequence[tuple[int, int, int]]
    met: tuple[int, bool] = (0, False)
    read: Mapping[int, str] = {}


def history_of(past: Past, triggers: Triggers) -> Iterator[OrderStep]:
    """The life of an order, bar by bar and event by event, oldest first."""
    first = past.events[0]
    order = WorkingOrder(past.number, past.instrument, first.quantity, None, first.stamp)
    order.status = OrderStatus.HELD
    taken: dict[int, int] = {}
    for stamp, number, units in past.fills:
        if number != past.number:
            taken[stamp] = taken.get(stamp, 0) + abs(units)
    bar, left = _bar_after(past, first.stamp), list(past.events)
    while left:
        # what lies before the bar is over, or happens at its end to an order that was not at work during it
        while left and (bar > past.last or left[0].stamp < past.stamps[bar]):
            yield _told(order, left.pop(0), past)
        if bar > past.last or (not left and order.status is not OrderStatus.OPEN):
            return
        if order.status is OrderStatus.OPEN:
            yield _bar(order, past, triggers, bar, taken.get(past.stamps[bar], 0))
        while left and left[0].stamp == past.stamps[bar]:
            yield _told(order, left.pop(0), past)
        bar += 1
        if not left and order.status is OrderStatus.OPEN:
            while bar <= past.last:
                yield _bar(order, past, triggers, bar, taken.get(past.stamps[bar], 0))
                bar += 1


def _bar_after(past: Past, stamp: int) -> int:
    """The first bar that ends at a stamp or later: that of placing it, whose own line is none."""
    return next((bar for bar in range(1, past.last + 1) if past.stamps[bar] >= stamp), past.last + 1)


def _bar(order: WorkingOrder, past: Past, triggers: Triggers, bar: int, taken: int) -> OrderStep:
    """The step of a bar in the life of an order at work; the order has the terms then that the bar gave it."""
    bars, stamp, more = past.instrument, past.stamps[bar], order.more
    volume = bars.tradable[bar]
    if bar < past.met[0]:
        return OrderStep(stamp, "bar", volume=volume, cause=Cause.ON_ITS_WAY.label)
    if volume <= 0:
        return OrderStep(stamp, "bar", volume=volume, cause=Cause.NO_TRADE.label)
    field = triggers.field
    if more is not None and more.at is not None:
        if auction_bar(past.sessions, more.at, _Moment(past, bar)) != bar:  # type: ignore[arg-type]
            return OrderStep(stamp, "bar", volume=volume, cause=Cause.AUCTION.label)
        field = more.at.value
    up = bars.mark_to_fill_scale
    offered = bars.column(field)[bar] * up
    if order.is_market:
        return OrderStep(stamp, "bar", field, offered, volume=volume, taken=taken, at=offered)
    late = past.met == (bar, True)
    trigger, stands = triggers.of(order, close_of(bars, bar) if late else bars, bar, offered), order.stop
    tested, against, level = _test(order, trigger, triggers, field, late=late)
    price = bars.column(tested)[bar] * up
    reached = trigger.price is not None
    read = past.read.get(stamp) if reached or trigger.stop else None
    at, terms = trigger.price, trigger.terms
    if read is not None:
        # what the bar is by itself is its worst; what happened on it is told by the events
        fills = [event.price for event in past.events if event.stamp == stamp and event.kind in FILLS]
        at = fills[0] if fills else None
        if at is None and more is not None and more.trail is not None and not order.stop_reached:
            buys, tick = order.amount > order.filled, tick_at(bars.tick, bars.fill_scale)
            terms = trailed(more, buys, bars.column("low" if buys else "high")[bar] * up, tick)
    if terms is not None:
        order.terms = terms
    waits = None if reached else trigger.waits.label
    moved = None if terms is None or terms.stop == stands else "moved"
    return OrderStep(stamp, "bar", tested, price, against, level, volume, taken, None, at, waits, moved, read)


def _test(
    order: WorkingOrder, trigger: Trigger, triggers: Triggers, field: str, *, late: bool
) -> tuple[str, str | None, int | None]:
    """The price of the bar that decides, what it is tested against, and where that is. late: only the close is met."""
    more, buys = order.more, order.amount > order.filled
    low, high = ("low", "high") if triggers.by_range else (field, field)
    if late:
        low = high = "close"
    if more is not None and more.at_once:
        return field, None if order.limit is None else "limit", order.limit
    if more is not None and more.touch is not None and not order.stop_reached and trigger.waits is not LIMIT:
        return (low if buys else high), "touch", more.touch
    stops = order.stop is not None or (more is not None and more.trail is not None)
    if stops and not order.stop_reached and not (trigger.stop and trigger.price is None):
        stop = order.stop if trigger.terms is None or trigger.price is None else trigger.terms.stop
        return (high if buys else low), "stop", stop
    limit = order.limit if trigger.terms is None else trigger.terms.limit
    if limit is None:
        return field, None, None
    return (low if buys else high), "limit", limit


class _Moment:
    """A bar and its session, as `auction_bar` asks for them."""

    __slots__ = ("bar", "session")

    def __init__(self, past: Past, bar: int) -> None:
        self.bar = bar
        self.session = next(place for place, (_, end) in enumerate(past.sessions) if bar < end)


def _told(order: WorkingOrder, event: PastEvent, past: Past) -> OrderStep:
    """An event; the order is then as it left it."""
    kind, quantity = event.kind, event.quantity
    if kind in FILLS:
        order.filled += quantity
    elif kind == "triggered":
        if event.cause == Cause.LIMIT_REACHED.label:
            order.limit_reached = True
        else:
            order.stop_reached = True
    elif kind in (*AT_WORK, "held", "released"):
        _at_work(order, event, past)
    if kind in ENDS:
        order.status = OrderStatus.CANCELLED
    stop = event.stop
    if stop is None and kind in AT_WORK and order.more is not None and order.more.touch is not None:
        return OrderStep(
            event.stamp, kind, None, None, "touch", order.more.touch, None, None, quantity, event.price, event.cause,
            event.reason,
        )  # fmt: skip
    against = None if stop is None else "stop"
    return OrderStep(
        event.stamp, kind, None, None, against, stop, None, None, quantity, event.price, event.cause, event.reason
    )


def _at_work(order: WorkingOrder, event: PastEvent, past: Past) -> None:
    """An order that was placed, let go or changed."""
    terms: OrderTerms[int] = past.terms.get(event.seq, MARKET_TERMS._replace(limit=event.price, stop=event.stop))
    if event.kind == "replaced" and terms.stop != order.stop:
        order.stop_reached = False
    if event.kind == "adjusted" and event.ratio is not None:
        numerator, denominator = (int(part) for part in event.ratio.split("/"))
        step = order.instrument.step
        order.filled = int(order.filled * denominator / (numerator * step)) * step
    order.terms = None if terms == MARKET_TERMS else terms
    order.amount = order.filled + event.quantity if event.kind != "accepted" else event.quantity
    if event.kind == "accepted":
        order.status = OrderStatus.OPEN
