"""Orders that sleep until a bar reaches what they wait for."""

from __future__ import annotations

from rustybt._kernels import WorkingOrder
from rustybt.execution.simulated._bars import Bars, Orders
from rustybt.execution.simulated._triggers import Triggers


class Sleep:
    """Lets orders of a book sleep, whose series of prices the wake tables learn with an asset's first."""

    __slots__ = ("_orders", "_triggers", "_watched")

    def __init__(self, orders: Orders, triggers: Triggers) -> None:
        self._orders = orders
        self._triggers = triggers
        # the slots of the assets whose orders have slept
        self._watched: set[int] = set()

    def until_reached(self, order: WorkingOrder, bars: Bars, bar: int, first: int = 0) -> bool:
        """Lets an order sleep until a bar, from the first on, reaches what it waits for. Whether this bar doesn't."""
        wake, slot = self._orders.wake, bars.slot
        if slot not in self._watched:
            self._watched.add(slot)
            wake.watch(slot, bars.tradable, *self._triggers.series(bars))
        below, above = self._triggers.bounds(order, bars)
        return wake.sleep(slot, order.number, bar, below, above, first)

    def until_bar(self, auction: int, order: WorkingOrder, bars: Bars, bar: int) -> None:
        """Lets an order sleep until the bar of its auction."""
        wake, slot = self._orders.wake, bars.slot
        if slot not in self._watched:
            self._watched.add(slot)
            wake.watch(slot, bars.tradable, *self._triggers.series(bars))
        wake.sleep(slot, order.number, bar, None, None, auction, auction)
