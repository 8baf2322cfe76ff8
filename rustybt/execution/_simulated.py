"""The simulated broker: works the open orders on a bar, and says what filled at which price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, OrderEventKind, OrderStatus, Report, as_plain_decimal
from rustybt.errors import InputError
from rustybt.execution.commission import CommissionModel, Parts
from rustybt.execution.slippage import EXHAUSTED, SKIP, SlippageModel

FILLED, PARTIALLY_FILLED = OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED
TRIGGERED = OrderEventKind.TRIGGERED
OPEN, WHOLE = OrderStatus.OPEN, OrderStatus.FILLED
BEYOND_ALL = 10**60
"""No price is as far from zero."""


class Orders(Protocol):
    """The order book, as a broker needs it.

    apply: changes an order as a report says, and logs it. prune: takes orders that are over out of a queue.
    """

    quiet: dict[int, tuple[Sequence[int], Sequence[int], int, int]]

    @property
    def open(self) -> dict[int, list[WorkingOrder]]: ...

    def apply(self, report: Report, order: WorkingOrder, /) -> None: ...
    def prune(self, slot: int, /) -> None: ...


class Bars(Protocol):
    """The bars of an asset in a run, one value per bar, as scaled integers."""

    slot: int
    is_future: bool
    fill_scale: int
    lane_to_fill: int
    tradable: Sequence[int]
    close: Sequence[int]

    def column(self, field: str) -> Sequence[int]: ...


type Execution = tuple[WorkingOrder, int, int, int, Parts | None]
"""A fill that the broker reports: the order, the quantity (signed), the price (at the fill scale), the fee (money), and
what the fee is made of where it is more than a commission. A plain tuple: thousands of them are made and dropped."""


class SimulatedBroker:
    """Fills orders on the bar after the one on which they were placed, or later.

    slippage, commission: the models for "equity", which is all but futures, and for "future".
    fill_at: the price that the bar offers, its "close" or its "open". trigger: "close" tests limits and stops on the
    price that the bar offers; "range" (with fill_at="close") fills them within the bar, at their own price, or at the
    open where the bar opened beyond it: no fill comes before the price that triggered it.
    limits_hold: False lets slippage carry a fill beyond its limit, as Zipline does.
    stops_date_orders: False leaves the time of a stop-limit order's last change as it is when its stop is reached.
    fees_can_fall: a fee below zero that is no rebate lowers what the order has cost, though nobody pays it back, as in
    Zipline; else it is none.
    triggers_need_volume: once the share of the bar's volume is used up, stops and limits of later orders are not looked
    at, as in Zipline.
    """

    __slots__ = (
        "_equity",
        "_future",
        "_highest",
        "_lowest",
        "by_range",
        "fees_can_fall",
        "field",
        "limits_hold",
        "orders",
        "stops_date_orders",
        "triggers_need_volume",
    )

    def __init__(
        self,
        orders: Orders,
        slippage: Mapping[str, SlippageModel],
        commission: Mapping[str, CommissionModel],
        *,
        fill_at: str = "close",
        trigger: str = "close",
        limits_hold: bool = True,
        stops_date_orders: bool = True,
        fees_can_fall: bool = False,
        triggers_need_volume: bool = False,
    ) -> None:
        self.orders = orders
        self._equity, self._future = [(slippage[kind], commission[kind]) for kind in ("equity", "future")]
        self.limits_hold = limits_hold
        self.stops_date_orders = stops_date_orders
        self.fees_can_fall = fees_can_fall
        self.triggers_need_volume = triggers_need_volume
        self.field = fill_at
        self.by_range = trigger == "range" and fill_at == "close"
        # the prices of a bar that stops and limits are tested on
        self._lowest, self._highest = ("low", "high") if self.by_range else (fill_at, fill_at)

    def let_go(self) -> None:
        """The run is over: its models let go of its market."""
        for slippage, _ in (self._equity, self._future):
            if hasattr(slippage, "_let_go"):
                slippage._let_go()

    def plain_models(self) -> tuple[Any, Any] | None:
        """The numbers of the models for what is no future, as the native kernel takes them; None where it can't.

        It looks at one price of a bar, so it can't fill by range.
        """
        if self.by_range:
            return None
        slippage, commission = (model.kernel() for model in self._equity)
        return None if slippage is NotImplemented or commission is NotImplemented else (slippage, commission)

    def no_price(self, order: WorkingOrder, price: int) -> InputError:
        """The error for a price of zero or less that a model made of one above zero."""
        return _no_price(self._equity[0], order, price)

    def work(self, bar: int, stamp: int) -> list[Execution]:
        """Tries every open order on a bar. Fills are reported, and logged on the order; nothing is booked here."""
        reports: list[Execution] = []
        quiet = self.orders.quiet
        for slot, queue in list(self.orders.open.items()):
            bars: Any = queue[0].listing
            volume = bars.tradable[bar]
            if volume <= 0:
                quiet.pop(slot, None)
                for order in queue:
                    order.cause = Cause.NO_TRADE
                continue
            if slot in quiet:
                lowest, highest, below, above = quiet[slot]
                if lowest[bar] > below and highest[bar] < above:
                    continue
                del quiet[slot]
            if self.work_asset(queue, bars, bar, stamp, volume, reports):
                self.orders.prune(slot)
        return reports

    def _note_quiet(self, queue: list[WorkingOrder], bars: Bars) -> None:
        """Notes between which prices orders stay as they are that neither stop nor limit has let through."""
        below, above = [-BEYOND_ALL], [BEYOND_ALL]
        for order in queue:
            buys = order.amount > order.filled
            if order.stop is not None and not order.stop_reached:
                (above if buys else below).append(order.stop)
            elif order.limit is not None:
                (below if buys else above).append(order.limit)
        up = bars.lane_to_fill
        # in units of the lane; a bar has to be strictly between
        between = max(below) // up, -(-min(above) // up)
        self.orders.quiet[bars.slot] = bars.column(self._lowest), bars.column(self._highest), *between

    def work_asset(
        self,
        queue: list[WorkingOrder],
        bars: Bars,
        bar: int,
        stamp: int,
        volume: int,
        reports: list[Execution],
        used: int = 0,
    ) -> bool:
        """Tries the orders of one asset. Returns whether one of them is filled, whole.

        used: units of the volume that went to earlier orders.
        """
        offered = bars.column(self.field)[bar] * bars.lane_to_fill
        slippage, commission = self._future if bars.is_future else self._equity
        done = tried = False
        # a model of the user's may place orders meanwhile, which wait for the next bar
        working = queue[:]
        for order in working:
            # or have cancelled this one
            if order.status is not OPEN:
                continue
            price = offered
            if not order.plain:
                reached = self._triggered_price(order, bars, bar, offered, stamp)
                if reached is None:
                    continue
                price = reached
            tried = True
            wanted = order.amount - order.filled
            buys = wanted > 0
            quote = slippage.quote(order, wanted if buys else -wanted, price, volume, used)
            if order.status is not OPEN:
                continue
            price, filled = quote
            if filled <= 0:
                if quote is EXHAUSTED:
                    order.cause = Cause.VOLUME_USED_UP
                    self._trigger_rest(working[working.index(order) + 1 :], bars, bar, offered, stamp)
                    break
                order.cause = Cause.IMPACT_BEYOND_LIMIT if quote is SKIP else Cause.DECLINED_BY_MODEL
                continue
            if price <= 0 < offered and self.limits_hold:
                raise _no_price(slippage, order, price)
            used += filled
            if not order.plain and self.limits_hold and slippage.capped:
                limit = order.limit
                if limit is not None and (price > limit) is buys:
                    price = limit
            reports.append(self._fill(order, filled if buys else -filled, price, stamp, commission))
            done = done or order.status is WHOLE
        if not tried:
            self._note_quiet(queue, bars)
        return done

    def _trigger_rest(self, rest: list[WorkingOrder], bars: Bars, bar: int, offered: int, stamp: int) -> None:
        """What orders for which no volume is left know of a bar: whether it reached their stops and limits."""
        for late in rest:
            if late.status is not OPEN:
                continue
            waits = late.plain or self.triggers_need_volume
            if waits or self._triggered_price(late, bars, bar, offered, stamp) is not None:
                late.cause = Cause.VOLUME_USED_UP

    def _triggered_price(self, order: WorkingOrder, bars: Bars, bar: int, offered: int, stamp: int) -> int | None:
        """The price at which a stop or limit order can fill on this bar; None, with the reason left on it, if not."""
        limit, stop = order.limit, order.stop
        buys = order.amount > order.filled
        price = offered
        stopped_now = stop is not None and not order.stop_reached
        if stopped_now:
            reached = self._at_stop(order, bars, bar, offered)
            if reached is None:
                order.cause = Cause.STOP_NOT_REACHED
                return None
            price = reached
            self._trigger(order, stamp, None, stop, Cause.STOP_REACHED, dated=limit is None or self.stops_date_orders)
        if limit is None or (order.limit_reached and not self.limits_hold and not self.by_range):
            return price
        if self.by_range:
            held = self._after_stop(order, bars, bar, price) if stopped_now else self._at_limit(order, bars, bar)
        else:
            held = price if (price <= limit if buys else price >= limit) else None
        if held is None:
            order.cause = Cause.LIMIT_NOT_REACHED
            return None
        if not order.limit_reached:
            self._trigger(order, stamp, limit, None, Cause.LIMIT_REACHED, dated=True)
        return held

    def _trigger(
        self, order: WorkingOrder, stamp: int, limit: int | None, stop: int | None, cause: Cause, *, dated: bool
    ) -> None:
        left = order.amount - order.filled
        self.orders.apply(Report(order.number, TRIGGERED, stamp, left, limit, stop, cause=cause, dated=dated), order)

    def _at_stop(self, order: WorkingOrder, bars: Bars, bar: int, offered: int) -> int | None:
        """The price at which the bar reaches an order's stop: what it offers, or, by range, the stop or the open."""
        stop: Any = order.stop
        buys = order.amount > order.filled
        if not self.by_range:
            return offered if (offered >= stop if buys else offered <= stop) else None
        opened = bars.column("open")[bar] * bars.lane_to_fill
        if opened >= stop if buys else opened <= stop:
            return opened
        extreme = bars.column("high" if buys else "low")[bar] * bars.lane_to_fill
        return stop if (extreme >= stop if buys else extreme <= stop) else None

    def _at_limit(self, order: WorkingOrder, bars: Bars, bar: int) -> int | None:
        """The price at which the bar's range reaches an order's limit: the limit, or the open beyond it."""
        limit: Any = order.limit
        buys = order.amount > order.filled
        extreme = bars.column("low" if buys else "high")[bar] * bars.lane_to_fill
        if extreme > limit if buys else extreme < limit:
            return None
        opened = bars.column("open")[bar] * bars.lane_to_fill
        return opened if (opened < limit if buys else opened > limit) else limit

    def _after_stop(self, order: WorkingOrder, bars: Bars, bar: int, price: int) -> int | None:
        """The price within the limit of an order whose stop was reached on this bar, at a price.

        Where the stop was reached at the open, the whole range comes after it. Else only the close is known to, so
        that a limit on the other side of the stop counts as reached only where the close is within it.
        """
        limit: Any = order.limit
        buys = order.amount > order.filled
        if price <= limit if buys else price >= limit:
            return price
        field = "close"
        if price == bars.column("open")[bar] * bars.lane_to_fill:
            field = "low" if buys else "high"
        later = bars.column(field)[bar] * bars.lane_to_fill
        return limit if (later <= limit if buys else later >= limit) else None

    def _fill(
        self, order: WorkingOrder, quantity: int, price: int, stamp: int, commission: CommissionModel
    ) -> Execution:
        fee = commission.fee(order, quantity, price)
        if fee < 0 and not commission.rebates and not self.fees_can_fall:
            fee = 0
        parts = commission.parts(order, fee) if commission.itemised else None
        whole = order.filled + quantity == order.amount
        kind = FILLED if whole else PARTIALLY_FILLED
        self.orders.apply(Report(order.number, kind, stamp, quantity, price, None, fee), order)
        if fee <= 0 and not commission.rebates:
            return order, quantity, price, 0, None
        return order, quantity, price, fee, parts


def _no_price(slippage: Any, order: WorkingOrder, price: int) -> InputError:
    listing = order.listing
    return InputError(
        f"{slippage!r} fills an order of {listing.asset.symbol} at {as_plain_decimal(price, listing.fill_scale)}, "
        "though the bar has a price above zero. Use a smaller spread or impact."
    )
