"""The part of an order book that holds orders back, lets them go, and does what linked orders ask."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from rustybt._kernels import WorkingOrder
from rustybt.core import MARKET_TERMS, Cause, OrderEventKind, OrderStatus, OrderTerms, Report
from rustybt.orders._commands import Cancel, Command, Replace, Venue
from rustybt.orders._links import Group, Links

ACCEPTED, RELEASED, TRAILED = OrderEventKind.ACCEPTED, OrderEventKind.RELEASED, OrderEventKind.TRAILED
OPEN: Final = OrderStatus.OPEN


class Linking:
    """What `OrderBook` does for linked orders.

    links: what the others are to do upon a report; None where no orders are linked. held: those that wait for one.
    reducing: those that end with their position. expiring: a heap of the moments at which orders end, with numbers.
    """

    __slots__ = ("expiring", "held", "links", "reducing")
    links: Links | None
    held: list[WorkingOrder]
    reducing: list[WorkingOrder]
    expiring: list[tuple[int, int]]
    if TYPE_CHECKING:
        _venue: Venue | None
        _drain: Callable[[], object] | None
        _found: dict[int, tuple[Cause, str]]
        apply: Callable[[Report], Sequence[Command]]
        wake: Any
        rows: Any
        special: dict[int, list[tuple[int, OrderTerms[int]]]]
        cancel: Callable[..., bool]
        replace: Callable[..., bool]
        pending: Callable[..., WorkingOrder]
        numbered: Callable[[int], WorkingOrder]

    def carry_out(self, commands: Sequence[Command]) -> None:
        """What linked orders answer to a report that no broker made."""
        for command in commands:
            if isinstance(command, Cancel):
                self.cancel(*command)
            elif isinstance(command, Replace):
                self.replace(*command)
            else:
                self.release(*command)
                if self._venue is None:
                    order = command.order
                    self.apply(Report(order.number, ACCEPTED, command.stamp, order.amount, terms=order.terms))
                else:
                    self._venue.submit(command.order)
                    self._drain()  # type: ignore[misc]

    def look_at(self, order: WorkingOrder) -> None:
        """Has the next bar look at an order that fills on one bar or is over, traded or not, whatever else sleeps."""
        if order.more is not None and order.more.at_once:
            self.wake.sleep(order.instrument.slot, order.number, 0, None, None, 0, 0)

    def watch(self, order: WorkingOrder) -> None:
        """Looks after a new order of which the terms say when it ends."""
        terms = order.more
        if terms is None:
            return
        self.special.setdefault(order.number, []).append((len(self.rows) - 1, terms))
        if terms.expires is not None:
            self.expires(order.number, terms.expires)
        if terms.reduce_only:
            self.reducing.append(order)
        self.look_at(order)

    def expires(self, number: int, stamp: int) -> None:
        """An order ends at a moment, ns UTC, if it is open then."""
        heapq.heappush(self.expiring, (stamp, number))

    def expire(self, before: int) -> None:
        """Ends the open orders that are good till a moment before this one."""
        while self.expiring and self.expiring[0][0] < before:
            stamp, number = heapq.heappop(self.expiring)
            self.cancel(self.numbered(number), stamp, Cause.EXPIRED)

    def force(
        self, instrument: Any, amount: int, terms: OrderTerms[int], stamp: int, cause: Cause, told: str
    ) -> WorkingOrder:
        """A new order that a broker places for the account, with its cause; it works as others do."""
        order = self.pending(instrument, amount, terms, stamp)
        if self._venue is None:
            self.apply(Report(order.number, ACCEPTED, stamp, amount, cause=cause, told=told, terms=terms))
            self.watch(order)
        else:
            self._found[order.number] = cause, told
            self._venue.submit(order)
            self._drain()  # type: ignore[misc]
        return order

    def hold(self, instrument: Any, amount: int, terms: OrderTerms[int], stamp: int) -> WorkingOrder:
        """A new order that waits for another one, and is at no broker until `release`."""
        order = self.pending(instrument, amount, terms, stamp)
        self.apply(Report(order.number, OrderEventKind.HELD, stamp, amount, cause=Cause.HELD, terms=terms))
        self.held.append(order)
        return order

    def release(self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int) -> None:
        """A held order waits no longer; it is to be submitted."""
        self.held.remove(order)
        self.apply(Report(order.number, OrderEventKind.RELEASED, stamp, amount, terms=terms))
        if terms is not None and terms.reduce_only:
            self.reducing.append(order)

    def link(self, group: Group) -> int:
        """Links orders. Returns the group's number."""
        if self.links is None:
            self.links = Links(self.numbered)
        numbers = group.exits if group.entry is None else [*group.exits, group.entry]
        for number in numbers:
            order = self.numbered(number)
            terms = (order.terms or MARKET_TERMS)._replace(linked=True)
            if order.status is OPEN:
                self.apply(Report(number, TRAILED, order.changed, order.amount - order.filled, terms=terms))
        return self.links.add(group)

    def held_of(self, slot: int) -> list[WorkingOrder]:
        """The held orders of an asset."""
        return [order for order in self.held if order.instrument.slot == slot]
