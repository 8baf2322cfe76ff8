"""The order in which linked orders meet a bar that is not walked: of two at one price the worse comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.execution.simulated._bars import Bars, Links
from rustybt.execution.simulated._triggers import Triggers


class _Reached(NamedTuple):
    """A linked order that a bar reaches, by what says which one comes first.

    when: 0 at the open, 1 within the bar, 2 at its close. second: comes after others of then.
    worth: of its fill, at the close. place: in the queue.
    """

    when: int
    second: bool
    worth: int
    place: int
    order: WorkingOrder


def worst_first(
    links: Links, triggers: Triggers, queue: list[WorkingOrder], bars: Bars, bar: int, offered: int
) -> list[WorkingOrder]:
    """The orders in another order: of linked ones that the bar reaches, what the open fills, then what is worst.

    Each keeps to the places of its group. At the open an entry comes before its exits, which are larger then; an exit
    comes before what the close fills of its entry, as one that fills ends it.
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
            when = 2 if _is_at_close(order, triggers) else int(price != opened)
            worth = (order.amount - order.filled) * (close - price)
            reached = _Reached(when, (when > 0) is (protects is not None), worth, place, order)
            groups.setdefault(id(group), []).append(reached)
    found = queue[:]
    for of_group in groups.values():
        for one, other in zip(of_group, sorted(of_group, key=lambda one: one[:4]), strict=True):
            found[one.place] = other.order
    return found


def _is_at_close(order: WorkingOrder, triggers: Triggers) -> bool:
    """Whether an order fills at the close of a bar, after all else."""
    if triggers.field != "close":
        return False
    return not triggers.by_range or (order.limit is None and (order.stop is None or order.stop_reached))


def exits_of(links: Links, entry: WorkingOrder, queue: Sequence[WorkingOrder]) -> list[WorkingOrder]:
    """The exits of an order that are at work among those of a queue."""
    group = links.protects(entry.number)
    return [] if group is None else [order for order in queue if order.number in group.exits]
