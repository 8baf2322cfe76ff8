"""An order of the simulator, and what a bar does to one that stands alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.independent._world import NOTHING, Asset, Bar, World, to_tick


@dataclass
class Trail:
    """A stop that follows: the best price since, the distance, and where the stop stands."""

    best: Fraction
    amount: Fraction | None
    percent: Fraction | None
    by_bar: bool
    offset: Fraction | None
    level: Fraction = NOTHING

    def distance(self, best: Fraction) -> Fraction:
        """From the best price to the stop."""
        return self.amount if self.amount is not None else best * (self.percent or 0) / 100


@dataclass
class Order:
    """What was asked for, and how far it has come."""

    id: str
    asset: str
    amount: Fraction
    placed: int
    turn: int
    limit: Fraction | None = None
    stop: Fraction | None = None
    touch: Fraction | None = None
    trail: Trail | None = None
    at: str | None = None
    force: str = "gtc"
    until: Any = None
    post_only: bool = False
    reduce_only: bool = False
    filled: Fraction = NOTHING
    status: str = "open"
    cause: str | None = None
    reached: bool = False
    commission: Fraction = NOTHING
    exits_of: Order | None = None
    links: Any = None
    away: tuple[str, Fraction] | None = None
    limit_like: bool = False
    looked: int = -1
    since: int = -1
    last: Fraction | None = None
    before: bool = False
    arrives: dt.datetime | None = None
    recalled: dt.datetime | None = None

    @property
    def side(self) -> int:
        """1 buys, -1 sells."""
        return 1 if self.amount > 0 else -1

    @property
    def left(self) -> Fraction:
        """What is still to be filled, signed."""
        return self.amount - self.filled

    def waits(self) -> bool:
        """Whether a price has to be reached before it is a market or limit order."""
        return not self.reached and (self.stop is not None or self.touch is not None or self.trail is not None)


def stands(order: Order, best: Fraction, tick: Fraction) -> Fraction:
    """Where a trailing stop stands that has seen this best price: at the tick, and not at the best price itself."""
    assert order.trail is not None
    level = to_tick(best + order.side * order.trail.distance(best), tick, up=order.side > 0)
    if order.side > 0:
        return max(level, tick * (best // tick + 1))
    return min(level, tick * (-(-best // tick) - 1))


def within(price: Fraction, limit: Fraction, side: int, touch: str) -> bool:
    """Whether a limit fills at this price."""
    beyond = (limit - price) * side
    return beyond > 0 or (beyond == 0 and touch == "at")


def at_one_price(world: World, order: Order, price: Fraction) -> Fraction | None:
    """What the order can have where the bar is one price: that price, or None."""
    if order.waits():
        if order.trail is not None:
            if not _trails_to(world.assets[order.asset], order, price):
                return None
        elif order.stop is not None:
            if (price - order.stop) * order.side < 0:
                return None
        elif order.touch is not None and (price - order.touch) * order.side > 0:
            return None
        order.reached = True
    if order.limit is not None and not within(price, order.limit, order.side, world.touch):
        return None
    return price


def _trails_to(asset: Asset, order: Order, price: Fraction) -> bool:
    """Whether the price reaches the trailing stop; else it follows."""
    trail = order.trail
    assert trail is not None
    if (price - trail.level) * order.side >= 0:
        order.limit = limit_from(order, trail.level, asset.tick)
        return True
    follow(order, price, asset.tick)
    return False


def limit_from(order: Order, level: Fraction, tick: Fraction) -> Fraction | None:
    """A trailing stop-limit has its limit from the level at which it was reached."""
    assert order.trail is not None
    if order.trail.offset is None:
        return None
    return to_tick(level + order.side * order.trail.offset, tick, up=order.side < 0)


def in_range(world: World, order: Order, bar: Bar) -> Fraction | None:
    """What the order can have of a bar by its range, at its worst, or None."""
    side = order.side
    if not order.waits():
        if order.limit is None:
            return bar.close if world.fill_at == "close" else bar.open
        return _limit_in(world, order.limit, side, bar)
    if order.trail is not None:
        return _by_bar(world, order, bar)
    price = order.stop if order.stop is not None else order.touch
    assert price is not None
    toward = side if order.stop is not None else -side  # the way that prices go to reach it
    if (bar.open - price) * toward >= 0:
        order.reached = True
        return bar.open if order.limit is None else _limit_in(world, order.limit, side, bar)
    extreme = bar.high if toward > 0 else bar.low
    if (extreme - price) * toward < 0:
        return None
    order.reached = True
    if order.limit is None:
        return price
    if within(price, order.limit, side, world.touch):
        return price
    last = bar.close if order.stop is not None else extreme  # what surely came after it
    return order.limit if within(last, order.limit, side, world.touch) else None


def _limit_in(world: World, limit: Fraction, side: int, bar: Bar) -> Fraction | None:
    """The open where it is within the limit, else the limit where the bar reaches it."""
    if within(bar.open, limit, side, world.touch):
        return bar.open
    return limit if within(bar.low if side > 0 else bar.high, limit, side, world.touch) else None


def _by_bar(world: World, order: Order, bar: Bar) -> Fraction | None:
    """A stop that follows by whole bars: tested as it stood, and moved when the bar is over."""
    asset, trail, side = world.assets[order.asset], order.trail, order.side
    assert trail is not None
    good, bad = (bar.high, bar.low) if side < 0 else (bar.low, bar.high)
    if (bad - trail.level) * side < 0:
        follow(order, good, asset.tick)
        return None
    order.reached = True
    order.limit = limit_from(order, trail.level, asset.tick)
    if (bar.open - trail.level) * side >= 0:
        return bar.open if order.limit is None else _limit_in(world, order.limit, side, bar)
    if order.limit is None or within(trail.level, order.limit, side, world.touch):
        return trail.level
    return order.limit if within(bar.close, order.limit, side, world.touch) else None


def follow(order: Order, price: Fraction, tick: Fraction) -> None:
    """A trailing stop that was not reached has seen this price."""
    trail = order.trail
    assert trail is not None
    if (price - trail.best) * order.side < 0:
        trail.best = price
        trail.level = stands(order, price, tick)


def filled_at_open(world: World, order: Order, bar: Bar) -> bool:
    """Whether the open alone fills an order, whatever comes after it."""
    if order.at is not None:
        return order.at == "open" and (order.limit is None or within(bar.open, order.limit, order.side, world.touch))
    if order.waits():
        stop = order.trail.level if order.trail is not None else order.stop
        beyond = (
            (bar.open - stop) * order.side if stop is not None else ((order.touch or NOTHING) - bar.open) * order.side
        )
        if beyond < 0:
            return False
    elif order.limit is None:
        return world.fill_at == "open"
    return order.limit is None or within(bar.open, order.limit, order.side, world.touch)


def comes_to(world: World, order: Order, bar: Bar) -> bool:
    """Whether a bar by range reaches the first price that an order waits for."""
    good, bad = (bar.high, bar.low) if order.side < 0 else (bar.low, bar.high)
    if order.status != "open":
        return False
    if not order.waits():
        if order.limit is None or order.force in ("ioc", "fok") or order.at is not None:
            return filled_at_open(world, order, bar)
        return within(bar.open, order.limit, order.side, world.touch) or within(
            good, order.limit, order.side, world.touch
        )
    if order.trail is not None:
        best = max(order.trail.best, good) if order.side < 0 else min(order.trail.best, good)
        level = order.trail.level if order.trail.by_bar else stands(order, best, world.assets[order.asset].tick)
        return (bad - level) * order.side >= 0 or (bar.open - order.trail.level) * order.side >= 0
    if order.stop is not None:
        return (bad - order.stop) * order.side >= 0
    return ((order.touch or NOTHING) - good) * order.side >= 0


def may_hang(order: Order) -> bool:
    """Whether what a bar does to an order may hang on the order of prices."""
    if not order.waits():
        return False
    return order.limit is not None if order.trail is None else not order.trail.by_bar


def hangs(world: World, order: Order, bar: Bar) -> bool:
    """Whether it is an order alone that hangs on the order of prices, and the bar comes to what it waits for."""
    if not order.waits() or order.force in ("ioc", "fok") or order.at is not None or filled_at_open(world, order, bar):
        return False
    good, bad = (bar.high, bar.low) if order.side < 0 else (bar.low, bar.high)
    if order.trail is not None:
        best = max(order.trail.best, good) if order.side < 0 else min(order.trail.best, good)
        level = order.trail.level if order.trail.by_bar else stands(order, best, world.assets[order.asset].tick)
        return (bad - level) * order.side >= 0 and not (order.trail.by_bar and order.trail.offset is None)
    if order.limit is None:
        return False
    if order.stop is not None:
        return (bad - order.stop) * order.side >= 0
    return ((order.touch or NOTHING) - good) * order.side >= 0
