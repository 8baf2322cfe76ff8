"""Orders that are on their way to the exchange: which bar they meet first, and what of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rustybt._kernels import WorkingOrder
from rustybt.execution.simulated._bars import Bars, Opening

type Transit = dict[int, tuple[int, bool]]
"""By number of an order the first bar that it meets, and whether of that bar it only meets the close."""


def arrived(transit: Transit, queues: Iterable[list[WorkingOrder]], bar: int) -> list[list[WorkingOrder]]:
    """Of each queue the orders that have arrived by a bar; a queue without any is left out.

    Those that meet its close only stay in transit.
    """
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


def forget(transit: Transit, bar: int) -> None:
    """Forgets the orders that have met a bar which was worked, or would have."""
    for number in [number for number, (due, _) in transit.items() if due <= bar]:
        del transit[number]


def still_on_its_way(transit: Transit, bar: int) -> bool:
    """Whether a bar meets some order in part or not at all; forgets those that it meets like any other."""
    for number in [number for number, (due, late) in transit.items() if due < bar or (due == bar and not late)]:
        del transit[number]
    return bool(transit)


def none_meets(transit: Transit, open: Mapping[int, list[WorkingOrder]], bar: int) -> bool:
    """Whether every open order arrives after a bar."""
    return all(transit.get(order.number, (bar, False))[0] > bar for queue in open.values() for order in queue)


def close_of(bars: Bars, bar: int) -> Opening:
    """A bar of which only the close is left."""
    return Opening(bars, bar, bars.column("close")[bar] * bars.mark_to_fill_scale)
