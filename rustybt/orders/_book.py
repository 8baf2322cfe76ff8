"""Every order of a run, those at work by asset, and the append-only list of what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rustybt._kernels import Kernel, WorkingOrder
from rustybt.core import Cause, OrderEventKind, OrderStatus, OrderTerms, Report, div_half_even
from rustybt.orders._lifecycle import advance, cut

REJECTED, CANCELLED, ADJUSTED = OrderEventKind.REJECTED, OrderEventKind.CANCELLED, OrderEventKind.ADJUSTED
ENDS_AT_ONCE: Final = frozenset({CANCELLED, ADJUSTED})


class OrderEvent(NamedTuple):
    """One thing that happened to an order.

    stamp: ns UTC. quantity: scaled units: ordered, filled, or left open. price: of a fill, else the limit; stop: what
    the order has, or now has, or that was reached; both at the listing's fill scale, None where there is none or it is
    not what happened. cause: the label of a `Cause`. ratio: of a split, "2/1". reason: words, where there are any.
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


class OrderBook:
    """Takes orders, keeps those at work in the order of their arrival per asset, and logs every event.

    Ids are the account's name and a sequence, so the same run gives the same ids.
    accept(listing, amount, terms, stamp, reason=None): puts an order to work, from the next bar on, and returns it;
    terms: None for a market order. reason: what a control found, and let through.
    waiting: true while an order is open; `open` says which.
    quiet: by slot the lanes of a bar's lowest and highest price, and two prices of theirs between which none of the
    asset's open orders can do anything; the broker notes them, and they are forgotten with every order that comes or
    is restated.
    """

    __slots__ = ("_kernel", "_orders", "accept", "account", "intake", "prefix", "quiet", "rows", "waiting")

    def __init__(self, account: str = "main", *, kernel: Kernel) -> None:
        self.account = account
        self._kernel = kernel
        self.prefix = account + "-"
        self._orders: list[WorkingOrder] = []
        self.waiting: dict[int, list[WorkingOrder]] = {}
        self.rows = kernel.rows(EVENT)
        self.quiet: dict[int, tuple[Sequence[int], Sequence[int], int, int]] = {}
        self.intake = kernel.intake(self._orders, self.waiting, self.quiet, self.rows)
        self.accept = self.intake.accept

    @property
    def open(self) -> dict[int, list[WorkingOrder]]:
        """The orders at work by slot, oldest first."""
        return self.intake.open()

    @property
    def orders(self) -> list[WorkingOrder]:
        """All orders so far, oldest first."""
        return self.intake.orders()

    @property
    def events(self) -> list[OrderEvent]:
        """The events so far, oldest first."""
        orders = self.orders
        return [OrderEvent(orders[row[0] - 1], *row[1:]) for row in self.rows]

    def apply(self, report: Report, order: WorkingOrder) -> None:
        """Changes an order as a report says, and logs it. An order that is over leaves its queue.

        One that a fill completes stays until `prune`, so that the broker can go through the queue meanwhile.
        """
        advance(order, report)
        self.log(report)
        if order.status is not OrderStatus.OPEN and report.kind in ENDS_AT_ONCE:
            self.prune(order.listing.slot)

    def prune(self, slot: int) -> None:
        """Takes the orders of an asset that are over out of its queue."""
        queue = self.waiting.get(slot, ())
        left = [order for order in queue if order.status is OrderStatus.OPEN]
        if left:
            self.waiting[slot] = left
        elif queue:
            del self.waiting[slot]
            self.quiet.pop(slot, None)

    def log(self, report: Report) -> None:
        """Adds a report to the events."""
        cause, ratio = report.cause, report.ratio
        limit, stop = (report.price, report.stop) if report.terms is None else report.terms[:2]
        self.rows.add(
            (
                report.order,
                report.stamp,
                report.kind.value,
                report.quantity,
                limit,
                stop,
                None if cause is None else cause.label,
                None if ratio is None else f"{ratio[0]}/{ratio[1]}",
                report.told,
            )
        )

    def order_id(self, number: int) -> str:
        """The id of the order with that number."""
        return self.prefix + str(number)

    def find(self, order_id: object) -> WorkingOrder | None:
        """The order with that id; None if there is none."""
        if isinstance(order_id, str) and order_id.startswith(self.prefix):
            digits = order_id[len(self.prefix) :]
            if digits.isascii() and digits.isdecimal() and 0 < int(digits) <= len(self._orders):
                return self.orders[int(digits) - 1]
        return None

    def reject(
        self,
        listing: Any,
        amount: int,
        terms: OrderTerms[int] | None,
        stamp: int,
        cause: Cause,
        told: str,
    ) -> WorkingOrder:
        """Keeps a refused order with its reason; it never works."""
        order = self._kernel.order(len(self._orders) + 1, listing, amount, terms, stamp)
        order.status = OrderStatus.PENDING_NEW
        self._orders.append(order)
        self.apply(Report(order.number, REJECTED, stamp, amount, cause=cause, told=told, terms=terms), order)
        return order

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None = None) -> bool:
        """Takes an open order out of work. Returns False if it was not open. told: where the cause does not say all."""
        if order.status is not OrderStatus.OPEN:
            return False
        left = order.amount - order.filled
        self.apply(Report(order.number, CANCELLED, stamp, left, cause=cause, told=told or cause.sentence), order)
        return True

    def cancel_all(self, slot: int, stamp: int, cause: Cause, told: str | None = None) -> None:
        """Cancels all open orders of an asset."""
        for order in list(self.open.get(slot, ())):
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
        self.quiet.pop(slot, None)
        for order in list(self.open.get(slot, ())):
            step = order.listing.step
            left = cut((order.amount - order.filled) * denominator, numerator * step) * step
            if not left and not zipline:
                told = f"less than one unit was left after the split {numerator}/{denominator}"
                self.cancel(order, stamp, Cause.SPLIT, told)
                continue
            terms = order.terms
            if terms is not None:
                terms = terms.with_prices(lambda price: _restated(price, numerator, denominator, tick))
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
            self.apply(restated, order)


def _restated(price: int, numerator: int, denominator: int, tick: tuple[int, int]) -> int:
    """An order price after a split, on the tick, half-even."""
    ticks = div_half_even(price * numerator * tick[1], denominator * tick[0])
    return div_half_even(ticks * tick[0], tick[1])
