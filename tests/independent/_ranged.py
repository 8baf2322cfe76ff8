"""Bars by range: which orders meet one first, and along which path."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from fractions import Fraction
from typing import Any

from tests.independent._links import Bracket
from tests.independent._orders import Order, comes_to, filled_at_open, follow, hangs, may_hang
from tests.independent._paths import Leg, Walk, chosen
from tests.independent._state import State
from tests.independent._world import NOTHING, Asset, Bar


class Ranged(State):
    """The part of the simulator that goes with orders along the path of a bar."""

    def worst_first(self, waiting: list[Order], bar: Bar | None) -> list[Order]:
        """Of linked orders that one price reaches an entry comes first, then what is worth less at the close."""
        if bar is None:
            return waiting
        by_range, at_open = self.world.trigger == "range", self.world.fill_at == "open"
        price = bar.open if at_open else bar.close
        shown = bar if by_range else Bar(price, price, price, price, bar.volume)
        found = list(waiting)

        def turn(one: Order) -> tuple[object, ...]:
            plain = one.limit is None and not one.waits()
            when = (0 if at_open else 2) if not by_range or plain else 0 if filled_at_open(self.world, one, bar) else 1
            # at the close an exit ends what is left of its entry
            return when, (one.exits_of is not None) is (when == 0), one.left * (bar.close - price)

        for links in {id(one.links): one.links for one in waiting if one.links is not None}.values():
            reached = [one for one in waiting if one.links is links and (
                comes_to(self.world, one, shown) or (not one.waits() and one.limit is None))]  # fmt: skip
            places = [found.index(one) for one in reached]
            for place, one in zip(places, sorted(reached, key=turn), strict=True):
                found[place] = one
        return found

    def range_bar(self, waiting: list[Order], asset: Asset, bar: Bar) -> Fraction:
        """A bar by range: what hangs on the order of prices is walked, and then the open comes first."""
        waiting = self.worst_first(waiting, bar)
        units = self.units(waiting, bar)
        walked = bool(units)
        walks: dict[int, tuple[Any, list[Leg], list[Fraction]]] = {}
        taken = NOTHING
        for order in list(waiting) if walked else []:
            # first what the open fills for certain
            unit = units.get(order.id)
            if order.status != "open" or self.past(order):
                continue
            if (unit is None or len(unit) == 1) and filled_at_open(self.world, order, bar) and not self.flat(order):
                taken += self.work(order, asset, bar, taken)
                order.looked = self.moment
        for order in waiting:
            unit = units.get(order.id)
            if order.looked == self.moment or (unit is not None and id(unit) in walks and walks[id(unit)][0] is None):
                continue
            if unit is not None and not self.past(order):
                if id(unit) not in walks and (order.status != "open" or (len(unit) == 1 and self.flat(order))):
                    continue
                if id(unit) not in walks:
                    taken += self.begin(walks, unit, asset, bar, taken)
                taken += self.go_on(walks, unit, asset, bar, taken)
            elif order.status == "open" and not self.flat(order):
                taken += self.work(order, asset, bar, taken)
                if order.trail is not None and order.status == "open" and order.waits():
                    follow(order, bar.high if order.side < 0 else bar.low, asset.tick)
        return taken

    def units(self, waiting: list[Order], bar: Bar) -> dict[str, list[Order]]:
        """By order, what has to be walked together: linked orders, or one that hangs on the order of prices."""
        found: dict[str, list[Order]] = {}
        for order in waiting:
            if order.id in found:
                continue
            links = order.links
            if links is not None:
                members = [one for one in links.members() if one.status in ("open", "held")]
                members = [one for one in members if one.status == "held" or one in waiting]
                reached = [one for one in members if comes_to(self.world, one, bar) and not self.past(one)]
                entry = any(one.exits_of is None and isinstance(links, Bracket) for one in reached)
                if entry or len(reached) > 1 or any(may_hang(one) for one in reached):
                    found |= {one.id: members for one in members}
                    continue
            if hangs(self.world, order, bar):
                found[order.id] = [order]
        return found

    def begin(self, walks: Any, unit: list[Order], asset: Asset, bar: Bar, taken: Fraction) -> Fraction:
        """Orders at the open of a bar that is walked; returns the units that they took."""
        self.tried = set()  # on a bar that is walked an order is tried once
        walk, legs = Walk(self.world, bar, asset.tick), [Leg.of(one) for one in unit]
        path = chosen(walk, legs)
        return self.along(walks, unit, (walk, legs, path), path[:1], asset, bar, taken)

    def go_on(self, walks: Any, unit: list[Order], asset: Asset, bar: Bar, taken: Fraction) -> Fraction:
        """The rest of the path."""
        walk, legs, path = walks[id(unit)]
        had = self.along(walks, unit, (walk, legs, path), path[1:], asset, bar, taken)
        for leg in walks[id(unit)][1]:
            order = leg.order
            if order.trail is not None and leg.level is not None and leg.best is not None:
                order.trail.best, order.trail.level = leg.best, leg.level
                if order.trail.by_bar and order.waits() and leg.phase == "wait":
                    for price in self.since.pop(order.id, [bar.high if order.side < 0 else bar.low]):
                        follow(order, price, asset.tick)
            if leg.phase in ("limit", "market") and order.waits():
                order.reached, order.limit = True, leg.limit
        for order in unit:
            plain = order.limit is None and not order.waits() and order.before is order.reached
            if order.status == "open" and plain and self.world.fill_at == "close":
                had += self.work(order, asset, bar, taken + had)
            if order.status == "open" and order.force in ("ioc", "fok"):
                self.end(order, "cancelled", "not_at_once")
        walks[id(unit)] = None, [], []
        return had

    def along(
        self, walks: Any, unit: list[Order], state: Any, prices: list[Fraction], asset: Asset, bar: Bar, taken: Fraction
    ) -> Fraction:
        """Some prices of a path, with real fills."""
        walk, legs, path = state
        had = NOTHING

        def after(now: list[Leg], at: int, price: Fraction) -> list[Leg]:
            nonlocal had
            order, held = now[at].order, {leg.order.id for leg in now if leg.order.status == "held"}
            order.reached, order.limit = order.reached or order.waits(), now[at].limit
            if order.trail is not None and now[at].level is not None:
                order.trail.best, order.trail.level = now[at].best, now[at].level
            had += self.execute(order, asset, bar, price, taken + had)
            return [
                Leg.of(leg.order)
                if leg.order.id in held or leg.phase != "wait"
                else replace(Leg.of(leg.order), best=leg.best, level=leg.level)
                for leg in now
            ]

        waiting, before = deque(prices), prices[0] if prices else NOTHING
        while waiting:
            price = walk.next(legs, before, waiting[0])
            if price == waiting[0]:
                waiting.popleft()
            held = {leg.order.id for leg in legs if leg.phase == "held"}
            legs = walk.come(legs, price, after, opens=price is path[0], tried=self.tried)
            for leg in legs:
                if leg.order.id in held and leg.phase != "held":
                    self.since[leg.order.id] = []
                elif leg.order.id in self.since:
                    self.since[leg.order.id].append(price)
            before = price
        walks[id(unit)] = walk, legs, path
        return had
