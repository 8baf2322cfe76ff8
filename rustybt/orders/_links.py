"""Linked orders: what the others are to do when something happens to one. Reports go in, commands come out.

It knows no broker and no bars, so that it serves venues that link no orders themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    Cause,
    OrderEventKind,
    OrderStatus,
    OrderTerms,
    Report,
    div_half_even,
    tick_at,
    trailed,
    whole_ticks,
)
from rustybt.orders._commands import Cancel, Command, Release, Replace

FILLS = (OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED)
EXIT_FILLED = "an exit filled"
LINKED_FILLED = "linked order filled"
ENTRY_ENDED = "the entry ended unfilled"
EXIT_SPLIT = "a split left nothing of its exit"


class Away(NamedTuple):
    """A price so far from where the entry first fills: a distance at the fill scale, or a share of that price."""

    distance: int | None
    share: tuple[int, int] | None
    is_limit: bool

    def terms(self, price: int, buys: bool, tick: int) -> OrderTerms[int]:
        """The terms of an exit on that side, on the tick: a limit on the side of profit, or a stop on the other."""
        far = Fraction(self.distance) if self.distance is not None else price * Fraction(*self.share)  # type: ignore[misc]
        # a sale takes its profit above, and its loss below
        up = self.is_limit is not buys
        exact = price + far if up else price - far
        level = whole_ticks(exact.numerator, exact.denominator * tick, down=not up) * tick
        return OrderTerms(limit=level) if self.is_limit else OrderTerms(stop=level)


class Group:
    """Orders that are linked.

    exits: their numbers. entry: the order that they protect; None where there is none. link: "oco", a fill of one
    cancels the others; "reduce", it takes as much from them. after: "part", exits begin with the entry's first fill;
    "whole", when it is filled. away: by number, exits whose price hangs on the entry's. price: at which that first
    filled, at the fill scale; None before.
    """

    __slots__ = ("after", "away", "entry", "exits", "link", "price")

    def __init__(self, exits: Sequence[int], entry: int | None, link: str, after: str) -> None:
        self.exits = list(exits)
        self.entry = entry
        self.link = link
        self.after = after
        self.away: dict[int, Away] = {}
        self.price: int | None = None

    def state(self) -> tuple[Any, ...]:
        """The same as plain values."""
        away = [(number, *tuple(one)) for number, one in self.away.items()]
        return self.exits, self.entry, self.link, self.after, away, self.price


class Links:
    """The groups of a run's orders. order_of: the order with a number."""

    def __init__(self, order_of: Callable[[int], WorkingOrder]) -> None:
        self._order_of = order_of
        self.groups: list[Group] = []
        self._of: dict[int, Group] = {}
        self._entries: dict[int, Group] = {}

    def add(self, group: Group) -> int:
        """Links orders. Returns the group's number, from 1."""
        self.groups.append(group)
        self._of.update((number, group) for number in group.exits)
        if group.entry is not None:
            self._entries[group.entry] = group
        return len(self.groups)

    def group_of(self, number: int) -> Group | None:
        """The group among whose exits an order is."""
        return self._of.get(number)

    def protects(self, number: int) -> Group | None:
        """The group whose entry an order is."""
        return self._entries.get(number)

    def protecting(self, number: int) -> bool:
        """Whether an order has exits that can still fill."""
        group = self._entries.get(number)
        return group is not None and any(_is_open(self._order_of(exit_)) for exit_ in group.exits)

    def state(self) -> list[tuple[Any, ...]]:
        """All groups as plain values."""
        return [group.state() for group in self.groups]

    def restore(self, state: Sequence[Sequence[Any]]) -> None:
        """Takes over what `state` gave."""
        for exits, entry, link, after, away, price in state:
            group = Group(exits, entry, link, after)
            group.price = price
            for number, distance, share, is_limit in away:
                group.away[number] = Away(distance, None if share is None else (share[0], share[1]), is_limit)
            self.add(group)

    def __call__(self, report: Report, order: WorkingOrder) -> Sequence[Command]:
        """What the others are to do."""
        protecting, linked = self._entries.get(report.order), self._of.get(report.order)
        commands = [] if protecting is None else self._of_entry(protecting, order, report)
        if linked is not None:
            commands += self._of_exit(linked, order, report)
        return commands

    def _of_entry(self, group: Group, order: WorkingOrder, report: Report) -> list[Command]:
        kind = report.kind
        if kind in FILLS:
            return self._entered(group, order, report)
        if kind is OrderEventKind.CANCELLED:
            return self._entry_over(group, order, report)
        if kind is OrderEventKind.ADJUSTED and report.ratio is not None:
            _restate(group, report.ratio)
        return []

    def _of_exit(self, group: Group, order: WorkingOrder, report: Report) -> list[Command]:
        if report.kind in FILLS:
            return self._exited(group, order, report)
        entry = None if group.entry is None else self._order_of(group.entry)
        split = report.kind is OrderEventKind.CANCELLED and report.cause is Cause.SPLIT
        if split and entry is not None and _is_open(entry):
            # a split left less than a unit of its exit: what it still filled would have none
            return [Cancel(entry, report.stamp, Cause.LINKED, EXIT_SPLIT)]
        return []

    def started(self, group: Group, entry: WorkingOrder, stamp: int) -> Sequence[Command]:
        """What the exits of an entry are to do that has filled before it had them."""
        if group.after == "whole" and entry.status is OrderStatus.OPEN:
            return ()
        return self._resize(group, entry, stamp)

    def _entered(self, group: Group, entry: WorkingOrder, report: Report) -> list[Command]:
        """Exits are as large as what is filled so far."""
        if group.price is None:
            group.price = report.price
        if group.after == "whole" and entry.status is not OrderStatus.FILLED:
            return []
        return self._resize(group, entry, report.stamp)

    def _entry_over(self, group: Group, entry: WorkingOrder, report: Report) -> list[Command]:
        """Without a fill the exits are over; with one they protect what was filled."""
        if entry.filled:
            return self._resize(group, entry, report.stamp) if group.after == "whole" else []
        exits = [self._order_of(number) for number in group.exits]
        return [Cancel(order, report.stamp, Cause.LINKED, ENTRY_ENDED) for order in exits if _is_open(order)]

    def _resize(self, group: Group, entry: WorkingOrder, stamp: int) -> list[Command]:
        exits = [self._order_of(number) for number in group.exits]
        left = abs(entry.filled) - sum(abs(order.filled) for order in exits)
        side = -1 if entry.amount > 0 else 1
        found: list[Command] = []
        for order in exits:
            amount = order.filled + side * left
            if order.status is OrderStatus.HELD and left:
                found.append(Release(order, _terms_at(group, order), stamp, amount))
            elif order.status is OrderStatus.OPEN and amount != order.amount:
                found.append(Replace(order, order.terms, stamp, amount))
        return found

    def _exited(self, group: Group, exit_: WorkingOrder, report: Report) -> list[Command]:
        """What an exit fills is no longer there for the others."""
        found: list[Command] = []
        entry = None if group.entry is None else self._order_of(group.entry)
        if entry is not None and _is_open(entry):
            found.append(Cancel(entry, report.stamp, Cause.LINKED, EXIT_FILLED))
        others = [self._order_of(number) for number in group.exits if number != report.order]
        for order in others:
            if not _is_open(order):
                continue
            side = 1 if order.amount > 0 else -1
            left = abs(order.amount - order.filled) - abs(report.quantity)
            if group.link == "oco" or left <= 0:
                found.append(Cancel(order, report.stamp, Cause.LINKED, LINKED_FILLED))
            else:
                found.append(Replace(order, order.terms, report.stamp, order.filled + side * left))
        return found


def _is_open(order: WorkingOrder) -> bool:
    return order.status in (OrderStatus.OPEN, OrderStatus.HELD)


def _terms_at(group: Group, order: WorkingOrder) -> OrderTerms[int] | None:
    """An exit's terms once its entry filled."""
    terms, instrument, price = order.terms, order.instrument, group.price
    if price is None or terms is None:
        return terms
    buys, tick = order.amount > 0, tick_at(instrument.tick, instrument.fill_scale)
    away = group.away.pop(order.number, None)
    if away is not None:
        limit, stop = away.terms(price, buys, tick)[:2]
        terms = terms._replace(limit=limit, stop=stop)
    if terms.trail is not None and terms.trail.best is None and terms.trail.activation is None:
        terms = trailed(terms, buys, price, tick)
    return terms


def _restate(group: Group, ratio: tuple[int, int]) -> None:
    if group.price is not None:
        group.price = div_half_even(group.price * ratio[0], ratio[1])
    for number, away in group.away.items():
        if away.distance is not None:
            group.away[number] = away._replace(distance=div_half_even(away.distance * ratio[0], ratio[1]))
