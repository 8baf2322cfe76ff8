"""Every order of a run, those at work by asset, and the append-only list of what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rustybt._kernels import Intake, Rows, WorkingOrder
from rustybt.core import OrderEventKind, OrderStatus, div_half_even

REJECTED = OrderEventKind.REJECTED.value
CANCELLED = OrderEventKind.CANCELLED.value
ADJUSTED = OrderEventKind.ADJUSTED.value


class OrderEvent(NamedTuple):
    """One thing that happened to an order.

    stamp: ns UTC. quantity: scaled units: ordered, filled, or left open. price: of a fill, else the limit; stop: what
    the order has, or now has, or that was reached; both at the listing's fill scale, None where there is none or it is
    not what happened. reason: "stop" where it was the stop that triggered.
    """

    order: WorkingOrder
    stamp: int
    kind: str
    quantity: int
    price: int | None
    stop: int | None
    reason: str | None


EVENT: Final = "nntwwwt"
"""How an event is kept: the order's number, stamp, kind, quantity, price, stop, reason. Plain values are nothing that
the garbage collector has to look through."""


class Blotter:
    """Takes orders, keeps those at work in the order of their arrival per asset, and logs every event.

    Ids are the account's name and a sequence, so the same run gives the same ids.
    accept(listing, amount, limit, stamp, stop=None, reason=None): puts an order to work, from the next bar on, and
    returns it; reason: what a control found, and let through.
    waiting: true while an order is open; `open` says which.
    quiet: by slot the lanes of a bar's lowest and highest price, and two prices of theirs between which none of the
    asset's open orders can do anything; the broker notes them, and they are forgotten with every order that comes or
    is restated.
    """

    __slots__ = ("_orders", "accept", "account", "intake", "prefix", "quiet", "rows", "waiting")

    def __init__(self, account: str = "main") -> None:
        self.account = account
        self.prefix = account + "-"
        self._orders: list[WorkingOrder] = []
        self.waiting: dict[int, list[WorkingOrder]] = {}
        self.rows = Rows(EVENT)
        self.quiet: dict[int, tuple[Sequence[int], Sequence[int], int, int]] = {}
        self.intake = Intake(self._orders, self.waiting, self.quiet, self.rows)
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
        return [
            OrderEvent(orders[n - 1], stamp, kind, amount, price, stop, why)
            for n, stamp, kind, amount, price, stop, why in self.rows
        ]

    def log(
        self,
        order: WorkingOrder,
        stamp: int,
        kind: str,
        quantity: int,
        price: int | None,
        stop: int | None,
        reason: str | None = None,
    ) -> None:
        """Adds an event of an order."""
        self.rows.add((order.number, stamp, kind, quantity, price, stop, reason))

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
        self, listing: Any, amount: int, limit: int | None, stamp: int, reason: str, stop: int | None = None
    ) -> WorkingOrder:
        """Keeps a refused order with its reason; it never works."""
        order = WorkingOrder(len(self._orders) + 1, listing, amount, limit, stamp, stop)
        order.status = OrderStatus.REJECTED
        order.reason = reason
        self._orders.append(order)
        self.log(order, stamp, REJECTED, amount, limit, stop, reason)
        return order

    def cancel(self, order: WorkingOrder, stamp: int, reason: str) -> bool:
        """Takes an open order out of work. Returns False if it was not open."""
        if order.status is not OrderStatus.OPEN:
            return False
        self._remove(order)
        order.status = OrderStatus.CANCELLED
        order.reason = reason
        order.changed = stamp
        self.log(order, stamp, CANCELLED, order.amount - order.filled, None, None, reason)
        return True

    def cancel_all(self, slot: int, stamp: int, reason: str) -> None:
        """Cancels all open orders of an asset."""
        for order in list(self.open.get(slot, ())):
            self.cancel(order, stamp, reason)

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
            remaining = _cut((order.amount - order.filled) * denominator, numerator * step) * step
            if not remaining and not zipline:
                self.cancel(order, stamp, f"less than one unit was left after the split {numerator}/{denominator}")
                continue
            order.filled = _cut(order.filled * denominator, numerator * step) * step
            order.amount = order.filled + remaining
            if zipline:
                order.charged = abs(order.filled)
            if order.limit is not None:
                order.limit = _restated(order.limit, numerator, denominator, tick)
            why = f"split {numerator}/{denominator}"
            if order.stop is not None:
                order.stop = _restated(order.stop, numerator, denominator, tick)
            if remaining:
                self.log(order, stamp, ADJUSTED, remaining, order.limit, order.stop, why)
            else:
                self.log(order, stamp, ADJUSTED, 0, order.limit, order.stop, why)
                self._remove(order)
                order.status = OrderStatus.FILLED

    def _remove(self, order: WorkingOrder) -> None:
        queue = self.open[order.listing.slot]
        queue.remove(order)
        if not queue:
            del self.open[order.listing.slot]
            self.quiet.pop(order.listing.slot, None)


def _restated(price: int, numerator: int, denominator: int, tick: tuple[int, int]) -> int:
    """An order price after a split, on the tick, half-even."""
    ticks = div_half_even(price * numerator * tick[1], denominator * tick[0])
    return div_half_even(ticks * tick[0], tick[1])


def _cut(numerator: int, denominator: int) -> int:
    """A quotient cut towards zero."""
    return -(-numerator // denominator) if numerator < 0 else numerator // denominator
