"""Prices on the tick of an asset."""

from __future__ import annotations

from rustybt.core._fixed import rescale_exact
from rustybt.core._terms import OrderTerms, Trail


def whole_ticks(numerator: int, denominator: int, *, down: bool) -> int:
    """A number of ticks as a whole number, cut down or up.

    The next one the other way is taken where it is within 5 % of a tick, as in Zipline.

    >>> whole_ticks(10149, 100, down=True), whole_ticks(10197, 100, down=True), whole_ticks(10151, 100, down=False)
    (101, 102, 102)
    """
    ticks, rest = divmod(numerator, denominator)
    if rest * 100 >= denominator * 95 if down else rest * 100 > denominator * 5:
        ticks += 1
    return ticks


def tick_at(tick: tuple[int, int], fill_scale: int) -> int:
    """A tick, a pair of value and scale, at the fill scale."""
    return rescale_exact(*tick, fill_scale)


def trailed(terms: OrderTerms[int], buys: bool, best: int, tick: int) -> OrderTerms[int]:
    """The terms of a trailing stop once the best price is `best`: its level is on the tick, a sell's down, a buy's up.

    The level never goes back. It is reckoned from the best price, not from the level before, so that roundings do not
    add up. tick, best: at the fill scale.

    >>> sale = OrderTerms(trail=Trail(share=(1, 40)))
    >>> trailed(sale, False, 1_033_700, 100).stop  # 103.37 less 2.5 % is 100.78575
    1007800
    """
    trail = terms.trail
    if trail is None:
        return terms
    if trail.best is not None:
        best = min(trail.best, best) if buys else max(trail.best, best)
    level = level_of(trail, buys, best, tick)
    if terms.stop is not None:
        level = min(level, terms.stop) if buys else max(level, terms.stop)
    return terms._replace(stop=level, trail=trail._replace(best=best))


def level_of(trail: Trail[int], buys: bool, best: int, tick: int) -> int:
    """The level of a stop that trails a price, on the tick, at the fill scale: at the next one from it at the nearest.

    A distance of less than 5 % of a tick would else come to a stop at the price itself, which is reached at once.

    >>> level_of(Trail(distance=4), False, 10_000, 100), level_of(Trail(distance=4), True, 10_000, 100)
    (9900, 10100)
    """
    side = 1 if buys else -1
    if trail.share is not None:
        numerator, denominator = trail.share
        level = whole_ticks(best * (denominator + side * numerator), denominator * tick, down=not buys) * tick
    else:
        distance = trail.distance or (trail.ticks or 0) * tick
        level = whole_ticks(best + side * distance, tick, down=not buys) * tick
    if buys:
        return level if level > best else (best // tick + 1) * tick
    return level if level < best else -(-best // tick) * tick - tick
