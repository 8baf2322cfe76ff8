"""What a bar may have done to orders that hang on the order of its prices.

A result is possible if a continuous path gives it that begins at the open, touches high and low, and ends at the close.
Paths are searched step by step between the prices that matter.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.independent._links import beside
from tests.independent._orders import Order, limit_from, stands, within
from tests.independent._world import NOTHING, Bar, World


@dataclass(frozen=True)
class Leg:
    """An order on its way through a bar. phase: held, market, wait, limit, over."""

    order: Order
    phase: str
    left: Fraction
    limit: Fraction | None
    stop: Fraction | None = None
    best: Fraction | None = None
    level: Fraction | None = None

    @staticmethod
    def of(order: Order) -> Leg:
        """As the order stands before the bar."""
        phase = "wait" if order.waits() else "market" if order.limit is None else "limit"
        trail = order.trail
        if order.status in ("filled", "cancelled"):
            phase = "over"
        elif order.status == "held":
            phase = "held"
        best, level = (trail.best, trail.level) if trail is not None else (None, None)
        return Leg(order, phase, order.left, order.limit, order.stop, best, level)

    def key(self) -> tuple[object, ...]:
        """What tells it apart from itself at another time."""
        return self.phase, self.left, self.limit, self.stop, self.best, self.level


Fill = tuple[int, Fraction]
"""Which leg, and the price before slippage."""


class Walk:
    """Legs of one asset on one bar, and what a price does to them."""

    def __init__(self, world: World, bar: Bar, tick: Fraction) -> None:
        self.world, self.bar, self.tick = world, bar, tick

    def come(
        self,
        legs: list[Leg],
        price: Fraction,
        after: Callable[[list[Leg], int, Fraction], list[Leg]],
        *,
        opens: bool = False,
        tried: set[int] | None = None,
    ) -> list[Leg]:
        """The legs when prices have come to this one. after: what a fill of a leg makes of all of them."""
        fresh: set[int] = set()
        legs = [self.followed(leg, price) for leg in legs]
        tried = set() if tried is None else tried
        while True:
            for at, leg in enumerate(legs):
                if leg.phase == "wait" and self.reached(leg, price):
                    legs[at] = self.triggered(leg)
                    fresh.add(at)
            offers = [(at, found) for at, leg in enumerate(legs) if at not in tried
                      and (found := self.offer(leg, price, at in fresh or opens, opens)) is not None]  # fmt: skip
            if not offers:
                return legs
            at, found = min(offers, key=lambda one: self.turn(legs, *one))
            tried.add(at)
            before = [leg.phase for leg in legs]
            legs = after(legs, at, found)
            fresh |= {n for n, leg in enumerate(legs) if before[n] == "held" and leg.phase != "held"}
            legs = [self.followed(leg, price) if before[n] == "held" else leg for n, leg in enumerate(legs)]

    def turn(self, legs: list[Leg], at: int, price: Fraction) -> tuple[object, ...]:
        """Of two at one price an entry comes before its exits, then what is worth less at the close."""
        leg = legs[at]
        at_the_open = leg.phase == "market" and not leg.order.waits()
        return not at_the_open, leg.order.exits_of is not None, leg.left * (self.bar.close - price), at

    def next(self, legs: list[Leg], before: Fraction, price: Fraction) -> Fraction:
        """The first price that matters to a leg on the way from one to the next, which a real fill may have moved."""
        found = {one for leg in legs for one in (leg.stop, leg.limit, leg.level) if one is not None}
        between = [one for one in found if min(before, price) < one < max(before, price)]
        return price if not between else min(between) if price > before else max(between)

    def followed(self, leg: Leg, price: Fraction) -> Leg:
        """A trailing stop follows, unless it does so by whole bars."""
        trail = leg.order.trail
        if leg.phase != "wait" or trail is None or trail.by_bar or leg.best is None:
            return leg
        if (price - leg.best) * leg.order.side >= 0:
            return leg
        level = stands(leg.order, price, self.tick)
        return replace(leg, best=price, level=level)

    def reached(self, leg: Leg, price: Fraction) -> bool:
        """Whether what it waits for is reached."""
        stop = leg.stop if leg.order.trail is None else leg.level
        if stop is not None:
            return (price - stop) * leg.order.side >= 0
        return leg.order.touch is not None and (leg.order.touch - price) * leg.order.side >= 0

    def triggered(self, leg: Leg) -> Leg:
        """A market or limit order from now on."""
        limit = leg.limit
        if leg.order.trail is not None and leg.level is not None:
            limit = limit_from(leg.order, leg.level, self.tick)
        return replace(leg, phase="market" if limit is None else "limit", limit=limit)

    def offer(self, leg: Leg, price: Fraction, fresh: bool, opens: bool) -> Fraction | None:
        """The price at which a leg fills here, or None."""
        if leg.phase == "market":
            waited = leg.order.waits()  # else it is a market order, with a price of its own
            return price if waited or (opens and self.world.fill_at == "open") else None
        if leg.phase != "limit" or leg.limit is None or not within(price, leg.limit, leg.order.side, self.world.touch):
            return None
        return price if fresh else leg.limit

    def grid(self, legs: Sequence[Leg]) -> list[Fraction]:
        """The prices of the bar that matter, ascending."""
        bar = self.bar
        found = {bar.open, bar.high, bar.low, bar.close}
        through = self.world.touch == "through"
        for leg in legs:
            order = leg.order
            found |= {one for one in (order.limit, order.stop, order.touch) if one is not None}
            found |= self.beside_at(order)
            if order.trail is not None:
                if leg.level is not None:
                    found.add(leg.level)
                if not order.trail.by_bar:
                    found |= self.followed_at(order)
                through = through or order.trail.offset is not None
        levels = sorted(one for one in found if bar.low <= one <= bar.high)
        if through:
            levels += [(one + two) / 2 for one, two in itertools.pairwise(levels)]
        return sorted(set(levels))

    def beside_at(self, order: Order) -> set[Fraction]:
        """Where an exit may stand that is told as a distance from where its entry fills."""
        entry = order.exits_of
        if entry is None or order.status != "held":
            return set()
        bar, first = self.bar, entry.links.first
        starts = {first} if first is not None else {bar.open, entry.limit, entry.stop, bar.close}
        return {at for one in starts if one is not None
                and (at := beside(order, entry.side, one, self.tick)) is not None}  # fmt: skip

    def followed_at(self, order: Order) -> set[Fraction]:
        """Ticks of the bar, and the best prices at which a stop that trails comes to one of them."""
        assert order.trail is not None
        found, tick, trail = set(), self.tick, order.trail
        near = -order.side * tick / 20
        at = tick * -(-self.bar.low // tick)
        while at <= self.bar.high:
            found.add(at)
            if trail.amount is not None and trail.amount % tick:
                found.add(at - near - order.side * trail.amount)
            elif trail.percent is not None:
                found.add((at - near) / (1 + order.side * trail.percent / 100))
            if trail.offset is not None:
                found.add(limit_from(order, at, tick) or at)
            at += tick
        return found


def full(walk: Walk) -> Callable[[list[Leg], int, Fraction], list[Leg]]:
    """What a whole fill makes of the legs, links included."""

    def after(legs: list[Leg], at: int, price: Fraction) -> list[Leg]:
        filled = legs[at]
        legs = [replace(leg, phase="over") if n == at else leg for n, leg in enumerate(legs)]
        return filled.order.links.whole(walk, legs, at, price) if filled.order.links is not None else legs

    return after


def possible(walk: Walk, legs: list[Leg]) -> dict[tuple[Fraction, Fraction], list[Fraction]]:
    """For each worth at the close and number of units that a path may come to, one of the shortest paths that do."""
    levels = walk.grid(legs)
    place = {price: at for at, price in enumerate(levels)}
    bar = walk.bar
    worth: list[Fraction] = [NOTHING, NOTHING]

    def after(now: list[Leg], at: int, price: Fraction) -> list[Leg]:
        worth[0] += now[at].left * (bar.close - price)
        worth[1] += abs(now[at].left)
        return full(walk)(now, at, price)

    start = walk.come(list(legs), bar.open, after, opens=True)
    first = place[bar.open], bar.open == bar.high, bar.open == bar.low, worth[0], worth[1]
    seen = {(first, tuple(leg.key() for leg in start))}
    waiting = deque([(first, start, (bar.open,))])
    found: dict[tuple[Fraction, Fraction], list[Fraction]] = {}
    while waiting:
        (at, high, low, money, units), now, path = waiting.popleft()
        if high and low and levels[at] == bar.close and (money, units) not in found:
            found[money, units] = list(path)
        for next_at in (at - 1, at + 1):
            if not 0 <= next_at < len(levels):
                continue
            worth[:] = money, units
            price = levels[next_at]
            then = walk.come(list(now), price, after)
            state = next_at, high or price == bar.high, low or price == bar.low, worth[0], worth[1]
            key = state, tuple(leg.key() for leg in then)
            if key not in seen:
                seen.add(key)
                waiting.append((state, then, (*path, price)))
    return found


def named(walk: Walk, legs: list[Leg], name: str) -> list[Fraction]:
    """The path of a name: by way of high and low, straight."""
    bar = walk.bar
    high_first = name == "path:ohlc" or (name == "path:nearest" and bar.high - bar.open <= bar.open - bar.low)
    corners = [bar.high, bar.low] if high_first else [bar.low, bar.high]
    levels, path = walk.grid(legs), [bar.open]
    for corner in (*corners, bar.close):
        between = [one for one in levels if min(path[-1], corner) <= one <= max(path[-1], corner) and one != path[-1]]
        path += between if corner > path[-1] else between[::-1]
    return path


def chosen(walk: Walk, legs: list[Leg]) -> list[Fraction]:
    """The path by which the bar is read."""
    policy = walk.world.same_bar
    if policy.startswith("path:"):
        return named(walk, legs, policy)
    found = possible(walk, legs)
    money = (min if policy == "pessimistic" else max)(one for one, _ in found)
    alike = [units for one, units in found if one == money]
    walk.world.tied = walk.world.tied or len(alike) > 1
    return found[money, max(alike) if walk.world.fill_ties else min(alike)]
