"""Bars of a run without handle_data."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop


def unwatched(loop: Loop, session: int, first: int, busy: int) -> int:
    """The bars up to one with which something falls due: nobody looks at one on which no order waits.

    Returns the one after the last that was done: an earlier one where something was added to the agenda, or is due
    between bars.
    """
    run, agenda, bar = loop.run, loop.agenda, first
    market, open_orders = run.market, loop._open_orders()
    if agenda.timers:
        busy = bisect_right(market.axis.times, agenda.timers[0].stamp, first, busy)
    while bar < busy:
        # all that are left at once, up to the last of them
        bar = bar if open_orders else busy - 1
        market.bar = bar
        run.books.seek(bar)
        if open_orders:
            loop._work(session, bar, market.axis.times[bar])
        bar += 1
        if agenda.added:
            for action in agenda.due(bar - 1, seen=True):
                action(loop.context, run.data)
            break
    return bar
