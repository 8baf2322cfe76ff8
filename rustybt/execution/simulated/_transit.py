"""Orders that are on their way to the exchange: which bar they meet first, and what of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rustybt._kernels import WorkingOrder
from rustybt.execution.simulated._bars import Bars, Opening, Orders
from rustybt.execution.simulated._triggers import Triggers

type Meeting = tuple[int, bool]
"""The first bar that an order meets, and whether of that bar it only meets the close."""


class Transit(dict[int, Meeting]):
    """By number of an order, until a bar has met it, the bar that it meets first.

    last: the last of the bars that they meet. late: whether any meets a close only. watched: whether any has to be kept
    from bars before; all others sleep until then.
    alone, quiet: the number of a market order that was the only open one, and the bar that it meets, whole. No bar
    before that has anything to do until another order is placed: it is not entered, as most orders come and go so.
    """

    __slots__ = ("alone", "last", "late", "quiet", "watched")

    def __init__(self) -> None:
        super().__init__()
        self.last = self.quiet = self.alone = 0
        self.late = self.watched = False

    def add(self, number: int, meeting: Meeting, *, asleep: bool) -> None:
        """An order is on its way."""
        self[number] = meeting
        self.last = max(self.last, meeting[0])
        self.late = self.late or meeting[1]
        self.watched = self.watched or not asleep

    def enter_alone(self) -> None:
        """The order that was the only open one may be so no longer."""
        number, due = self.alone, self.quiet
        self.alone = self.quiet = 0
        self.add(number, (due, False), asleep=False)

    def is_quiet(self, orders: Orders) -> bool:
        """Whether the order that was the only open one is it still; else it is entered."""
        if self.alone == orders.count:
            return True
        self.enter_alone()
        return False

    def all_after(self, bar: int) -> list[tuple[int, Meeting]]:
        """The orders that a bar leaves on their way."""
        if bar < self.quiet:
            self.enter_alone()
        return list(self.items())

    def forget(self) -> None:
        """All of them have arrived."""
        self.clear()
        self.late = self.watched = False

    def passes(self, bar: int, orders: Orders) -> bool:
        """Whether a bar meets no order that is awake; forgets those that it meets like any other."""
        whole = (bar, False)  # due now, and not its close only: what is as large or smaller has arrived
        for number in [number for number, meeting in self.items() if meeting <= whole]:
            del self[number]
        get = self.get
        for queue in orders.wake.awake(bar, orders.open):
            for order in queue:
                if get(order.number, whole)[0] <= bar:
                    return False
        return True


def arrived(transit: Transit, queues: Iterable[list[WorkingOrder]], bar: int) -> list[list[WorkingOrder]]:
    """Of each queue the orders that have arrived by a bar; a queue without any is left out.

    Those that meet its close only stay in transit. The lists are new ones: orders leave their queue as they fill.
    """
    if bar >= transit.last and not transit.late:
        transit.forget()
        return [queue[:] for queue in queues if queue]
    found = []
    for queue in queues:
        there = [order for order in queue if _has_arrived(transit, order.number, bar)]
        if there:
            found.append(there)
    return found


def _has_arrived(transit: Transit, number: int, bar: int) -> bool:
    due, late = transit.get(number, (bar, False))
    if bar >= due and not (late and bar == due):
        transit.pop(number, None)
    return bar >= due


def reached(
    transit: Transit,
    queues: Iterable[list[WorkingOrder]],
    bar: int,
    triggers: Triggers,
    sleep: Callable[[WorkingOrder, Bars, int], bool],
) -> list[list[WorkingOrder]]:
    """As `arrived`, without the orders that meet a close only which does not reach their prices: they go to sleep."""
    there = arrived(transit, queues, bar)
    if not transit.late:
        return there
    for queue in there:
        queue[:] = [
            order
            for order in queue
            if order.number not in transit or order.more is not None or not _is_missed(order, bar, triggers, sleep)
        ]
    return [queue for queue in there if queue]


def _is_missed(
    order: WorkingOrder, bar: int, triggers: Triggers, sleep: Callable[[WorkingOrder, Bars, int], bool]
) -> bool:
    """Whether a bar of which an order meets the close leaves it as it is."""
    bars = order.instrument
    below, above = triggers.bounds(order, bars)
    close = bars.column("close")[bar]
    if (below is not None and close <= below) or (above is not None and close >= above):
        return False
    sleep(order, bars, bar)
    return True


def forget(transit: Transit, bar: int) -> None:
    """Forgets the orders that have met a bar which was worked, or would have."""
    if bar >= transit.last:
        transit.forget()
        return
    for number in [number for number, (due, _) in transit.items() if due <= bar]:
        del transit[number]


def close_of(bars: Bars, bar: int) -> Opening:
    """A bar of which only the close is left."""
    return Opening(bars, bar, bars.column("close")[bar] * bars.mark_to_fill_scale)
