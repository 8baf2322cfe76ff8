"""Orders worked in two steps on a bar of several sessions: what fills at its open, and the rest at its end.

Between the two lie the corporate actions of the sessions after the first: who bought at the open has them, and what is
left of an order is restated by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rustybt.core import Cause
from rustybt.execution._simulated import Execution, SimulatedBroker

_NOT_REACHED = Cause.LIMIT_NOT_REACHED, Cause.STOP_NOT_REACHED


class Opening:
    """A bar as it stands at its open: the one price that there is so far, at the asset's fill scale."""

    __slots__ = ("close", "fill_scale", "is_future", "lane_to_fill", "slot", "tradable")

    def __init__(self, bars: Any, bar: int, price: int) -> None:
        self.slot: int = bars.slot
        self.is_future: bool = bars.is_future
        self.fill_scale: int = bars.fill_scale
        self.tradable = bars.tradable
        self.lane_to_fill = 1
        self.close: Any = {bar: price}

    def column(self, field: str) -> Any:
        """The same price, whatever the field."""
        return self.close


def work_at_open(broker: SimulatedBroker, slot: int, bar: int, stamp: int, price: int, volume: int) -> list[Execution]:
    """Tries the open orders of an asset on a bar's open: all that fill there, and those that are beyond it by range.

    price, volume: at the open and of the bar, in the units of then.
    """
    queue = broker.orders.open.get(slot, [])
    if broker.by_range:
        queue = [order for order in queue if not order.plain]
    if not queue:
        return []
    if volume <= 0:
        for order in queue:
            order.cause = Cause.NO_TRADE
        return []
    reports: list[Execution] = []
    broker.work_asset(queue, Opening(queue[0].listing, bar, price), bar, stamp, volume, reports)
    _drop_filled(broker, slot)
    return reports


def work_rest(broker: SimulatedBroker, bar: int, stamp: int, begun: Mapping[int, int]) -> list[Execution]:
    """Tries the open orders on the whole bar; of assets that were tried at its open only what was not let through.

    begun: by slot, the units that went to orders at the open, in the units of the bar's end.
    """
    reports: list[Execution] = []
    for slot, orders in list(broker.orders.open.items()):
        queue = orders
        if slot in begun:
            queue = [order for order in orders if order.plain or order.cause in _NOT_REACHED] if broker.by_range else []
        if not queue:
            continue
        bars: Any = queue[0].listing
        volume = bars.tradable[bar]
        if volume <= 0:
            for order in queue:
                order.cause = Cause.NO_TRADE
            continue
        broker.work_asset(queue, bars, bar, stamp, volume, reports, begun.get(slot, 0))
        _drop_filled(broker, slot)
    return reports


def _drop_filled(broker: SimulatedBroker, slot: int) -> None:
    """Takes orders that are filled out of an asset's queue, and forgets what was noted of one step's bar alone."""
    broker.orders.quiet.pop(slot, None)
    broker.orders.prune(slot)
