"""What the kinds of orders beyond Zipline's do on a bar, in fractions, written from decisions 4 and 31.

A sale is looked at as it is; of a buy all prices are turned, so that its highs are lows, and the same rules hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

HUNDRED = 100


@dataclass(frozen=True)
class Kind:
    """What an order says beyond its limit and stop.

    trail: "amount", "percent" or "ticks", and how much. activation, offset, by_bar: of a trailing stop. touch: the
    price that it waits for. at: the auction, "open" or "close". until: "day", "ioc", "fok", or a moment in ns UTC that
    it is good till.
    """

    trail: tuple[str, Fraction] | None = None
    activation: Fraction | None = None
    offset: Fraction | None = None
    by_bar: bool = False
    touch: Fraction | None = None
    at: str | None = None
    until: Any = None
    post_only: bool = False
    reduce_only: bool = False

    @property
    def at_once(self) -> bool:
        """Whether what one bar does not fill is over."""
        return self.at is not None or self.until in ("ioc", "fok")

    def split(self, ratio: Fraction, tick: Fraction, scale: int) -> Kind:
        """As it is after a split: prices to the tick, distances at the scale of fills."""

        def exact(price: Fraction | None) -> Fraction | None:
            return None if price is None else round(price * ratio, scale)

        trail = self.trail
        if trail is not None and trail[0] == "amount":
            trail = "amount", round(trail[1] * ratio, scale)
        touch = None if self.touch is None else round(self.touch * ratio / tick) * tick
        return replace(self, trail=trail, activation=exact(self.activation), offset=exact(self.offset), touch=touch)


@dataclass
class Follows:
    """A trailing stop on its way: the best price so far, and the level; None before there are any."""

    best: Fraction | None = None
    level: Fraction | None = None


@dataclass(frozen=True)
class Prices:
    """The prices of a bar for a sale; of a buy, each turned. One price stands for all where no range is looked at."""

    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction


def level_of(kind: Kind, side: int, best: Fraction, tick: Fraction, on_tick: Callable[..., Fraction]) -> Fraction:
    """Where the stop lies that trails a best price, on the tick; turned, as the best price is."""
    way, much = kind.trail or ("amount", Fraction(0))
    price = -side * best
    distance = {"amount": much, "percent": price * much / HUNDRED, "ticks": much * tick}[way]
    level = on_tick(price + side * distance, side < 0, tick)
    if side * (level - price) <= 0:  # never at the price that it trails, or beyond it: on the next tick from it
        level = (math.floor(price / tick) + 1 if side > 0 else math.ceil(price / tick) - 1) * tick
    return -side * level


def trailed(
    follows: Follows, bar: Prices, level: Callable[[Fraction], Fraction], begins: Fraction | None, *, by_bar: bool
) -> Fraction | None:
    """The table of decision 31: the price at which a bar reaches a trailing stop; None where it waits at its new level.

    level: what a best price comes to. begins: the price from which on it follows.
    """

    def follow(best: Fraction) -> Fraction:
        follows.best = best if follows.best is None else max(follows.best, best)
        new = level(follows.best)
        follows.level = new if follows.level is None else max(follows.level, new)
        return follows.level

    if follows.best is None and begins is not None and bar.open < begins:
        if bar.high < begins:
            return None
        # it begins within the bar
        first = follow(begins)
        if by_bar:
            follow(bar.high)
            return None
        return _within(follows, follow, first, bar)
    standing = follow(bar.open) if follows.level is None else follows.level
    if bar.open <= standing:
        return bar.open
    if by_bar:
        if bar.low <= standing:
            return standing
        follow(bar.high)
        return None
    return _within(follows, follow, follow(bar.open), bar)


def _within(follows: Follows, follow: Callable[[Fraction], Fraction], first: Fraction, bar: Prices) -> Fraction | None:
    """first: the level that certainly stood. The bar may have made its high before its low."""
    before = follows.best
    follow(bar.high)
    if follows.level is None or bar.low > follows.level:
        return None
    follows.best, follows.level = before, max(first, bar.low)
    return follows.level


def after(limit: Fraction, price: Fraction, bar: Prices) -> Fraction | None:
    """What becomes of a sale's limit that came to life at a price within the bar, or at its open."""
    if price >= limit:
        return price
    later = bar.high if price == bar.open else bar.close
    return limit if later >= limit else None


def touched(touch: Fraction, limit: Fraction | None, bar: Prices) -> tuple[bool, Fraction | None]:
    """Whether a bar comes up to a sale's touch, and the price at which it fills then; None where its limit waits."""
    if bar.high < touch:
        return False, None
    price = max(bar.open, touch)
    if limit is None:
        return True, price
    if bar.high >= limit > price:
        return True, limit
    return True, after(limit, price, bar)
