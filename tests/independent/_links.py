"""Linked orders: what a fill or an end of one makes of the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.independent._orders import Order, stands
from tests.independent._world import NOTHING, to_tick

if TYPE_CHECKING:
    from tests.independent._paths import Leg
    from tests.independent._state import State


def beside(exit: Order, entry_side: int, price: Fraction, tick: Fraction) -> Fraction | None:
    """Where an exit stands that is told as a distance from the price at which its entry first fills."""
    if exit.away is None:
        return None
    kind, number = exit.away
    distance = number if kind == "distance" else price * number / 100
    profit = exit.limit_like
    at = price + entry_side * distance * (1 if profit else -1)
    # the limit of a sale and the stop of a buy up, the others down
    return to_tick(at, tick, up=(exit.side < 0) == profit)


def less(sim: State, order: Order, quantity: Fraction) -> None:
    """So much is taken from an order; where nothing is left it ends, and keeps its amount."""
    if abs(quantity) >= abs(order.left):
        sim.end(order, "cancelled", "linked")
    else:
        order.amount -= quantity


@dataclass
class Bracket:
    """An entry and its exits."""

    entry: Order
    exits: list[Order]
    link: str
    after: str
    first: Fraction | None = None
    exited: Fraction = NOTHING

    def members(self) -> list[Order]:
        """Entry first."""
        return [self.entry, *self.exits]

    def filled(self, sim: State, order: Order, quantity: Fraction, price: Fraction) -> None:
        """What a fill of one makes of the others."""
        if order is self.entry:
            if self.first is None:
                self.first = price
            self.release(sim)
            return
        self.exited += quantity
        if self.entry.status == "open":
            sim.end(self.entry, "cancelled", "linked")
        for other in self.exits:
            if other is order or other.status not in ("open", "held"):
                continue
            if self.link == "oco":
                sim.end(other, "cancelled", "linked")
            else:
                less(sim, other, quantity)

    def beside_first(self, sim: State) -> None:
        """Exits that are told as a distance stand beside the first fill from now on."""
        assert self.first is not None
        for exit in self.exits:
            at = beside(exit, self.entry.side, self.first, sim.world.assets[exit.asset].tick)
            if at is not None and exit.status == "held":
                setattr(exit, "limit" if exit.limit_like else "stop", at)
                exit.away = None

    def release(self, sim: State) -> None:
        """Exits are as large as what is filled of the entry, less what they have filled."""
        if self.after == "whole" and self.entry.left and self.entry.status == "open":
            return
        assert self.first is not None
        self.beside_first(sim)
        tick = sim.world.assets[self.entry.asset].tick
        for exit in self.exits:
            if exit.status not in ("open", "held"):
                continue
            exit.amount = -self.entry.filled - self.exited + exit.filled
            if exit.status == "held":
                sim.turns += 1
                exit.turn = sim.turns
                exit.status = "open"
                sim.open.append(exit)
                if exit.trail is not None:
                    exit.trail.best = self.first
                    exit.trail.level = stands(exit, self.first, tick)

    def ended(self, sim: State, order: Order) -> None:
        """An entry that ends unfilled takes its exits along."""
        if order is not self.entry or order.status == "filled":
            return
        if order.filled and any(exit.status == "held" for exit in self.exits):
            self.release(sim)  # what was filled is protected
        for exit in self.exits:
            if exit.status == "held":
                sim.end(exit, "cancelled", "linked")

    def whole(self, walk: Any, legs: list[Leg], at: int, price: Fraction) -> list[Leg]:
        """The legs after a whole fill of one, as a search has it."""
        leg = legs[at]
        if leg.order is not self.entry:
            return [replace(one, phase="over") for one in legs]
        found = list(legs)
        for n, one in enumerate(legs):
            if n == at or one.phase == "over":
                continue
            left = (one.left if one.phase != "held" else NOTHING) - leg.left
            if one.phase != "held":
                found[n] = replace(one, left=left)
                continue
            first = self.first if self.first is not None else price
            stop, limit = one.stop, one.limit
            where = beside(one.order, self.entry.side, first, walk.tick)
            if where is not None:
                stop, limit = (stop, where) if one.order.limit_like else (where, limit)
            best = level = None
            if one.order.trail is not None:
                best, level = first, stands(one.order, first, walk.tick)
            waits = stop is not None or level is not None
            found[n] = replace(
                one, phase="wait" if waits else "limit", left=left, stop=stop, limit=limit, best=best, level=level
            )
        return found


@dataclass
class Group:
    """Orders of which a fill of one cancels, or takes from, the others."""

    orders: list[Order] = field(default_factory=list)
    link: str = "oco"

    def members(self) -> list[Order]:
        """As they were named."""
        return self.orders

    def filled(self, sim: State, order: Order, quantity: Fraction, price: Fraction) -> None:
        """What a fill of one makes of the others."""
        for other in self.orders:
            if other is order or other.status != "open":
                continue
            if self.link == "oco":
                sim.end(other, "cancelled", "linked")
            else:
                less(sim, other, other.side * abs(quantity))

    def ended(self, sim: State, order: Order) -> None:
        """The others stay."""

    def whole(self, walk: Any, legs: list[Leg], at: int, price: Fraction) -> list[Leg]:
        """The legs after a whole fill of one, as a search has it."""
        found = list(legs)
        for n, one in enumerate(legs):
            if n == at or one.phase == "over":
                continue
            left = abs(one.left) - abs(legs[at].left) if self.link == "reduce" else NOTHING
            found[n] = replace(one, left=one.order.side * left) if left > 0 else replace(one, phase="over")
        return found
