"""Which orders a bar can do anything to: a table of bounds, which knows no order type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rustybt._kernels._order import WorkingOrder

NEVER: Final = 2**62
LEAST: Final = -(2**127)
MOST: Final = 2**127 - 1
AWAY: Final = NEVER, NEVER, LEAST, MOST
"""Bounds that no bar leaves."""


class Wake:
    """The sleeping orders of a run, by slot and number. What is not in it is awake."""

    __slots__ = ("_slots",)

    def __init__(self) -> None:
        self._slots: dict[int, _Asleep] = {}

    def knows(self, slot: int) -> bool:
        """Whether the series of an asset are known."""
        return slot in self._slots

    def watch(self, slot: int, tradable: Sequence[int], lowest: Sequence[int], highest: Sequence[int]) -> None:
        """Names the series of an asset: its volume, its lowest and its highest price."""
        self._slots[slot] = _Asleep(tradable, lowest, highest)

    def sleep(
        self,
        slot: int,
        number: int,
        bar: int,
        below: int | None,
        above: int | None,
        from_bar: int = 0,
        until_bar: int | None = None,
    ) -> bool:
        """Puts an order of an asset that is watched to sleep. Returns whether it sleeps on a bar.

        from_bar: the first bar on which it may act. until_bar: the bar from which on it is looked at whatever the
        prices are. In between it acts only where the lowest price is `below` or lower, or the highest `above` or
        higher, in units of the series; None is beyond all prices.
        """
        asleep = self._slots.get(slot)
        if asleep is None:
            return False
        until = NEVER if until_bar is None else until_bar
        below = LEAST if below is None else below
        above = MOST if above is None else above
        asleep.stale = asleep.stale or number in asleep.orders
        asleep.orders[number] = from_bar, until, below, above
        asleep.join(from_bar, until, below, above)
        return bar < until and (bar < from_bar or (asleep.lowest[bar] > below and asleep.highest[bar] < above))

    def forget(self, slot: int, number: int) -> None:
        """Forgets an order that is over, or is to be looked at anew."""
        asleep = self._slots.get(slot)
        if asleep is not None and asleep.orders.pop(number, None) is not None:
            asleep.stale = True

    def stir(self, slot: int) -> None:
        """Forgets all orders of an asset."""
        asleep = self._slots.get(slot)
        if asleep is not None:
            asleep.orders.clear()
            asleep.tighten()

    def awake(self, bar: int, open: dict[int, list[WorkingOrder]]) -> list[list[WorkingOrder]]:
        """Of each asset with open orders those that a bar wakes; an asset without any is left out.

        A list may be that of `open`, which loses what is over.
        """
        slots = self._slots
        if not slots:  # nothing has ever slept
            return list(open.values())
        found = []
        for slot, queue in open.items():
            asleep = slots.get(slot)
            if asleep is None:
                found.append(queue)
                continue
            if asleep.tradable[bar] <= 0 and bar < asleep.until:
                continue
            low, high = asleep.lowest[bar], asleep.highest[bar]
            if len(asleep.orders) == len(queue):
                # written out for the hottest case: all of them sleep
                if low > asleep.below and high < asleep.above and bar < asleep.until:
                    continue
                if asleep.sleep(bar, low, high):
                    continue
            awake = asleep.awake(queue, bar, low, high)
            if awake:
                found.append(awake)
        return found


class _Asleep:
    """The sleeping orders of an asset.

    first, until, below, above: from when until when, and between which prices, all of them sleep. stale: whether they
    may do so in more cases, as an order went.
    """

    __slots__ = ("above", "below", "first", "highest", "lowest", "orders", "stale", "tradable", "until")

    def __init__(self, tradable: Sequence[int], lowest: Sequence[int], highest: Sequence[int]) -> None:
        self.tradable = tradable
        self.lowest = lowest
        self.highest = highest
        self.orders: dict[int, tuple[int, int, int, int]] = {}
        self.first, self.until, self.below, self.above = AWAY
        self.stale = False

    def sleep(self, bar: int, low: int, high: int) -> bool:
        """Whether a bar wakes none of them."""
        for _ in range(2):
            if bar < self.until and (bar < self.first or (low > self.below and high < self.above)):
                return True
            if not self.stale:
                break
            self.tighten()
        return False

    def awake(self, queue: list[WorkingOrder], bar: int, low: int, high: int) -> list[WorkingOrder]:
        """The orders of a queue that a bar wakes."""
        found, orders = [], self.orders
        for order in queue:
            bounds = orders.get(order.number)
            if bounds is not None:
                first, until, below, above = bounds
                if bar < until and (bar < first or (low > below and high < above)):
                    continue
            found.append(order)
        return found

    def join(self, first: int, until: int, below: int, above: int) -> None:
        """Counts another order in."""
        self.first = min(self.first, first)
        self.until = min(self.until, until)
        self.below = max(self.below, below)
        self.above = min(self.above, above)

    def tighten(self) -> None:
        """Counts all orders anew."""
        firsts, untils, belows, aboves = zip(AWAY, *self.orders.values(), strict=True)
        self.first, self.until, self.below, self.above = min(firsts), min(untils), max(belows), min(aboves)
        self.stale = False
