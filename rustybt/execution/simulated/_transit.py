"""Orders that are on their way to the exchange: which bar they meet first, and what of it."""

from __future__ import annotations

from collections.abc import Sequence

from rustybt._kernels import WorkingOrder
from rustybt.execution.simulated._bars import Bars, Opening

type Transit = dict[int, tuple[int, bool]]
"""By number of an order the first bar that it meets, and whether of that bar it only meets the close."""


def arrived(transit: Transit, queue: Sequence[WorkingOrder], bar: int) -> list[WorkingOrder]:
    """The orders of a queue that have arrived by a bar. Those that meet its close only stay in transit."""
    found = []
    for order in queue:
        due, late = transit.get(order.number, (bar, False))
        if bar < due:
            continue
        if bar > due or not late:
            transit.pop(order.number, None)
        found.append(order)
    return found


def forget(transit: Transit, bar: int) -> None:
    """Forgets the orders that have met a bar which was worked, or would have."""
    for number in [number for number, (due, _) in transit.items() if due <= bar]:
        del transit[number]


def close_of(bars: Bars, bar: int) -> Opening:
    """A bar of which only the close is left."""
    return Opening(bars, bar, bars.column("close")[bar] * bars.mark_to_fill_scale)
