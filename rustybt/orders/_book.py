"""Every order of a run, those at work by asset, and the append-only list of what happened to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from rustybt._kernels import Kernel, WorkingOrder
from rustybt.core import (
    Cause,
    OrderEventKind,
    OrderStatus,
    OrderTerms,
    Report,
    report_of_cancel,
    report_of_replacement,
    terms_from,
)
from rustybt.orders._commands import Command, Venue
from rustybt.orders._lifecycle import advance, cut, fill
from rustybt.orders._linking import Linking
from rustybt.orders._links import Links
from rustybt.orders._plain_orders import order_from, plain_order
from rustybt.orders._tick import terms_after_split

ACCEPTED, REJECTED, CANCELLED = OrderEventKind.ACCEPTED, OrderEventKind.REJECTED, OrderEventKind.CANCELLED
ADJUSTED, REPLACED = OrderEventKind.ADJUSTED, OrderEventKind.REPLACED
NOT_FILLED, TRAILED = OrderEventKind.NOT_FILLED, OrderEventKind.TRAILED
WAKING: Final = frozenset({ADJUSTED, REPLACED, OrderEventKind.TRIGGERED})
APPLIED: Final = [
    OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED, NOT_FILLED, OrderEventKind.TRIGGERED, CANCELLED,
]  # fmt: skip
"""The kinds of reports that the native kernel applies, in its order."""
FILLED, PARTIALLY_FILLED = OrderEventKind.FILLED.value, OrderEventKind.PARTIALLY_FILLED.value
OPEN, PENDING, HELD, OVER = OrderStatus.OPEN, OrderStatus.PENDING_NEW, OrderStatus.HELD, OrderStatus.FILLED


class EventRow(NamedTuple):
    """One thing that happened to an order.

    stamp: ns UTC. quantity: scaled units: ordered, filled, or left open. price: of a fill, else the limit; stop: what
    the order has, or now has, or that was reached; both at the instrument's fill scale, None where there is none or it
    is not what happened. cause: the label of a `Cause`. ratio: of a split, "2/1". reason: words, where there are any.
    """

    order: WorkingOrder
    stamp: int
    kind: str
    quantity: int
    price: int | None
    stop: int | None
    cause: str | None
    ratio: str | None
    reason: str | None


EVENT: Final = "nntwwwttt"
"""How an event is kept: the order's number, stamp, kind, quantity, price, stop, cause, ratio, reason. Plain values are
nothing that the garbage collector has to look through."""


class OrderBook(Linking):
    """Takes orders, keeps those at work in the order of their arrival per asset, and logs every event.

    Ids are the account's name and a sequence, so the same run gives the same ids.
    accept(instrument, amount, terms, stamp, reason=None): a new order, which is returned; terms: None for a market
    order. reason: what a control found, and let through. It works from the next bar on, with the simulated broker,
    which accepts whatever comes; `route` sends it to another one instead.
    links: what other orders are to do upon a report; None where no orders are linked. held: those that wait for one.
    why: the number of the cause why an open order has not filled, as of a bar, or, with None, of the last one.
    special: by number, terms that say more than limit and stop, and the place among all events from which they held.
    queues: true while an order is open; `open` says which.
    moved: by number, when one was put last. restated: by slot, when an asset was last split.
    applier: the native kernel's way to apply a report; None where Python applies them all.
    wake: which of them sleep, and what wakes them. The broker puts them to sleep; an order that is triggered, restated,
    replaced or over is forgotten there.
    """

    __slots__ = (
        "_apply", "_asked", "_drain", "_found", "_kernel", "_orders", "_venue", "accept", "account", "applier",
        "moved", "prefix", "queues", "restated", "rows", "special", "store", "wake", "why",
    )  # fmt: skip

    def __init__(self, account: str = "main", *, kernel: Kernel) -> None:
        self.account = account
        self._kernel = kernel
        self.prefix = account + "-"
        self._orders: list[WorkingOrder] = []
        self.queues: dict[int, list[WorkingOrder]] = {}
        self.rows = kernel.rows(EVENT)
        self.wake = kernel.wake()
        self.store = kernel.order_store(self._orders, self.queues, self.rows)
        self.accept = self.store.accept
        kind: Any = kernel.applier
        self.applier = None if kind is None else kind(self.store, self.wake, APPLIED, [cause.label for cause in Cause])
        self._apply: Callable[[Report], WorkingOrder | None] | None = getattr(self.applier, "apply", None)
        self.special: dict[int, list[tuple[int, OrderTerms[int]]]] = {}
        self.links: Links | None = None
        self.held: list[WorkingOrder] = []
        self.reducing: list[WorkingOrder] = []
        self.why: Callable[[WorkingOrder, int | None], int] = _stored_cause
        self._venue: Venue | None = None
        self.expiring: list[tuple[int, int]] = []
        self.moved: dict[int, int] = {}
        self.restated: dict[int, int] = {}
        self._drain: Callable[[], object] | None = None
        self._asked: dict[str, int] = {}  # numbers of ids that somebody asked for: who does so does it each bar
        # by number, what a control found of an order that is not accepted yet
        self._found: dict[int, tuple[Cause, str]] = {}

    @property
    def open(self) -> dict[int, list[WorkingOrder]]:
        """The orders at work by slot, oldest first."""
        return self.store.open()

    @property
    def orders(self) -> list[WorkingOrder]:
        """All orders so far, oldest first."""
        return self.store.orders()

    @property
    def events(self) -> list[EventRow]:
        """The events so far, oldest first."""
        orders = self.orders
        return [EventRow(orders[row[0] - 1], *row[1:]) for row in self.rows]

    def route(self, venue: Venue, drain: Callable[[], object]) -> None:
        """Sends orders, and what is asked for them, to a broker. drain: takes its reports; called after each."""
        self._venue = venue
        self._drain = drain
        self.accept = self._submit

    @property
    def routed(self) -> bool:
        """Whether orders go to a broker, and not straight into their queues."""
        return self._venue is not None

    def _submit(
        self, instrument: Any, amount: int, terms: OrderTerms[int] | None, stamp: int, reason: str | None = None
    ) -> WorkingOrder:
        order = self.pending(instrument, amount, terms, stamp)
        if reason is not None:
            self._found[order.number] = Cause.CONTROL, reason
        self._venue.submit(order)  # type: ignore[union-attr]  # there is one from `route` on
        self._drain()  # type: ignore[misc]
        return order

    def pending(self, instrument: Any, amount: int, terms: OrderTerms[int] | None, stamp: int) -> WorkingOrder:
        """A new order that no broker has accepted yet."""
        order = self._kernel.order(len(self._orders) + 1, instrument, amount, terms, stamp)
        order.status = PENDING
        self._orders.append(order)
        return order

    def cause_of(self, order: WorkingOrder, bar: int | None = None) -> Cause | None:
        """Why an order is where it is; None for one that is filled. bar: as of which; None for the last one."""
        status = order.status
        if status is OrderStatus.FILLED:
            return None
        return Cause(self.why(order, bar) if status is OPEN else order.cause)

    def apply(self, report: Report) -> Sequence[Command]:
        """Changes an order as a report says, logs it, and keeps the queues. Returns what linked orders answer."""
        if self._apply is not None:
            known = self._apply(report)
            if known is not None:
                return () if self.links is None or report.kind is NOT_FILLED else self.links(report, known)
        number, kind, stamp, quantity, limit, stop, _, cause, ratio, told, _, _, terms, _ = report
        order = self.numbered(number)
        advance(order, report)
        if kind is NOT_FILLED:
            return ()
        if kind is TRAILED:
            self.wake.forget(order.instrument.slot, number)
            self.look_at(order)
            return ()
        if kind is ACCEPTED:
            cause, told = self._enqueue(order, cause, told)
        if terms is not None:
            limit, stop = terms[:2]
            if order.more is not None:
                self.special.setdefault(number, []).append((len(self.rows), terms))
        label = None if cause is None else cause.label
        restated = None if ratio is None else f"{ratio[0]}/{ratio[1]}"
        # `_value_` as `value`, which is a call
        self.rows.add((number, stamp, kind._value_, quantity, limit, stop, label, restated, told))
        if order.status is not OPEN:
            self._dequeue(order)
        elif kind in WAKING:
            self.wake.forget(order.instrument.slot, number)
            self.look_at(order)
        return () if self.links is None else self.links(report, order)

    def filled(self, order: WorkingOrder, stamp: int, quantity: int, price: int, paid: int) -> None:
        """Fills an open order that nothing is linked to, as `apply` does upon a report. paid: its fee."""
        whole = order.filled + quantity == order.amount
        fill(order, quantity, paid, whole)
        order.changed = stamp
        if whole:
            order.status = OVER
            self._dequeue(order)
        kind = FILLED if whole else PARTIALLY_FILLED
        self.rows.add((order.number, stamp, kind, quantity, price, None, None, None, None))

    def _enqueue(self, order: WorkingOrder, cause: Cause | None, told: str | None) -> tuple[Cause | None, str | None]:
        """An order that was accepted waits behind those of its asset. Returns why it was, or what a control found."""
        self.open.setdefault(order.instrument.slot, []).append(order)
        found = self._found.pop(order.number, None)
        return (cause, told) if found is None else found

    def _dequeue(self, order: WorkingOrder) -> None:
        """Takes an order that is over out of its queue."""
        slot = order.instrument.slot
        queue = self.queues.get(slot, ())
        if len(queue) == 1 and queue[0] is order:
            del self.queues[slot]
        else:
            # by identity: to compare orders, as `remove` does, costs more than all else here
            for place, other in enumerate(queue):
                if other is order:
                    del queue[place]  # type: ignore[union-attr]
                    break
        if not order.is_market:  # which never sleeps
            self.wake.forget(slot, order.number)

    def state(self, *, whole: bool = True) -> dict[str, Any]:
        """All orders and events, and which orders are at work, as plain values. whole: else without the first two."""
        at_work = [(slot, [order.number for order in queue]) for slot, queue in self.open.items()]
        return {
            "orders": [plain_order(order) for order in self.orders] if whole else [],
            "open": at_work,
            "events": list(self.rows) if whole else [],
            "held": [order.number for order in self.held],
            "moved": list(self.moved.items()),
            "restated": list(self.restated.items()),
            "links": [] if self.links is None else self.links.state(),
            "special": [(n, place, terms.plain()) for n, had in self.special.items() for place, terms in had],
        }

    def restore(self, state: dict[str, Any], instruments: Sequence[Any], of: OrderBook | None = None) -> None:
        """Takes over what `state` gave, in a book without orders. instruments: by slot. of: the book, to copy from."""
        if of is not None:
            self._orders += [order.copy(instruments[order.instrument.slot]) for order in of.orders]
            self.rows.take(of.rows)
        for plain in state["orders"]:
            self._orders.append(order_from(plain, self._kernel, len(self._orders) + 1, instruments))
        for slot, numbers in state["open"]:
            self.queues[slot] = [self._orders[number - 1] for number in numbers]
        for queue in self.queues.values():
            for order in queue:
                self.watch(order)
        self.held += [self._orders[number - 1] for number in state["held"]]
        if state["links"]:
            self.links = Links(self.numbered)
            self.links.restore(state["links"])
        self.moved.update(state["moved"])
        self.restated.update(state["restated"])
        for row in state["events"]:
            self.rows.add(tuple(row))
        self.special.clear()
        for number, place, plain in state["special"]:
            self.special.setdefault(number, []).append((place, terms_from(plain)))

    @property
    def count(self) -> int:
        """How many orders there are, those that are over too. They are numbered from 1."""
        return len(self._orders)

    def numbered(self, number: int) -> WorkingOrder:
        """The order with that number."""
        order: Any = self._orders[number - 1]
        # the native twin fills the list in when somebody looks
        return self.orders[number - 1] if order is None else order

    def order_id(self, number: int) -> str:
        """The id of the order with that number."""
        return self.prefix + str(number)

    def find(self, order_id: object) -> WorkingOrder | None:
        """The order with that id; None if there is none."""
        if not isinstance(order_id, str):
            return None
        number = self._asked.get(order_id)
        if number is None:
            digits = order_id.removeprefix(self.prefix)
            number = int(digits) if digits != order_id and digits.isascii() and digits.isdecimal() else 0
            if not 0 < number <= len(self._orders):
                return None
            self._asked[order_id] = number
        return self.numbered(number)

    def reject(
        self,
        instrument: Any,
        amount: int,
        terms: OrderTerms[int] | None,
        stamp: int,
        cause: Cause,
        told: str,
    ) -> WorkingOrder:
        """Keeps a refused order with its reason; it never works."""
        order = self.pending(instrument, amount, terms, stamp)
        self.apply(Report(order.number, REJECTED, stamp, amount, cause=cause, told=told, terms=terms))
        return order

    def replace(
        self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None
    ) -> bool:
        """Gives an open order other terms, and another amount where one is given; with what is filled it is over.

        Returns whether it has them now; a broker may take its time.
        """
        if order.status is not OPEN:
            return False
        if amount is not None and amount == order.filled:
            return self.cancel(order, stamp, Cause.STRATEGY, "nothing is left: the new amount is filled already")
        if self._venue is None:
            left = (order.amount if amount is None else amount) - order.filled
            self.carry_out(self.apply(report_of_replacement(order.number, left, stamp, terms)))
        else:
            self._venue.replace(order, terms, stamp, amount)
            self._drain()  # type: ignore[misc]
        return order.terms == terms and amount in (None, order.amount)

    def move_to_the_end(self, order: WorkingOrder) -> None:
        """An order that was changed waits behind those of its asset."""
        queue = self.open[order.instrument.slot]
        queue[:] = [other for other in queue if other is not order] + [order]
        self.moved[order.number] = order.changed

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None = None) -> bool:
        """Takes an open order out of work. Returns False if it was not open, or a broker takes its time.

        told: where the cause does not say all.
        """
        if order.status is not OPEN and order.status is not HELD:
            return False
        if self._venue is None or order.status is HELD:
            left = order.amount - order.filled
            if order.status is HELD:
                self.held.remove(order)
            self.carry_out(self.apply(report_of_cancel(order.number, left, stamp, cause, told)))
        else:
            self._venue.cancel(order, stamp, cause, told)
            self._drain()  # type: ignore[misc]
        return order.status is OrderStatus.CANCELLED

    def cancel_all(self, slot: int, stamp: int, cause: Cause, told: str | None = None) -> None:
        """Cancels all open orders of an asset."""
        for order in [*self.open.get(slot, ()), *self.held_of(slot)]:
            self.cancel(order, stamp, cause, told)

    def split(
        self, slot: int, stamp: int, numerator: int, denominator: int, tick: tuple[int, int], *, zipline: bool = False
    ) -> None:
        """Restates the open orders of an asset after a split.

        What is open and what was filled are each cut to whole steps; limits and stops go to the tick, a pair of
        integers at the fill scale: (numerator, denominator). An order of which nothing is left open is cancelled with a
        reason, and stays as it was asked for and filled before the split. zipline: it counts as filled instead, and
        fees count what was filled before in the units of now.
        """
        self.restated[slot] = stamp
        for order in [*self.open.get(slot, ()), *self.held_of(slot)]:
            step = order.instrument.step
            left = cut((order.amount - order.filled) * denominator, numerator * step) * step
            if not left and not zipline:
                told = f"less than one unit was left after the split {numerator}/{denominator}"
                self.cancel(order, stamp, Cause.SPLIT, told)
                continue
            terms = order.terms
            if terms is not None:
                terms = terms_after_split(order, terms, numerator, denominator, tick)
            restated = Report(
                order.number,
                ADJUSTED,
                stamp,
                left,
                cause=Cause.SPLIT,
                ratio=(numerator, denominator),
                told=f"split {numerator}/{denominator}",
                dated=False,
                recharged=zipline,
                terms=terms,
            )
            self.apply(restated)


def _stored_cause(order: WorkingOrder, bar: int | None) -> int:
    return order.cause
