"""What linked orders do to each other, in fractions, written from decision 32 and the guide to orders and costs.

A group is read on one price a bar: what a range does to it is decision 38.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from tests.properties._kinds import Follows, Kind
from tests.properties._oracle import ZERO, Oracle, Ordered, on_tick


@dataclass(frozen=True)
class Exit:
    """How an exit is asked for: its "price", or a "percent" or "distance" from the entry's first fill; or a "trail" of
    so many per cent."""

    way: str
    much: Fraction


@dataclass(frozen=True)
class Bracket:
    """Exits for an entry of its own, or, with `attach`, for the first order that is open and has none."""

    bar: int
    asset: int
    profit: Exit | None
    loss: Exit | None
    link: str = "reduce"
    after: str = "part"
    lots: Fraction = ZERO
    limit: Fraction | None = None
    stop: Fraction | None = None
    attach: bool = False


@dataclass(frozen=True)
class Link:
    """Orders that are placed, each with its units, limit and stop; then the first that are open are linked, so many."""

    bar: int
    asset: int
    count: int
    link: str
    legs: tuple[tuple[Fraction, Fraction | None, Fraction | None], ...] = ()


@dataclass(frozen=True)
class Change:
    """Another amount, as a share of what was asked for, or other prices, for the first or last open order."""

    bar: int
    asset: int
    last: bool
    share: Fraction | None
    limit: Fraction | None
    stop: Fraction | None


@dataclass
class Group:
    """Orders that are linked. price: at which the entry first filled. exits: their ways, by number."""

    exits: list[Ordered]
    entry: Ordered | None
    link: str
    after: str
    ways: dict[int, tuple[Exit, bool]] = field(default_factory=dict)
    price: Fraction | None = None


OVER = ("filled", "cancelled", "rejected")


class Linked(Oracle):
    """The part of the oracle that links orders and changes them."""

    groups: list[Group]
    changed: dict[int, int]

    # -- what is asked for --

    def _bracket(self, act: Bracket) -> None:
        if act.attach:
            free = [one for one in self._open_orders(act.asset) if self._is_free(one)]
            entry = min(free, key=lambda one: one.number, default=None)
        else:
            # one for nothing is no order, that a control could count
            entry = self._enter(act, act.lots, act.limit, act.stop) if act.lots else None
        if entry is None or entry.status == "rejected":
            return
        group = Group([], entry, act.link, act.after)
        for way, is_profit in ((act.profit, True), (act.loss, False)):
            if way is not None:
                exit_ = Ordered(len(self.out.orders) + 1, act.asset, -entry.amount, None, None, self.place)
                exit_.status, exit_.more = "held", self._kind(way, act.asset)
                if way.way == "price":
                    self._price(exit_, way.much, is_profit)
                self.out.orders.append(exit_)
                group.exits.append(exit_)
                group.ways[exit_.number] = way, is_profit
        self.groups.append(group)
        if entry.filled:
            group.price = self.first[entry.number]
            for exit_ in group.exits:
                self._away(group, exit_)
            if act.after == "part" or entry.status == "filled":
                self._resize(group)

    def _enter(
        self, act: Bracket | Link, lots: Fraction, limit: Fraction | None, stop: Fraction | None
    ) -> Ordered | None:
        raise NotImplementedError

    def _kind(self, way: Exit, k: int) -> Kind:
        return Kind(trail=("percent", way.much) if way.way == "trail" else None, reduce_only=True)

    def _is_free(self, order: Ordered) -> bool:
        """Whether an order is no part of a group, and not the broker's."""
        return self._is_own(order) and not any(
            order is one for group in self.groups for one in (*group.exits, group.entry)
        )

    def _link(self, act: Link) -> None:
        for lots, limit, stop in act.legs:
            self._enter(act, lots, limit, stop)
        free = sorted((one for one in self._open_orders(act.asset) if self._is_free(one)), key=lambda one: one.number)
        if len(free) > 1:
            self.groups.append(Group(free[: act.count], None, act.link, "part"))

    def _change(self, act: Change) -> None:
        """modify_order: nothing where the order is over or filled beyond it; another price or more lose its place."""
        own = [one for one in self._open_orders(act.asset) if self._is_own(one)]
        there = sorted(own, key=lambda one: one.number)
        if not there:
            return
        order, tick = there[-1 if act.last else 0], self.market.assets[act.asset].tick_size
        step = self.market.assets[act.asset].step
        amount, limit, stop = order.amount, order.limit, order.stop
        trails = order.more is not None and order.more.trail is not None
        if act.share is not None:
            amount = max(abs(order.amount) * act.share // step * step, step) * order.side
        lacks = (act.limit is not None and order.limit is None) or (
            act.stop is not None and (order.stop is None or trails)
        )
        if lacks or abs(amount) < abs(order.filled):
            return
        if act.limit is not None:
            limit = on_tick(act.limit, order.side > 0, tick)
        if act.stop is not None:
            stop = on_tick(act.stop, order.side < 0, tick)
        if self._beyond(order, amount - order.amount) or self._dearer(order, amount, limit, stop):
            return
        moves = abs(amount) > abs(order.amount) or (limit, stop) != (order.limit, order.stop)
        order.amount, order.limit, order.stop = amount, limit, stop
        if order.amount == order.filled:
            self._cancel(order)
        elif moves:
            order.turn, self.changed[order.number] = self._turn(), self.place

    def _beyond(self, order: Ordered, more: Fraction) -> bool:
        """Whether the account can't pay for so much more of an order; it can here."""
        return False

    def _dearer(self, order: Ordered, amount: Fraction, limit: Fraction | None, stop: Fraction | None) -> bool:
        """Whether the account can't pay for an order as it would become; it can here."""
        return False

    def _in_turn(self, queue: list[Ordered], bar: Any) -> list[Ordered]:
        """Of a group that one price reaches, exits come before the rest of their entry; at the open after it, and those
        first that are worth less at the close."""
        queue = super()._in_turn(queue, bar)
        if self.plan.by_range:
            return queue
        found = queue[:]
        for group in self.groups:
            places = [place for place, order in enumerate(queue) if self._of(group, order) and self._meets(order, bar)]
            of_group = [queue[place] for place in places]
            if self.plan.fill_at == "open":
                of_group.sort(
                    key=lambda one: (one is not group.entry, (one.amount - one.filled) * (bar.close - bar.open))
                )
            else:
                of_group.sort(key=lambda one: one is group.entry)
            for place, order in zip(places, of_group, strict=True):
                found[place] = order
        return found

    @staticmethod
    def _of(group: Group, order: Ordered) -> bool:
        return order is group.entry or any(order is one for one in group.exits)

    def _meets(self, order: Ordered, bar: Any) -> bool:
        """Whether a bar reaches an order that is for no auction."""
        if order.more is not None and order.more.at is not None:
            return False
        return self._offered(replace(order, follows=replace(order.follows)), bar) is not None

    # -- what follows from what happens --

    def _filled(self, order: Ordered, quantity: Fraction, price: Fraction) -> None:
        self.first.setdefault(order.number, price)
        for group in self.groups:
            if group.entry is order:
                if group.price is None:
                    group.price = price
                if group.after == "part" or order.status == "filled":
                    self._resize(group)
            elif any(order is one for one in group.exits):
                self._exited(group, order, quantity)

    def _exited(self, group: Group, order: Ordered, quantity: Fraction) -> None:
        """An exit that fills ends the entry, and with "oco" the others; else it takes from them what it fills."""
        if group.entry is not None and group.entry.status not in OVER:
            self._cancel(group.entry)
        for other in group.exits:
            if other is order or other.status in OVER:
                continue
            left = abs(other.amount - other.filled) - abs(quantity)
            if group.link == "oco" or left <= 0:
                self._cancel(other)
            else:
                other.amount = other.filled + other.side * left

    def _cancel(self, order: Ordered, *, split: bool = False) -> None:
        if order.status in OVER:
            return
        order.status = "cancelled"
        for group in self.groups:
            if group.entry is order:
                if not order.filled:
                    for exit_ in group.exits:
                        self._cancel(exit_)
                elif group.after == "whole":
                    self._resize(group)
            elif split and group.entry is not None and any(order is one for one in group.exits):
                self._cancel(group.entry)

    def _resize(self, group: Group) -> None:
        """Exits are for what is filled of the entry, less what they have filled."""
        entry: Any = group.entry
        left = abs(entry.filled) - sum((abs(one.filled) for one in group.exits), ZERO)
        for exit_ in group.exits:
            if exit_.status == "held" and left:
                self._opened(exit_)
                exit_.status, exit_.turn = "open", self._turn()
                self._begin_exit(group, exit_)
            if exit_.status == "open":
                exit_.amount = exit_.filled - entry.side * left
                if exit_.amount == exit_.filled:
                    exit_.status = "filled"

    def _begin_exit(self, group: Group, exit_: Ordered) -> None:
        """Its price, where that hangs on the entry's."""
        self._away(group, exit_)
        (way, _), price = group.ways[exit_.number], group.price or ZERO
        if way.way == "trail" and exit_.more is not None:
            best = -exit_.side * price
            exit_.follows = Follows(best, self._level(exit_, exit_.more, best))
            exit_.stop = -exit_.side * self._level(exit_, exit_.more, best)

    def _away(self, group: Group, exit_: Ordered) -> None:
        (way, is_profit), price = group.ways[exit_.number], group.price or ZERO
        far = {"percent": price * way.much / 100, "distance": way.much}.get(way.way)
        if far is not None:
            up = (exit_.side < 0) is is_profit
            self._price(exit_, price + far if up else price - far, is_profit)
            group.ways[exit_.number] = Exit("price", ZERO), is_profit

    def _price(self, exit_: Ordered, price: Fraction, is_profit: bool) -> None:
        tick = self.market.assets[exit_.asset].tick_size
        if is_profit:
            exit_.limit = on_tick(price, exit_.side > 0, tick)
        else:
            exit_.stop = on_tick(price, exit_.side < 0, tick)

    def _to_end(self, k: int) -> list[Ordered]:
        return [one for one in self.out.orders if one.asset == k and one.status in ("open", "held")]

    def _split_orders(self, k: int, ratio: Fraction) -> None:
        super()._split_orders(k, ratio)
        scale = self.marks[k].scale
        for number in [one.number for one in self.out.orders if one.asset == k and one.number in self.first]:
            self.first[number] = round(self.first[number] * ratio, scale)
        for group in self.groups:
            if group.exits[0].asset != k:
                continue
            group.price = None if group.price is None else round(group.price * ratio, scale)
            for number, (way, is_profit) in group.ways.items():
                if way.way == "distance":
                    group.ways[number] = Exit("distance", round(way.much * ratio, scale)), is_profit

    first: dict[int, Fraction]
    """By order, the price at which it first filled, in the units of now."""
