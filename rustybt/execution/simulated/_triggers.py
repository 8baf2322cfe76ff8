"""The orders that a bar lets through to execution, and at what price: pure functions of an order and a bar.

The table is docs/decisions/04-orders-and-fills.md. A trigger knows no model, no volume and no books.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, Moment, OrderTerms
from rustybt.execution.simulated._bars import Bars
from rustybt.execution.simulated._trailing import followed, limited, prices_of, trail

PLACED: Final = Cause.PLACED
ANY_PRICE: Final = 2**100
"""Every price is below it."""
_new: Any = tuple.__new__  # a third of what calling a NamedTuple costs


class Trigger(NamedTuple):
    """The effect of a bar on an order.

    price: at which it can fill; None where it goes on waiting, for `waits`. stop, limit: whether it is reached now, for
    the first time; a price that is touched counts as a stop. terms: those that it has from now on; None for the same.
    """

    price: int | None
    waits: Cause = Cause.PLACED
    stop: bool = False
    limit: bool = False
    terms: OrderTerms[int] | None = None


STOP_WAITS: Final = Trigger(None, Cause.STOP_NOT_REACHED)
LIMIT_WAITS: Final = Trigger(None, Cause.LIMIT_NOT_REACHED)
TOUCH_WAITS: Final = Trigger(None, Cause.TOUCH_NOT_REACHED)
STOPPED_LIMIT_WAITS: Final = Trigger(None, Cause.LIMIT_NOT_REACHED, stop=True)


class Triggers:
    """How the bars of a run trigger orders.

    field: the price that a bar offers, "close" or "open". by_range: stops and limits are tested on the whole bar, and
    reached at their own price, or at the open where the bar opened beyond it. limits_hold: a limit that was reached
    before is tested anew on each bar; else it has made the order a market order, as in Zipline. through: a limit is
    reached by prices beyond it only.
    """

    __slots__ = ("_beyond", "_highest", "_lowest", "by_range", "field", "limits_hold", "through")

    def __init__(self, field: str, *, by_range: bool, limits_hold: bool, through: bool = False) -> None:
        self.field = field
        self.through = through
        # how far beyond a limit prices have to go, in units of the fill scale
        self._beyond = 1 if through else 0
        self.by_range = by_range
        self.limits_hold = limits_hold
        # the prices of a bar that stops and limits are tested on
        self._lowest, self._highest = ("low", "high") if by_range else (field, field)

    def of(self, order: WorkingOrder, bars: Bars, bar: int, offered: int) -> Trigger:
        """The effect of a bar that offers a price on an order with a stop or a limit."""
        more = order.more
        if more is not None:
            if more.at_once:
                return self._at_once(order, offered)
            if not order.stop_reached and more.trail is not None:
                return self._trailing(order, more, bars, bar, offered)
            if not order.stop_reached and more.touch is not None:
                return self._touched(order, more.touch, bars, bar, offered)
        limit, stop = order.limit, order.stop
        buys = order.amount > order.filled
        price, stopped = offered, stop is not None and not order.stop_reached
        if stopped:
            reached = self._at_stop(order, bars, bar, offered)
            if reached is None:
                return STOP_WAITS
            price = reached
        if limit is None or (order.limit_reached and not self.limits_hold and not self.by_range):
            return Trigger(price, stop=stopped)
        if self.by_range:
            held = self._after_stop(limit, buys, bars, bar, price) if stopped else self._at_limit(order, bars, bar)
        else:
            held = price if self._within(price, limit, buys) else None
        if held is None:
            return STOPPED_LIMIT_WAITS if stopped else LIMIT_WAITS
        return _new(Trigger, (held, PLACED, stopped, not order.limit_reached, None))  # type: ignore[no-any-return]

    def series(self, bars: Bars) -> tuple[Sequence[int], Sequence[int]]:
        """The lowest and highest prices of the bars that stops and limits are tested on."""
        return bars.column(self._lowest), bars.column(self._highest)

    def bounds(self, order: WorkingOrder, bars: Bars) -> tuple[int | None, int | None]:
        """Between which prices of those series a waiting order stays as it is; a bar has to be strictly between.

        None: there is no such price on that side.
        """
        up, over, price = bars.mark_to_fill_scale, order.amount > order.filled, order.stop
        more = order.more
        if more is not None and not order.stop_reached and (more.trail is not None or more.touch is not None):
            return _outer(_bounds_of(more, over), up)
        if price is None or order.stop_reached:
            price, over = order.limit, not over
        if price is None:
            return ANY_PRICE, None  # it waits for nothing
        return (None, -(-price // up)) if over else (price // up, None)

    def rested(
        self, order: WorkingOrder, since: int, bars: Bars, moment: Moment, before: int | None, split: int | None = None
    ) -> bool:
        """Whether an order with a limit gives liquidity to a bar that fills it, as it waited for the market to come.

        On its first bar that is where the bar opens short of its limit, and the last price did so when it was placed.
        since: when it was placed, or given another price. before: the stamp of the bar before; None where there was
        none. split: that of the asset's last split.
        """
        if before is not None and since < before:
            return True
        bar = moment.bar
        # a split, between two bars, restates an order, and the last price is in the units of before it; a session
        # may open at the very end of the one before
        restated = before is not None and split is not None and before <= split < moment.stamp
        limit: Any = order.limit
        up, buys = bars.mark_to_fill_scale, order.amount > 0
        opened = bars.column("open")[bar] * up
        if opened <= limit if buys else opened >= limit:
            return False
        if before is None or restated:
            return True
        last = bars.price[bar - 1] * up
        return not last or bool(last > limit if buys else last < limit)

    def _within(self, price: int, limit: int, buys: bool) -> bool:
        """Whether a limit is reached by a price: at it, or beyond it where prices have to go through."""
        return price <= limit - self._beyond if buys else price >= limit + self._beyond

    def _at_stop(self, order: WorkingOrder, bars: Bars, bar: int, offered: int) -> int | None:
        """The price at which the bar reaches an order's stop: what it offers, or, by range, the stop or the open."""
        stop: Any = order.stop
        buys = order.amount > order.filled
        if not self.by_range:
            return offered if (offered >= stop if buys else offered <= stop) else None
        opened = bars.column("open")[bar] * bars.mark_to_fill_scale
        if opened >= stop if buys else opened <= stop:
            return opened
        extreme = bars.column("high" if buys else "low")[bar] * bars.mark_to_fill_scale
        return stop if (extreme >= stop if buys else extreme <= stop) else None

    def _at_limit(self, order: WorkingOrder, bars: Bars, bar: int) -> int | None:
        """The price at which the bar's range reaches an order's limit: the limit, or the open beyond it."""
        limit: Any = order.limit
        buys = order.amount > order.filled
        extreme = bars.column("low" if buys else "high")[bar] * bars.mark_to_fill_scale
        if not self._within(extreme, limit, buys):
            return None
        opened = bars.column("open")[bar] * bars.mark_to_fill_scale
        return opened if (opened < limit if buys else opened > limit) else limit

    def _after_stop(self, limit: int, buys: bool, bars: Bars, bar: int, price: int) -> int | None:
        """The price within the limit of an order whose stop was reached on this bar, at a price.

        Where the stop was reached at the open, the whole range comes after it. Else only the close is known to, so
        that a limit on the other side of the stop counts as reached only where the close is within it.
        """
        if self._within(price, limit, buys):
            return price
        field = "close"
        if price == bars.column("open")[bar] * bars.mark_to_fill_scale:
            field = "low" if buys else "high"
        later = bars.column(field)[bar] * bars.mark_to_fill_scale
        return limit if self._within(later, limit, buys) else None

    def _at_once(self, order: WorkingOrder, offered: int) -> Trigger:
        """An order that works on one bar only takes the price that the bar offers, or none."""
        limit = order.limit
        if limit is None:
            return Trigger(offered)
        if self._within(offered, limit, order.amount > order.filled):
            return Trigger(offered, limit=not order.limit_reached)
        return LIMIT_WAITS

    def _trailing(self, order: WorkingOrder, terms: OrderTerms[int], bars: Bars, bar: int, offered: int) -> Trigger:
        buys = order.amount > order.filled
        price, after = trail(order, terms, prices_of(bars, bar, buys, offered, by_range=self.by_range))
        new = None if after == terms else after
        if price is None:
            return STOP_WAITS if new is None else Trigger(None, Cause.STOP_NOT_REACHED, terms=new)
        after = limited(order, after)
        new = None if after == terms else after
        if after.limit is None:
            return Trigger(price, stop=True, terms=new)
        return self._limit_after(after.limit, buys, bars, bar, price)._replace(terms=new)

    def followed(
        self, order: WorkingOrder, terms: OrderTerms[int], bars: Bars, bar: int, offered: int
    ) -> OrderTerms[int] | None:
        """The terms after a bar on which a trailing stop only follows, the same where it can't; None for all else."""
        rule = terms.trail
        if rule is None or rule.best is None or order.stop_reached or (self.by_range and not rule.by_bar):
            return None
        buys = order.amount > order.filled
        if not self.by_range:
            return followed(order, terms, buys, offered, offered)
        _, good, bad, _ = prices_of(bars, bar, buys, offered, by_range=True)
        return followed(order, terms, buys, good, bad)

    def _touched(self, order: WorkingOrder, touch: int, bars: Bars, bar: int, offered: int) -> Trigger:
        """An order that waits for the price to come to it, from the side of a limit."""
        buys = order.amount > order.filled
        opened, good, *_ = prices_of(bars, bar, buys, offered, by_range=self.by_range)
        if good > touch if buys else good < touch:
            return TOUCH_WAITS
        price = opened if (opened <= touch if buys else opened >= touch) else touch
        limit = order.limit
        if limit is None:
            return Trigger(price, stop=True)
        if self.by_range and self._within(good, limit, buys) and (limit < price if buys else limit > price):
            # on the way to a limit beyond it the price comes by what is touched first
            return Trigger(limit, stop=True, limit=True)
        return self._limit_after(limit, buys, bars, bar, price)

    def _limit_after(self, limit: int, buys: bool, bars: Bars, bar: int, price: int) -> Trigger:
        """The effect on a limit of the bar on which it came to life, at a price."""
        if self.by_range:
            held = self._after_stop(limit, buys, bars, bar, price)
        else:
            held = price if self._within(price, limit, buys) else None
        return STOPPED_LIMIT_WAITS if held is None else Trigger(held, stop=True, limit=True)


def _bounds_of(terms: OrderTerms[int], buys: bool) -> tuple[int | None, int | None]:
    """As `Triggers.bounds`, at the fill scale, of an order that trails or waits to be touched."""
    trail, price = terms.trail, terms.touch
    if trail is not None and trail.best is None:
        price = trail.activation
    if trail is None or (trail.best is None and price is not None):
        return (price, None) if buys else (None, price)
    best, stop = trail.best, terms.stop
    if best is None or stop is None:
        return ANY_PRICE, None  # it has seen no price yet: each bar wakes it
    return (best - 1, stop) if buys else (stop, best + 1)


def _outer(bounds: tuple[int | None, int | None], up: int) -> tuple[int | None, int | None]:
    """Bounds at the fill scale in units of the marks; a bar beyond them there is beyond them here."""
    below, above = bounds
    return None if below is None else below // up, None if above is None else -(-above // up)
