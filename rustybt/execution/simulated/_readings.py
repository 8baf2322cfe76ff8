"""How a bar is read that does not say in which order its prices came: a policy, and the count of such bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import Moment
from rustybt.execution.simulated._bars import Bars, Links
from rustybt.execution.simulated._legs import PATHS, four_of, path_named
from rustybt.execution.simulated._possible import Ends, Paths, Unit, at_named_price
from rustybt.execution.simulated._triggers import Trigger, Triggers

PESSIMISTIC, OPTIMISTIC = "pessimistic", "optimistic"
READINGS: Final = (PESSIMISTIC, OPTIMISTIC, *PATHS)


class AmbiguousBar(NamedTuple):
    """A bar of which it matters to orders in which order its prices came.

    stamp: of the bar, ns UTC. slot: of the asset. orders: their numbers. worst, best: what their fills are worth at the
    close, at most and at least; units times price, at the scales of both.
    """

    stamp: int
    slot: int
    orders: tuple[int, ...]
    worst: int
    best: int


type Part = tuple[list[WorkingOrder], list[int] | None]
"""Orders, and the path on which they meet the bar; None where it makes no difference."""


class Reading:
    """Reads the bars of a run by a policy. note: is told of each bar that is ambiguous.

    held: of a group, the exits that wait for their entry.
    """

    __slots__ = ("_held", "_note", "_policy", "_triggers")

    def __init__(
        self,
        policy: str,
        triggers: Triggers,
        note: Callable[[AmbiguousBar], object],
        held: Callable[[int], list[WorkingOrder]],
    ) -> None:
        self._policy = policy
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
            ends = self._ends(unit, bars, moment)
            if ends is not None:
                parts.append((list(unit.working), self._path(ends, bars, moment.bar)))
            elif len(unit.orders) == 1 and self._fills_at_open(unit.orders[0], bars, moment.bar):
                at_open.append(unit.orders[0])
            else:
                parts.append((list(unit.working), None))
        return None if all(path is None for _, path in parts) else parts

    def _fills_at_open(self, order: WorkingOrder, bars: Bars, bar: int) -> bool:
        """Whether a bar fills an order at its open."""
        if order.is_market or at_named_price(order, self._triggers, "close"):
            return order.is_market and self._triggers.field == "open"
        up = bars.mark_to_fill_scale
        offered = bars.column(self._triggers.field)[bar] * up
        return self._triggers.of(order, bars, bar, offered).price == bars.column("open")[bar] * up

    def _ends(self, unit: Unit, bars: Bars, moment: Moment) -> Ends | None:
        """What the bar may come to for a unit; None where the order of prices makes no difference to it."""
        if not self._hangs(unit, bars, moment.bar):
            return None
        ends = Paths(unit, bars, moment.bar, self._triggers).ends()
        if ends.worst != ends.best:
            numbers = tuple([order.number for order in unit.orders])
            self._note(AmbiguousBar(moment.stamp, bars.slot, numbers, ends.worst, ends.best))
        return ends

    def _path(self, ends: Ends, bars: Bars, bar: int) -> list[int]:
        if self._policy == PESSIMISTIC:
            return ends.worst_path
        return ends.best_path if self._policy == OPTIMISTIC else path_named(self._policy, four_of(bars, bar))

    def _hangs(self, unit: Unit, bars: Bars, bar: int) -> bool:
        """Whether the order of prices may make a difference: a cheap look before all paths are gone through.

        It makes none to an order alone that the open fills.
        """
        offered, opened = (bars.column(name)[bar] * bars.mark_to_fill_scale for name in (self._triggers.field, "open"))
        reached = 0
        for place, order in enumerate(unit.orders):
            if order not in unit.working or at_named_price(order, self._triggers, "close"):
                continue
            trigger: Trigger = self._triggers.of(order, bars, bar, offered) if not order.is_market else Trigger(offered)
            if trigger.price is None and not trigger.stop:
                continue
            linked = len(unit.orders) > 1
            if (linked and place == unit.entry) or (_may_hang(order) and (linked or trigger.price != opened)):
                return True
            reached += 1
        return reached > 1


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
