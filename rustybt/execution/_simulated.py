"""The simulated broker: works the open orders on a bar, and says what filled at which price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from rustybt.core import OrderEventKind, OrderStatus
from rustybt.execution._blotter import Blotter
from rustybt.execution._order import (
    IMPACT_BEYOND_LIMIT,
    LIMIT_NOT_REACHED,
    NO_TRADE,
    PARTLY_FILLED,
    VOLUME_USED_UP,
    WorkingOrder,
)
from rustybt.execution.commission import CommissionModel
from rustybt.execution.slippage import EXHAUSTED, SKIP, SlippageModel

FILLED = OrderEventKind.FILLED.value
PARTIALLY_FILLED = OrderEventKind.PARTIALLY_FILLED.value
TRIGGERED = OrderEventKind.TRIGGERED.value


class Bars(Protocol):
    """The bars of an asset in a run, one value per bar, as scaled integers."""

    slot: int
    fill_scale: int
    lane_to_fill: int
    volume: Sequence[int]
    close: Sequence[int]

    def column(self, field: str) -> Sequence[int]: ...


class Execution(NamedTuple):
    """A fill that the broker reports. quantity: signed; price: at the fill scale; fee: money."""

    order: WorkingOrder
    quantity: int
    price: int
    fee: int


class SimulatedBroker:
    """Fills orders on the bar after the one on which they were placed, or later.

    fill_at: the price that the bar offers, its "close" or its "open". trigger: "close" tests a limit on the price
    that the bar offers; "range" (with fill_at="close") fills it within the bar, at the limit itself, or at the open
    where the bar opened beyond it: no fill comes before the price that triggered it.
    limits_hold: False lets slippage carry a fill beyond its limit, as Zipline does.
    """

    __slots__ = ("_by_range", "_field", "blotter", "commission", "limits_hold", "slippage")

    def __init__(
        self,
        blotter: Blotter,
        slippage: SlippageModel,
        commission: CommissionModel,
        *,
        fill_at: str = "close",
        trigger: str = "close",
        limits_hold: bool = True,
    ) -> None:
        self.blotter = blotter
        self.slippage = slippage
        self.commission = commission
        self.limits_hold = limits_hold
        self._field = fill_at
        self._by_range = trigger == "range" and fill_at == "close"

    def work(self, bar: int, stamp: int) -> list[Execution]:
        """Tries every open order on a bar. Fills are reported, and logged on the order; nothing is booked here."""
        reports: list[Execution] = []
        for queue in list(self.blotter.open.values()):
            bars: Any = queue[0].listing
            volume = bars.volume[bar]
            if volume > 0:
                self._work_asset(queue, bars, bar, stamp, volume, reports)
            else:
                for order in queue:
                    order.why = NO_TRADE
        return reports

    def _work_asset(
        self, queue: list[WorkingOrder], bars: Bars, bar: int, stamp: int, volume: int, reports: list[Execution]
    ) -> None:
        offered = bars.column(self._field)[bar] * bars.lane_to_fill
        used = 0
        done = False
        for order in queue:
            price = offered
            limit = order.limit
            if limit is not None:
                reached = self._triggered_price(order, bars, bar, offered, stamp)
                if reached is None:
                    order.why = LIMIT_NOT_REACHED
                    continue
                price = reached
            wanted = order.amount - order.filled
            buys = wanted > 0
            quote = self.slippage.quote(order, wanted if buys else -wanted, price, volume, used)
            if quote is EXHAUSTED:
                for late in queue[queue.index(order) :]:
                    late.why = VOLUME_USED_UP
                break
            if quote is SKIP:
                order.why = IMPACT_BEYOND_LIMIT
                continue
            price, filled = quote
            used += filled
            if limit is not None and self.limits_hold and self.slippage.capped and (price > limit) is buys:
                price = limit
            self._fill(order, filled if buys else -filled, price, stamp, reports)
            done = done or order.status is OrderStatus.FILLED
        if done:
            left = [order for order in queue if order.status is OrderStatus.OPEN]
            if left:
                self.blotter.open[bars.slot] = left
            else:
                del self.blotter.open[bars.slot]

    def _triggered_price(self, order: WorkingOrder, bars: Bars, bar: int, offered: int, stamp: int) -> int | None:
        """The price at which a limit order can fill on this bar; None if its limit was not reached, now or before."""
        limit = order.limit
        if limit is None:
            return offered
        buys = order.amount > order.filled
        price = offered
        if self._by_range:
            extreme = bars.column("low" if buys else "high")[bar] * bars.lane_to_fill
            opened = bars.column("open")[bar] * bars.lane_to_fill
            beyond = opened < limit if buys else opened > limit
            if (extreme > limit) if buys else (extreme < limit):
                return None
            price = opened if beyond else limit
        elif order.limit_reached and not self.limits_hold:
            return price
        elif price > limit if buys else price < limit:
            return None
        if not order.limit_reached:
            order.limit_reached = True
            order.changed = stamp
            self.blotter.log(order, stamp, TRIGGERED, order.amount - order.filled, limit)
        return price

    def _fill(self, order: WorkingOrder, quantity: int, price: int, stamp: int, reports: list[Execution]) -> None:
        fee = self.commission.fee(order, quantity, price)
        order.filled += quantity
        order.commission += fee
        order.charged += quantity if quantity > 0 else -quantity
        order.changed = stamp
        whole = order.filled == order.amount
        if whole:
            order.status = OrderStatus.FILLED
        else:
            order.why = PARTLY_FILLED
        self.blotter.rows.append((order.number, stamp, FILLED if whole else PARTIALLY_FILLED, quantity, price, None))
        reports.append(Execution(order, quantity, price, fee if fee > 0 or self.commission.rebates else 0))
