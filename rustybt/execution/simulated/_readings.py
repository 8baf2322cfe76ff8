"""How a bar is read that does not say in which order its prices came: a policy, and the count of such bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import Moment, OrderStatus
from rustybt.execution.simulated._bars import Bars, Links
from rustybt.execution.simulated._legs import PATHS, Four, Leg, Within, four_of, path_named
from rustybt.execution.simulated._possible import Ends, Paths, Unit, at_named_price
from rustybt.execution.simulated._triggers import Trigger, Triggers

PESSIMISTIC, OPTIMISTIC = "pessimistic", "optimistic"
READINGS: Final = (PESSIMISTIC, OPTIMISTIC, *PATHS)
DECIDE, AMBIGUOUS, DIFFER, MISSING = "decide", "ambiguous", "differ", "missing"


class AmbiguousBar(NamedTuple):
    """A bar of which it matters to orders in which order its prices came.

    stamp: of the bar, ns UTC. slot: of the asset. orders: their numbers. worst, best: what their fills are worth at the
    close, at most and at least; units times price, at the scales of both.
    shorter: what the shorter bars within it say: they "decide", are "ambiguous" themselves, "differ" from the bar in
    how far prices went, or are "missing"; None where they were not asked.
    """

    stamp: int
    slot: int
    orders: tuple[int, ...]
    worst: int
    best: int
    shorter: str | None = None


type Course = Callable[[AbstractSet[int]], Iterator[list[int]]]
"""The paths that a bar consists of: one, or one for each bar within it. Given the orders that were tried by then."""
type Part = tuple[list[WorkingOrder], Course | None]
"""Orders, and the course on which they meet the bar; None where it makes no difference."""
type ShorterBars = Callable[[int, int], Sequence[Sequence[int]]]
"""Open, high, low and close of the shorter bars within a bar, by the asset's slot, oldest first, at the fill scale."""


class Reading:
    """Reads the bars of a run by a policy. note: is told of each bar that is ambiguous.

    held: of a group, the exits that wait for their entry. shorter: the bars within one, which are looked into before
    the policy decides; None where they are not.
    """

    __slots__ = ("_held", "_note", "_policy", "_shorter", "_triggers")

    def __init__(
        self,
        policy: str,
        triggers: Triggers,
        note: Callable[[AmbiguousBar], object],
        held: Callable[[int], list[WorkingOrder]],
        shorter: ShorterBars | None = None,
    ) -> None:
        self._policy = policy
        self._shorter = shorter
        self._triggers = triggers
        self._note = note
        self._held = held

    def parts(self, links: Links | None, queue: list[WorkingOrder], bars: Bars, moment: Moment) -> list[Part] | None:
        """The orders of an asset in the order in which they are tried; None where it makes no difference.

        Where it does, what fills at the open for certain comes before all that may fill after it.
        """
        if links is None and not any(_may_hang(order) for order in queue):
            return None
        at_open: list[WorkingOrder] = []
        parts: list[Part] = [(at_open, None)]
        for unit in _units(links, queue, self._held(bars.slot)):
            if self._hangs(unit, bars, moment.bar):
                parts.append((list(unit.working), self._course(unit, bars, moment)))
            elif len(unit.orders) == 1 and self._fills_at_open(unit.orders[0], bars, moment.bar):
                at_open.append(unit.orders[0])
            else:
                parts.append((list(unit.working), None))
        return None if all(course is None for _, course in parts) else parts

    def _fills_at_open(self, order: WorkingOrder, bars: Bars, bar: int) -> bool:
        """Whether a bar fills an order at its open."""
        if order.is_market or at_named_price(order, self._triggers, "close"):
            return order.is_market and self._triggers.field == "open"
        # of a price of the whole bar that is that of its open it is not known when it came
        opened = bars.column("open")[bar] * bars.mark_to_fill_scale
        return self._triggers.of(order, Leg(bars, bar, opened, opened), bar, opened).price is not None

    def _course(self, unit: Unit, bars: Bars, moment: Moment) -> Course:
        """How a bar goes, that may come to something else for a unit by the order of its prices."""
        four = four_of(bars, moment.bar)
        ends = Paths(unit, bars, moment.bar, self._triggers).ends()
        within: Sequence[Four] = ()
        said = None
        if self._shorter is not None:
            within = [Four(*prices) for prices in self._shorter(bars.slot, moment.bar)]
            said = _compared(within, four)
        if said == DECIDE:
            return lambda tried: self._go_within(unit, ends, within, tried, bars, moment)
        self._tell(unit, ends, bars, moment, said)
        path = self._path(ends, four)
        return lambda tried: iter([path])

    def _go_within(
        self, unit: Unit, ends: Ends, within: Sequence[Four], tried: AbstractSet[int], bars: Bars, moment: Moment
    ) -> Iterator[list[int]]:
        """A path for each shorter bar, from its open to its close, as the orders are when it begins.

        The bar's own open and close come first and last: they may be those of an auction that no shorter bar has.
        """
        bar, four = moment.bar, four_of(bars, moment.bar)
        said = DECIDE
        yield [four.open]
        for inner in within:
            view, left = Within(bars, bar, inner), _left(unit, tried)
            if not self._touches(left, view, bar):
                continue
            if self._hangs(left, view, bar):
                inner_ends = Paths(left, view, bar, self._triggers).ends()
                if inner_ends.worst != inner_ends.best:
                    said = AMBIGUOUS
                yield self._path(inner_ends, inner)
            else:
                yield path_named(PATHS[0], inner)
        yield [four.close]
        self._tell(unit, ends, bars, moment, said)

    def _tell(self, unit: Unit, ends: Ends, bars: Bars, moment: Moment, said: str | None) -> None:
        if ends.worst != ends.best:
            numbers = tuple([order.number for order in unit.orders])
            self._note(AmbiguousBar(moment.stamp, bars.slot, numbers, ends.worst, ends.best, said))

    def _path(self, ends: Ends, four: Four) -> list[int]:
        if self._policy == PESSIMISTIC:
            return ends.worst_path
        return ends.best_path if self._policy == OPTIMISTIC else path_named(self._policy, four)

    def _touches(self, unit: Unit, bars: Bars, bar: int) -> bool:
        """Whether a bar does anything to an order of a unit."""
        offered = bars.column(self._triggers.field)[bar] * bars.mark_to_fill_scale
        for order in unit.working:
            if order.is_market:
                return True
            trigger: Trigger = self._triggers.of(order, bars, bar, offered)
            if trigger.price is not None or trigger.stop or trigger.terms is not None:
                return True
        return False

    def _hangs(self, unit: Unit, bars: Bars, bar: int) -> bool:
        """Whether the order of prices may make a difference: a cheap look before all paths are gone through.

        It makes none to an order alone that the open fills.
        """
        offered = bars.column(self._triggers.field)[bar] * bars.mark_to_fill_scale
        reached = 0
        for place, order in enumerate(unit.orders):
            if order not in unit.working or at_named_price(order, self._triggers, "close"):
                continue
            trigger: Trigger = self._triggers.of(order, bars, bar, offered) if not order.is_market else Trigger(offered)
            if trigger.price is None and not trigger.stop:
                continue
            linked = len(unit.orders) > 1
            if (linked and place == unit.entry) or (
                _may_hang(order) and (linked or not self._fills_at_open(order, bars, bar))
            ):
                return True
            reached += 1
        return reached > 1


