"""An order at work: the immutable request, and what has happened to it so far, as integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rustybt.core import MARKET_TERMS, Cause, Columns, OrderEventKind, OrderStatus, OrderTerms, Rows

OPEN: Final = OrderStatus.OPEN
FILLED: Final = OrderStatus.FILLED
ACCEPTED: Final = OrderEventKind.ACCEPTED.value
CONTROL: Final = Cause.CONTROL.label
REST_OF_MARKET: Final = MARKET_TERMS[2:]


class WorkingOrder:
    """What the order book and the broker know of an order.

    number: its place in the account's sequence. amount, filled: scaled quantities. terms: what it says besides, prices
    at the instrument's fill scale; None for a market order. limit, stop: those of its terms, to be read. more: its
    terms, where they say more than these two. is_market: it has no terms. commission: money. units_charged: the units
    that a commission was computed for; a split does not restate them. created, changed: ns UTC. cause: the number of a
    `Cause`. reason: words where the cause does not say all.
    """

    __slots__ = (
        "_terms",
        "amount",
        "cause",
        "changed",
        "commission",
        "created",
        "filled",
        "instrument",
        "is_market",
        "limit",
        "limit_reached",
        "more",
        "number",
        "reason",
        "status",
        "stop",
        "stop_reached",
        "units_charged",
    )
    limit: int | None
    stop: int | None
    more: OrderTerms[int] | None
    _terms: OrderTerms[int] | None

    def __init__(self, number: int, instrument: Any, amount: int, terms: OrderTerms[int] | None, created: int) -> None:
        self.number = number
        self.instrument = instrument
        self.amount = amount
        self.filled = 0
        if terms is None:  # written out: most orders are market orders
            self._terms = self.limit = self.stop = self.more = None
            self.is_market = True
        else:
            self.terms = terms
        self.limit_reached = False
        self.stop_reached = False
        self.commission = 0
        self.units_charged = 0
        self.created = created
        self.changed = created
        self.status: OrderStatus = OPEN
        self.reason: str | None = None
        self.cause = 0

    def copy(self, instrument: Any = None) -> WorkingOrder:
        """The order as it is now; what happens to it later does not happen to the copy.

        instrument: the asset in another run; None for that of this one.
        """
        copy = WorkingOrder(self.number, instrument or self.instrument, self.amount, self._terms, self.created)
        copy.filled = self.filled
        copy.limit_reached = self.limit_reached
        copy.stop_reached = self.stop_reached
        copy.commission = self.commission
        copy.units_charged = self.units_charged
        copy.changed = self.changed
        copy.status = self.status
        copy.reason = self.reason
        copy.cause = self.cause
        return copy

    @property
    def terms(self) -> OrderTerms[int] | None:
        return self._terms

    @terms.setter
    def terms(self, terms: OrderTerms[int] | None) -> None:
        self._terms = terms
        self.is_market = terms is None
        self.limit, self.stop = (None, None) if terms is None else terms[:2]
        self.more = None if terms is None or terms[2:] == REST_OF_MARKET else terms


class OrderStore:
    """Takes orders in: each gets its number, stands last in its asset's queue, and leaves an event.

    orders: all of a run. open: those at work, by slot; both are asked for by the methods of that name, as the native
    twin fills them in when somebody looks.
    events: rows of order's number, stamp, kind, quantity, limit, stop, cause, ratio, reason.
    """

    __slots__ = ("_events", "_open", "_orders")

    def __init__(self, orders: list[WorkingOrder], open: dict[int, list[WorkingOrder]], events: Rows) -> None:
        self._orders = orders
        self._open = open
        self._events = events

    def accept(
        self,
        instrument: Any,
        amount: int,
        terms: OrderTerms[int] | None,
        stamp: int,
        reason: str | None = None,
    ) -> WorkingOrder:
        """Puts an order to work. It is eligible from the next bar. reason: what a control found, and let through."""
        order = WorkingOrder(len(self._orders) + 1, instrument, amount, terms, stamp)
        self._orders.append(order)
        queue = self._open.get(instrument.slot)
        if queue is None:
            self._open[instrument.slot] = [order]
        else:
            queue.append(order)
        cause = None if reason is None else CONTROL
        self._events.add((order.number, stamp, ACCEPTED, amount, order.limit, order.stop, cause, None, reason))
        return order

    def open(self) -> dict[int, list[WorkingOrder]]:
        """The orders at work by slot, oldest first."""
        return self._open

    def orders(self) -> list[WorkingOrder]:
        """All orders so far; one whose number is n stands at n - 1."""
        return self._orders

    def rows(
        self, names: Sequence[str], labels: Sequence[str], sentences: Sequence[str], why: Mapping[int, int]
    ) -> Columns:
        """All orders as rows: slot, created, amount, filled, limit, stop, status, commission, changed, cause, reason.

        names: of each status. labels, sentences: of each cause; a filled order has none, and the sentence stands where
        an open order has no reason of its own. why: by number, the causes of open orders as of now.
        """
        orders = self._orders
        told = [o.reason for o in orders]
        over = names[FILLED]
        states = [over if o.status is FILLED else names[o.status] for o in orders]
        causes = [None if o.status is FILLED else labels[why.get(o.number, o.cause)] for o in orders]
        if names[OPEN] in states:
            for place, order in enumerate(orders):
                if order.status is OPEN and order.reason is None:
                    told[place] = sentences[why.get(order.number, order.cause)]
        # a list a column: attributes of slots are read quickest one by one
        return Columns(
            [
                [o.instrument.slot for o in orders],
                [o.created for o in orders],
                [o.amount for o in orders],
                [o.filled for o in orders],
                [o.limit for o in orders],
                [o.stop for o in orders],
                states,
                [o.commission for o in orders],
                [o.changed for o in orders],
                causes,
                told,
            ]
        )
