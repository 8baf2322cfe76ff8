"""Why an open order has not filled, computed when somebody asks: no bar has to touch a sleeping order for it."""

from __future__ import annotations

from typing import Any, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause
from rustybt.execution.simulated._transit import Transit
from rustybt.execution.simulated._triggers import Triggers


class Seen(Protocol):
    """How far a run has come. bar: the last one that can be seen; axis.times: the stamps of the bars."""

    bar: int
    axis: Any


class WhyOpen:
    """Says of an order what the last bar did to it.

    What execution makes of an order is reported and stays on it; that it is not tried at all follows from the bar.
    """

    __slots__ = ("_needs_volume", "_seen", "_transit", "_triggers")

    def __init__(
        self,
        triggers: Triggers,
        seen: Seen,
        *,
        triggers_need_volume: bool = False,
        transit: Transit | None = None,
    ) -> None:
        self._transit = Transit() if transit is None else transit
        self._triggers = triggers
        self._seen = seen
        self._needs_volume = triggers_need_volume

    def __call__(self, order: WorkingOrder, bar: int | None) -> int:
        bars, triggers = order.instrument, self._triggers
        if bar is None:
            bar = self._seen.bar
        transit = self._transit
        met = transit.quiet if order.number == transit.alone else transit.get(order.number, (0, False))[0]
        if bar < met:
            return Cause.ON_ITS_WAY
        if order.created >= self._seen.axis.times[bar]:
            return Cause.PLACED
        if bars.tradable[bar] <= 0:
            return Cause.NO_TRADE
        if order.more is not None and order.more.at is not None:
            return Cause.AUCTION
        if not order.is_market:
            offered = bars.column(triggers.field)[bar] * bars.mark_to_fill_scale
            trigger = triggers.of(order, bars, bar, offered)
            if trigger.price is None:
                return trigger.waits
            if order.cause == Cause.PLACED and self._needs_volume:
                return Cause.VOLUME_USED_UP  # so that nobody looked at it
            if order.cause == Cause.PLACED:  # a bar of before the order was restated, or one that is being worked
                return Cause.STOP_NOT_REACHED if trigger.stop else Cause.LIMIT_NOT_REACHED
        return order.cause
