"""How a bar is read for linked orders: against the user, where it does not say what came first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.execution.simulated._bars import Bars, Links, Opening
from rustybt.execution.simulated._triggers import Triggers


class Remaining(Opening):
    """What is left of a bar after a price within it: it opens there, and its extremes are those that may still come."""

    __slots__ = ()

    def __init__(self, bars: Bars, bar: int, prices: dict[str, int]) -> None:
        super().__init__(bars, bar, prices["open"])
        self._prices = {name: {bar: price} for name, price in prices.items()}

    def column(self, field: str) -> Any:
        """The price of that field."""
        return self._prices[field]


def remaining_after(entry: WorkingOrder, bars: Bars, bar: int, price: int, triggers: Triggers) -> Bars | None:
    """What is left of a bar for the exits of an order that it filled at a price; None where nothing is.

    What comes after a price that was reached within the bar: the extreme that lies beyond it, on the way on, and the
    close. The other extreme may have come before; it counts where that is to the disadvantage of the position.
    """
    up = bars.mark_to_fill_scale
    opened, high, low, close = (bars.column(name)[bar] * up for name in ("open", "high", "low", "close"))
    more = entry.more
    within = entry.stop is not None or entry.limit is not None or (more is not None and more.touch is not None)
    if price == opened and (within or triggers.field == "open"):
        return bars
    if not within or (more is not None and more.at_once):
        return None
    long = entry.amount > 0
    stops = entry.stop_reached and (more is None or more.touch is None)
    rising = long is stops  # a stop of a buy and a limit of a sale are reached from below
    if entry.stop is not None and entry.limit is not None:
        rising = not long  # a limit behind a stop may be reached at the last: nothing good comes after it
    if long:
        return Remaining(bars, bar, _prices(price, high if rising else max(price, close), low, close))
    return Remaining(bars, bar, _prices(price, high, min(price, close) if rising else low, close))


class _Reached(NamedTuple):
    """A linked order that a bar reaches. place: in the queue. worth: of its fill, at the close of the bar."""

    place: int
    order: WorkingOrder
    at_open: bool
    is_entry: bool
    worth: int


def worst_first(
    links: Links, triggers: Triggers, queue: list[WorkingOrder], bars: Bars, bar: int, offered: int
) -> list[WorkingOrder]:
    """The orders in another order: of linked ones that the bar reaches, what the open fills, then what is worst.

    Each keeps to the places of its group.
    """
    up = bars.mark_to_fill_scale
    opened, close = bars.column("open")[bar] * up, bars.column("close")[bar] * up
    groups: dict[int, list[_Reached]] = {}
    for place, order in enumerate(queue):
        protects = links.protects(order.number)
        group = links.group_of(order.number) if protects is None else protects
        if group is None or (order.more is not None and order.more.at is not None):
            continue
        price = triggers.of(order, bars, bar, offered).price
        if price is not None:
            at_open = price == opened and not _is_at_close(order, triggers)
            worth = (order.amount - order.filled) * (close - price)
            reached = _Reached(place, order, at_open, protects is not None, worth)
            groups.setdefault(id(group), []).append(reached)
    found = queue[:]
    for of_group in groups.values():
        for one, other in zip(of_group, _in_order(of_group, triggers), strict=True):
            found[one.place] = other.order
    return found


def _in_order(reached: list[_Reached], triggers: Triggers) -> list[_Reached]:
    """Orders of a group as a bar fills them at worst.

    Exits come before the rest of their entry, as one that fills ends it. But prices come by an entry within the bar
    before they come to a stop behind it: the stop is larger then.
    """
    opened = sorted([one for one in reached if one.at_open], key=lambda one: (not one.is_entry, one.worth))
    later = [one for one in reached if not one.at_open]
    exits = sorted([one for one in later if not one.is_entry], key=lambda one: one.worth)
    entries = [one for one in later if one.is_entry]
    stopped = bool(exits) and exits[0].order.stop is not None
    if stopped and not any(_is_at_close(one.order, triggers) for one in entries):
        return [*opened, *entries, *exits]
    return [*opened, *exits, *entries]


def _is_at_close(order: WorkingOrder, triggers: Triggers) -> bool:
    """Whether an order fills at the close of a bar, after all else."""
    if triggers.field != "close":
        return False
    return not triggers.by_range or (order.limit is None and (order.stop is None or order.stop_reached))


def exits_of(links: Links, entry: WorkingOrder, queue: Sequence[WorkingOrder]) -> list[WorkingOrder]:
    """The exits of an order that are at work among those of a queue."""
    group = links.protects(entry.number)
    return [] if group is None else [order for order in queue if order.number in group.exits]


def _prices(opened: int, high: int, low: int, close: int) -> dict[str, int]:
    return {"open": opened, "high": max(opened, high), "low": min(opened, low), "close": close}
