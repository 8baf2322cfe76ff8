"""The simulated broker: works the open orders on a bar, and reports what became of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import Asset, Cause, Moment, OrderEventKind, OrderStatus, OrderTerms, Report
from rustybt.errors import InputError
from rustybt.execution.commission import CommissionModel
from rustybt.execution.simulated._answers import accepted, cancelled, replaced
from rustybt.execution.simulated._at_once import auction_bar, end_untried, over, rest, room_to_reduce
from rustybt.execution.simulated._bars import Bars, Opening, Orders
from rustybt.execution.simulated._execute import Execution, executions
from rustybt.execution.simulated._first_reports import first_reports
from rustybt.execution.simulated._legs import Leg
from rustybt.execution.simulated._linked import worst_first
from rustybt.execution.simulated._readings import AmbiguousBar, Reading, ShorterBars
from rustybt.execution.simulated._sleep import Sleep
from rustybt.execution.simulated._transit import Transit, arrived, close_of, forget, reached
from rustybt.execution.simulated._triggers import Triggers
from rustybt.execution.simulated._walking import Walking
from rustybt.execution.slippage import SlippageModel

NOT_FILLED, CANCELLED = OrderEventKind.NOT_FILLED, OrderEventKind.CANCELLED
OPEN = OrderStatus.OPEN

type Moved = list[tuple[WorkingOrder, OrderTerms[int]]]
type ReadyOrder = tuple[WorkingOrder, int | None, int | None, tuple[Report, ...]]


class SimulatedBroker(Walking):
    """Fills orders on the bar after the one on which they were placed, or later.

    orders: the order book. slippage, commission: the models for "equity", which is all but futures, for "future", and
    for assets that have one of their own.
    fill_at: the price that the bar offers, its "close" or its "open". trigger: "close" tests limits and stops on the
    price that the bar offers; "range" fills them within the bar, at their own price, or at the open beyond it.
    limits_hold: False lets slippage carry a fill beyond its limit, as Zipline does.
    stops_date_orders: False leaves the time of a stop-limit order's last change as it is when its stop is reached.
    fees_can_fall: a fee below zero that is no rebate lowers what the order has cost, though nobody pays it back, as in
    Zipline; else it is none.
    triggers_need_volume: once the share of the bar's volume is used up, stops and limits of later orders are not looked
    at, as in Zipline.
    same_bar: how a bar is read that does not say in which order its prices came, by `READINGS`. shorter: bars within
    it, which are asked before. ambiguous: is told of each such bar. touch: whether a limit fills where prices come to
    it, "at", or go beyond it, "through".
    before: the bar before the first that orders are tried on.
    sessions: for each session its first bar and the one after its last. stamps: by bar its end, ns UTC. held: by slot
    the units held.
    transit: orders that are on their way, and from which bar on they are tried.
    begun: by slot, the units of a week's or month's volume that orders were filled for at its open, as `at_open` tried
    them, in the units of the bar's end.
    """

    __slots__ = (
        "_asked", "_equity", "_future", "_looked", "_opening", "_own", "_sleep_until", "_sleeps", "_tried_at_open",
        "_worked", "begun", "deal", "fees_can_fall", "held", "limits_hold", "orders", "sessions", "stamps",
        "stops_date_orders", "transit", "triggers", "triggers_need_volume",
    )  # fmt: skip

    def __init__(
        self,
        orders: Orders,
        slippage: Mapping[str | Asset, SlippageModel],
        commission: Mapping[str | Asset, CommissionModel],
        *,
        fill_at: str = "close",
        trigger: str = "close",
        limits_hold: bool = True,
        stops_date_orders: bool = True,
        fees_can_fall: bool = False,
        triggers_need_volume: bool = False,
        before: int = -1,
        sessions: Sequence[tuple[int, int]] = (),
        stamps: Sequence[int] = (),
        held: Callable[[int], int] = lambda slot: 0,
        same_bar: str = "pessimistic",
        touch: str = "at",
        ambiguous: Callable[[AmbiguousBar], object] = lambda bar: None,
        shorter: ShorterBars | None = None,
    ) -> None:
        self.orders = orders
        self.sessions = sessions
        self.stamps = stamps
        self.held = held
        self.limits_hold = limits_hold
        self.stops_date_orders = stops_date_orders
        self.fees_can_fall = fees_can_fall
        self.triggers_need_volume = triggers_need_volume
        by_range, through = trigger == "range", touch == "through"
        self.triggers = Triggers(fill_at, by_range=by_range, limits_hold=limits_hold, through=through)
        waiting: Any = getattr(orders, "held_of", lambda slot: [])
        self.reading = Reading(same_bar, self.triggers, ambiguous, waiting, shorter) if by_range else None
        self._equity, self._future, self._own = executions(
            slippage, commission, limits_hold=limits_hold, fees_can_fall=fees_can_fall, by_range=trigger == "range"
        )
        self.deal = self._equity.deal
        self._asked: deque[Callable[[], Report | None]] = deque()
        self._worked = before
        # the number of the last order that was there when a bar was worked
        self._looked = 0
        sleep = Sleep(orders, self.triggers)
        self._sleeps, self._sleep_until = sleep.until_reached, sleep.until_bar
        self._opening: tuple[int, int, int] | None = None
        # numbers of the orders whose fate on the bar of a week or month was decided at its open
        self._tried_at_open: set[int] = set()
        # numbers of the orders that were triggered on this bar
        self._reached: set[int] = set()
        self.begun: dict[int, int] = {}
        self.transit = Transit()

    # the four methods of a `Broker`

    def submit(self, order: WorkingOrder) -> None:
        """Accepts an order, as it was placed."""
        self._asked.append(lambda: accepted(order))

    def replace(
        self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None
    ) -> None:
        """Replaces the terms of an open order, and its amount where one is given."""
        self._asked.append(lambda: replaced(order, terms, stamp, amount))

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None = None) -> None:
        """Cancels an open order."""
        self._asked.append(lambda: cancelled(order, stamp, cause, told))

    def reports(self, moment: Moment) -> Iterable[Report]:
        """Answers to what was asked; then, the first time for a bar, what it makes of the open orders."""
        answers = self._answers() if self._asked else ()
        if self._opening is not None:
            slot, price, volume = self._opening
            self._opening = None
            return chain(answers, self._work_open(slot, moment, price, volume))
        if moment.bar <= self._worked:
            return answers
        self._worked = moment.bar
        return chain(answers, self._work(moment)) if answers else self._work(moment)

    # what a backtest asks besides

    def at_open(self, slot: int, price: int, volume: int) -> None:
        """Next, the open orders of an asset are tried at the open of a week or month, and no others.

        All that fill there are tried, and by range those that are beyond it. price, volume: at the open and of the bar,
        in the units of then.
        """
        self._opening = slot, price, volume

    def forget_open(self) -> None:
        """Another week or month begins."""
        self.begun.clear()
        self._tried_at_open.clear()

    def went_on(self, worked: int) -> None:
        """A run goes on that was saved. worked: the last bar that its orders were tried on."""
        self._worked = worked
        self._looked = self.orders.count

    def sleep_till(self, due: int, order: WorkingOrder) -> None:
        """An order that is on its way need not be looked at before the bar that it meets, nor where that leaves it."""
        self._sleeps(order, order.instrument, due - 1, due)

    def plain_models(self) -> tuple[Any, Any] | None:
        """The numbers of the models for what is no future, where they are no more; None where reports are needed.

        One price of a bar is looked at then, so nothing fills by range, and there is one pair of models.
        """
        return None if self.triggers.by_range or self._own else self._equity.kernel()

    def no_price(self, order: WorkingOrder, price: int) -> InputError:
        """The error for a price of zero or less that a model made of one above zero."""
        return self._equity.no_price(order, price)

    def let_go(self) -> None:
        """The run is over: its models let go of its market."""
        for execution in (self._equity, self._future, *self._own.values()):
            execution.let_go()

    def _answers(self) -> Iterator[Report]:
        while self._asked:
            report = self._asked.popleft()()
            if report is not None:
                yield report

    # a bar

    def _work(self, moment: Moment) -> Iterator[Report]:
        """Tries every open order on a bar; of assets that were tried at its open only what was not let through."""
        bar, begun, account, field = moment.bar, self.begun, self.orders.account, self.triggers.field
        own = self._own
        self._reached.clear()
        awake: Iterable[list[WorkingOrder]] = self.orders.wake.awake(bar, self.orders.open)
        transit = self.transit
        if transit and bar >= transit.last and not transit.late:
            transit.forget()
        elif transit:
            awake = reached(self.transit, awake, bar, self.triggers, self._sleeps)
        for queue in [queue[:] for queue in awake]:
            bars: Any = queue[0].instrument
            volume = bars.tradable[bar]
            if volume <= 0:
                yield from end_untried(self.sessions, queue, moment)
                continue
            order = queue[0]  # a market order alone, as nearly all are
            if len(queue) == 1 and order.is_market and not begun:
                if order.status is OPEN:
                    execution = self._future if bars.is_future else self._equity
                    if own:
                        execution = own.get(bars.asset.sid, execution)
                    offered = bars.column(field)[bar] * bars.mark_to_fill_scale
                    report = execution.of(order, offered, volume, 0, None, moment, account, False)
                    if report is not None:
                        yield report
            elif bars.slot not in begun:
                yield from self._read(queue, bars, moment, volume)
            elif self.triggers.by_range:
                closes = self.triggers.field == "close"
                left = [
                    order
                    for order in queue
                    if order.number not in self._tried_at_open and (closes or not order.is_market)
                ]
                yield from self._read(left, bars, moment, volume, begun[bars.slot])
        self._looked = self.orders.count
        if self.transit:
            forget(self.transit, bar)

    def _work_open(self, slot: int, moment: Moment, price: int, volume: int) -> Iterator[Report]:
        """Tries the open orders of an asset on a bar's open."""
        queue = self.orders.open.get(slot, [])
        if self.triggers.by_range and self.triggers.field == "close":
            queue = [order for order in queue if not order.is_market]
        for there in arrived(self.transit, [queue], moment.bar) if volume > 0 else ():
            opening = Opening(there[0].instrument, moment.bar, price)
            yield from self._work_asset(there, opening, moment, volume)

    def _work_asset(  # noqa: C901, PLR0912 - one pass over a queue
        self, queue: list[WorkingOrder], bars: Bars, moment: Moment, volume: int, used: int = 0, filled: int = 0
    ) -> Generator[Report, None, tuple[int, int]]:
        """Tries the orders of one asset: its trigger, then its execution. Returns used and filled as of the end.

        queue: a copy, as models may add to it. used: units of the volume that were filled; filled: bought less sold.
        """
        offered = bars.column(self.triggers.field)[moment.bar] * bars.mark_to_fill_scale
        execution = self._models_of(queue, bars)
        exhausted, links, opening = False, self.orders.links, isinstance(bars, Opening)
        entered: list[tuple[WorkingOrder, int]] = []
        if links is not None and len(queue) > 1 and not isinstance(bars, Leg):
            queue = worst_first(links, self.triggers, queue, bars, moment.bar, offered)
        for order in queue:
            if links is not None and self._asked:
                yield from self._answers()
            if order.status is not OPEN:  # a model may have cancelled it
                continue
            price, cap, maker = offered, None, False  # a market order is ready by construction
            if not order.is_market:
                if exhausted and self.triggers_need_volume:
                    continue
                ready = yield from self._let_through(order, bars, moment, offered, filled)
                if ready is None:
                    continue
                price, cap, maker = ready
            if exhausted:
                if order.cause != Cause.VOLUME_USED_UP:
                    yield Report(order.number, NOT_FILLED, moment.stamp, cause=Cause.VOLUME_USED_UP)
            else:
                most = None if order.more is None else self._most(order, bars.slot, filled)
                apart, account = opening or price != offered, self.orders.account
                report = execution.of(order, price, volume, used, cap, moment, account, maker, most, apart=apart)
                if report is None:
                    continue
                yield report
                if report.kind is not CANCELLED:
                    used, filled = used + abs(report.quantity), filled + report.quantity
                    if links is not None and order.number not in self.transit:
                        entered.append((order, price))
                exhausted = report.cause is Cause.VOLUME_USED_UP
            if order.more is not None:
                yield from rest(order, moment)
        if links is not None:
            yield from self._answers()
            used, filled = yield from self._exit_at_once(links, entered, bars, moment, volume, (used, filled))
        return used, filled

    def _models_of(self, queue: list[WorkingOrder], bars: Bars) -> Execution:
        """The models that execute the orders of an asset."""
        execution = self._future if bars.is_future else self._equity
        return self._own.get(queue[0].instrument.asset.sid, execution) if self._own and queue else execution

    def _most(self, order: WorkingOrder, slot: int, filled: int) -> int | None:
        """The units that an order may fill at most; None for all of it."""
        reduces = order.more is not None and order.more.reduce_only
        return room_to_reduce(order, self.held(slot) + filled) if reduces else None

    def _let_through(
        self, order: WorkingOrder, bars: Bars, moment: Moment, offered: int, filled: int
    ) -> Generator[Report, None, tuple[int, int | None, bool] | None]:
        """Reports what a bar triggers of an order. Returns the price at which it is ready, None where it waits.

        With it the limit that the price is held at, and whether the order gave liquidity. filled: units of the asset
        that were filled on this bar.
        """
        triggers, bar = self.triggers, moment.bar
        more = order.more
        if order.number in self.transit:
            bars = close_of(bars, bar)
        if more is not None and more.at is not None:
            auction = auction_bar(self.sessions, more.at, moment)
            if auction != bar:
                self._sleep_until(auction, order, bars, bar)
                return None
            offered = bars.column(more.at.value)[bar] * bars.mark_to_fill_scale
        if more is not None and more.reduce_only and not room_to_reduce(order, self.held(bars.slot) + filled):
            yield over(order, moment, Cause.NOTHING_TO_REDUCE, Cause.NOTHING_TO_REDUCE.sentence)
            return None
        opening, at_once = isinstance(bars, Opening), more is not None and more.at_once
        if not opening and not at_once and order.number > self._looked and self._sleeps(order, bars, bar):
            return None
        trigger = triggers.of(order, bars, bar, offered)
        maker = not at_once and self._rested(order, bars, moment, trigger)
        if trigger.stop or trigger.limit or trigger.terms is not None:
            yield from first_reports(order, trigger, moment.stamp, self.stops_date_orders)
        if trigger.price is None and at_once:
            yield from rest(order, moment)
            return None
        if trigger.price is None:
            if not opening:
                self._sleeps(order, bars, bar)
            return None
        if opening and not isinstance(bars, Leg):
            self._tried_at_open.add(order.number)
        return trigger.price, order.limit if self.limits_hold else None, maker

    def ready(self, awake: list[list[WorkingOrder]], moment: Moment) -> list[list[ReadyOrder]] | None:
        """The orders that a bar lets through of those that it wakes, by asset, for the native kernel.

        Of each order: the price at which it can fill, the price that it is held at, and the reports that come first; a
        price of None where those are all. None where there is an asset that it has no models for, or an order that
        depends on more than the bar.
        """
        moved: Moved = []
        bar, found = moment.bar, []
        for queue in awake:
            bars: Any = queue[0].instrument
            if bars.is_future:
                return None
            if bars.tradable[bar] > 0:
                ready = self._ready(queue, bars, moment, moved)
                if ready is None:
                    return None
                if ready:
                    found.append(ready)
            elif any(order.more is not None and order.more.at_once for order in queue):
                return None
        # once it is certain that the bar is worked here
        for order, terms in moved:
            order.terms = terms
            self._sleeps(order, order.instrument, bar)
        self._looked = self.orders.count
        return found

    def _ready(self, queue: list[WorkingOrder], bars: Bars, moment: Moment, moved: Moved) -> list[ReadyOrder] | None:
        triggers, bar, looked = self.triggers, moment.bar, self._looked
        offered = bars.column(triggers.field)[bar] * bars.mark_to_fill_scale
        found: list[ReadyOrder] = []
        for order in queue:
            if order.is_market:
                found.append((order, offered, None, ()))
                continue
            more = order.more
            if more is not None:
                if more.needs_broker:
                    return None
                after = triggers.followed(order, more, bars, bar, offered)
                if after is not None:
                    moved.append((order, after))
                    continue
            # of a new one its bounds say as much as the trigger, and let it sleep
            if order.number > looked and self._sleeps(order, bars, bar):
                continue
            trigger = triggers.of(order, bars, bar, offered)
            price, _, stop, limit, terms = trigger
            if stop or limit or terms is not None:
                first = first_reports(order, trigger, moment.stamp, self.stops_date_orders)
                held = order.limit if terms is None else terms.limit
                found.append((order, price, held if self.limits_hold else None, first))
            elif price is None:
                self._sleeps(order, bars, bar)
            else:
                found.append((order, price, order.limit if self.limits_hold else None, ()))
        return found
