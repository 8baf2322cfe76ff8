"""The effect of a bar on a trailing stop: pure functions of an order's terms and a bar.

The table is docs/decisions/31-order-kinds.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import OrderTerms, Trail, level_of, tick_at, trailed, whole_ticks
from rustybt.execution.simulated._bars import Bars
from rustybt.execution.simulated._legs import Leg

_new: Any = tuple.__new__


class Prices(NamedTuple):
    """The prices of a bar as an order meets them. good: the extreme that it follows; bad: the one that reaches it.

    direct: they come one after the other, from the open to one of the extremes.
    """

    open: int
    good: int
    bad: int
    direct: bool = False


class Trailed(NamedTuple):
    """A bar's effect on a trailing stop. price: at which it is reached, None where it is not; terms: from now on."""

    price: int | None
    terms: OrderTerms[int]


def prices_of(bars: Bars, bar: int, buys: bool, offered: int, *, by_range: bool) -> Prices:
    """The prices of a bar at the fill scale; the one that it offers where stops are not tested on its range."""
    if not by_range:
        return Prices(offered, offered, offered)
    opened, low, high = (bars.column(name)[bar] * bars.mark_to_fill_scale for name in ("open", "low", "high"))
    direct = isinstance(bars, Leg)
    return Prices(opened, low, high, direct) if buys else Prices(opened, high, low, direct)


def trail(order: WorkingOrder, terms: OrderTerms[int], prices: Prices) -> Trailed:
    """Tests a trailing stop on a bar, then lets it follow; within the bar where it may, at the worst price possible.

    A bar says how high and how low it went, not in which order. Where it may have made a new high and come back to the
    stop that this raises, the stop counts as reached, at the worst price with which that agrees.
    """
    buys = order.amount > order.filled
    tick = tick_at(order.instrument.tick, order.instrument.fill_scale)
    rule: Trail[int] = terms.trail  # type: ignore[assignment]  # it has one
    opened, good, bad, direct = prices
    activation = rule.activation
    follows = rule.best is not None or activation is None
    if not follows and activation is not None:
        if not _beyond(good, activation, not buys):
            return Trailed(None, terms)
        follows = _beyond(opened, activation, not buys)
    if not follows and activation is not None:
        # it begins within the bar: what the bar did before is not known
        after = trailed(trailed(terms, buys, activation, tick), buys, good, tick)
        if rule.by_bar or direct or not _beyond(bad, _level(after), buys):
            return Trailed(None, after)
        return _reached(trailed(terms, buys, activation, tick), bad, buys)
    standing = terms if terms.stop is not None else trailed(terms, buys, opened, tick)
    if _beyond(opened, _level(standing), buys):
        return Trailed(opened, standing)
    if rule.by_bar:
        if _beyond(bad, _level(standing), buys):
            return Trailed(standing.stop, standing)
        # of a part of a bar it is not known what the whole comes to
        return Trailed(None, standing if direct else trailed(standing, buys, good, tick))
    at_open = trailed(standing, buys, opened, tick)
    after = trailed(at_open, buys, good, tick)
    if direct:
        reached = _beyond(bad, _level(at_open), buys)
        return Trailed(at_open.stop, at_open) if reached else Trailed(None, after)
    if _beyond(bad, _level(after), buys):
        return _reached(at_open, bad, buys)
    return Trailed(None, after)


def followed(order: WorkingOrder, terms: OrderTerms[int], buys: bool, good: int, bad: int) -> OrderTerms[int] | None:
    """As `trail`, of a stop that follows already and is tested as it was before the bar; None where it is reached."""
    rule, stop = terms.trail, terms.stop
    if rule is None or rule.best is None or stop is None or (bad >= stop if buys else bad <= stop):
        return None
    if good >= rule.best if buys else good <= rule.best:
        return terms
    instrument = order.instrument
    level = level_of(rule, buys, good, tick_at(instrument.tick, instrument.fill_scale))
    level = min(level, stop) if buys else max(level, stop)
    # a third of what `_replace` costs
    return _new(  # type: ignore[no-any-return]
        OrderTerms, (terms[0], level, terms[2], _new(Trail, (*rule[:6], good)), *terms[4:])
    )


def limited(order: WorkingOrder, terms: OrderTerms[int]) -> OrderTerms[int]:
    """The terms of a trailing stop that was reached: it follows no more, and has its limit where it is to have one.

    The limit goes to the tick as a placed one does.
    """
    offset = None if terms.trail is None else terms.trail.limit_offset
    if offset is None or terms.stop is None:
        return terms
    buys, tick = order.amount > order.filled, tick_at(order.instrument.tick, order.instrument.fill_scale)
    limit = terms.stop + offset if buys else terms.stop - offset
    return terms._replace(limit=whole_ticks(limit, tick, down=buys) * tick)


def _reached(standing: OrderTerms[int], bad: int, buys: bool) -> Trailed:
    """Reached at the stop that certainly stood, or where the bar did not go as far, at its worst price."""
    level = _level(standing)
    worst = min(level, bad) if buys else max(level, bad)
    return Trailed(worst, standing._replace(stop=worst))


def _beyond(price: int, stop: int, buys: bool) -> bool:
    return price >= stop if buys else price <= stop


def _level(terms: OrderTerms[int]) -> int:
    if terms.stop is None:
        raise ValueError("a trailing stop without a level")
    return terms.stop