def _compared(within: Sequence[Four], four: Four) -> str:
    """Whether shorter bars can say what a bar does not: they have to go as high and as low as it does."""
    if not within:
        return MISSING
    high, low = max(inner.high for inner in within), min(inner.low for inner in within)
    return DECIDE if (high, low) == (four.high, four.low) else DIFFER


def _left(unit: Unit, tried: AbstractSet[int]) -> Unit:
    """The rest of a unit on a bar on which some of its orders were tried."""
    entry = None if unit.entry is None else unit.orders[unit.entry]
    orders = tuple([order for order in unit.orders if order.number not in tried])
    place = orders.index(entry) if entry in orders else None
    working = tuple([order for order in orders if order.status is OrderStatus.OPEN])
    return Unit(orders, place, unit.group, working)


def _may_hang(order: WorkingOrder) -> bool:
    """Whether what a bar does to an order alone may hang on the order of its prices."""
    more = order.more
    if order.stop_reached:
        return False
    if more is not None and more.trail is not None:
        return not more.trail.by_bar
    return order.limit is not None and (order.stop is not None or (more is not None and more.touch is not None))


def _units(links: Links | None, queue: list[WorkingOrder], held: list[WorkingOrder]) -> list[Unit]:
    """The orders of a queue: those that are linked together, at the place of the first of them."""
    units: list[Unit] = []
    done: set[int] = set()
    for order in queue:
        group = None if links is None else links.protects(order.number) or links.group_of(order.number)
        if group is None:
            units.append(Unit((order,), None, None, (order,)))
        elif id(group) not in done:
            done.add(id(group))
            working = tuple([one for one in queue if one.number in group.exits or one.number == group.entry])
            waiting = [one for one in held if one.number in group.exits]
            orders = (*working, *waiting)
            entry = next((place for place, one in enumerate(orders) if one.number == group.entry), None)
            units.append(Unit(orders, entry, group, working))
    return units
