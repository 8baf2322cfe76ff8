"""The part of the simulated broker that goes with orders along the path of a bar."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING

from rustybt._kernels import WorkingOrder
from rustybt.core import Moment, OrderEventKind, OrderStatus, Report, tick_at, trailed
from rustybt.execution.simulated._bars import Bars, Opening, Orders
from rustybt.execution.simulated._legs import Leg, four_of, legs_of
from rustybt.execution.simulated._linked import exits_of
from rustybt.execution.simulated._possible import at_named_price
from rustybt.execution.simulated._transit import Transit
from rustybt.execution.simulated._triggers import Trigger, Triggers

if TYPE_CHECKING:
    from rustybt.execution.simulated._bars import Links
    from rustybt.execution.simulated._readings import Course, Reading

OPEN = OrderStatus.OPEN
type Done = Generator[Report, None, tuple[int, int]]
"""Reports; and in the end the units of the volume that were taken, and those that were bought."""


class Walking:
    """What `SimulatedBroker` does on a bar that does not say in which order its prices came.

    reading: says which orders meet it on a path; None where stops and limits are not tested within the bar.
    """

    __slots__ = ("_reached", "reading")
    reading: Reading | None
    if TYPE_CHECKING:
        orders: Orders
        triggers: Triggers
        stamps: Sequence[int]
        transit: Transit
        _work_asset: Callable[..., Done]
        _sleeps: Callable[..., bool]
        _reached: set[int]

    def _read(
        self, queue: list[WorkingOrder], bars: Bars, moment: Moment, volume: int, used: int = 0, filled: int = 0
    ) -> Done:
        """Tries the orders of one asset on a bar, those of which it does not say enough on a path of it.

        Those that are on their way meet its close only, after all others.
        """
        reading, links = self.reading, self.orders.links
        late = [order for order in queue if order.number in self.transit] if self.transit else []
        there = [order for order in queue if order.number not in self.transit] if late else queue
        parts = None if reading is None else reading.parts(links, there, bars, moment)
        if parts is None:
            return (yield from self._work_asset(queue, bars, moment, volume, used, filled))
        done = used, filled
        if late:
            parts.append((late, None))
        for orders, course in parts:
            if course is None:
                done = yield from self._work_asset(orders, bars, moment, volume, *done)
            else:
                done = yield from self._walk(orders, course, bars, moment, volume, done)
        return done

    def _walk(
        self,
        orders: list[WorkingOrder],
        course: Course,
        bars: Bars,
        moment: Moment,
        volume: int,
        done: tuple[int, int],
    ) -> Done:
        """Tries orders along paths: what the open fills, then part by part what is reached, then what the close fills.

        An order is tried once.
        """
        bar, four = moment.bar, four_of(bars, moment.bar)
        first, last = ([one for one in orders if at_named_price(one, self.triggers, at)] for at in ("open", "close"))
        tried = {order.number for order in (*first, *last)}
        if first:
            done = yield from self._work_asset(first, Leg(bars, bar, four.open, four.open), moment, volume, *done)
        seen: dict[int, tuple[int, int]] = {}
        for leg in (leg for path in course(tried) for leg in legs_of(bars, bar, path)):
            reached, waiting = self._on(leg, orders, tried, bar, four.close)
            tried |= {order.number for order in reached}
            if reached or waiting:
                done = yield from self._work_asset([*reached, *waiting], leg, moment, volume, *done)
            for one in self._exits(orders, self.orders.links, bars.slot):
                end = leg.column("close")[bar]
                low, high = seen.get(one.number, (end, end))
                seen[one.number] = min(low, end), max(high, end)
        yield from self._after(orders, tried, seen, bars, moment)
        if last:
            done = yield from self._work_asset(last, bars, moment, volume, *done)
        return done

    def _on(
        self, leg: Leg, orders: list[WorkingOrder], tried: set[int], bar: int, close: int
    ) -> tuple[list[WorkingOrder], list[WorkingOrder]]:
        """Of orders and their exits those that a part reaches, as it comes by them, and those that wait.

        Of several at one price an entry comes first, then what is worth least at the close of the bar.
        """
        start, links = leg.column("open")[bar], self.orders.links
        found: list[tuple[int, bool, int, int, WorkingOrder]] = []
        waiting: list[WorkingOrder] = []
        for order in (*orders, *self._exits(orders, links, leg.slot)):
            if order.status is not OPEN or order.number in tried:
                continue
            price = start if order.is_market else self.triggers.of(order, leg, bar, start).price
            if price is None:
                waiting.append(order)
            else:
                is_exit = links is None or links.protects(order.number) is None
                worth = (order.amount - order.filled) * (close - price)
                found.append((abs(price - start), is_exit, worth, len(found), order))
        return [one[-1] for one in sorted(found)], waiting

    def _exits(self, orders: list[WorkingOrder], links: Links | None, slot: int) -> list[WorkingOrder]:
        """The exits that went to work on this bar, as their entry filled."""
        if links is None:
            return []
        queue, known = self.orders.open.get(slot, ()), {order.number for order in orders}
        return [one for entry in orders for one in exits_of(links, entry, queue) if one.number not in known]

    def _rested(self, order: WorkingOrder, bars: Bars, moment: Moment, trigger: Trigger) -> bool:
        """Whether an order that a bar lets through gives liquidity; one that is triggered on this bar takes it."""
        if trigger.stop:
            self._reached.add(order.number)
        if order.limit is None or trigger.price is None or order.number in self._reached:
            return False
        since = self.orders.moved.get(order.number, order.created)
        before = self.stamps[moment.bar - 1] if self.stamps else None
        return self.triggers.rested(order, since, bars, moment, before, self.orders.restated.get(bars.slot))

    def _after(
        self,
        orders: list[WorkingOrder],
        tried: set[int],
        seen: dict[int, tuple[int, int]],
        bars: Bars,
        moment: Moment,
    ) -> Iterator[Report]:
        """Once a bar was gone through: stops move that follow by whole bars, and what waits goes to sleep.

        seen: how low and how high prices went after exits went to work on this bar.
        """
        four = four_of(bars, moment.bar)
        for order in (*orders, *self._exits(orders, self.orders.links, bars.slot)):
            if order.status is not OPEN or order.number in tried:
                continue
            terms = order.more
            if terms is not None and terms.trail is not None and terms.trail.by_bar and terms.stop is not None:
                buys, tick = order.amount > order.filled, tick_at(order.instrument.tick, order.instrument.fill_scale)
                low, high = seen.get(order.number, (four.low, four.high))
                new = trailed(terms, buys, low if buys else high, tick)
                if new != terms:
                    left = order.amount - order.filled
                    yield Report(order.number, OrderEventKind.TRAILED, moment.stamp, left, terms=new)
            if not isinstance(bars, Opening):
                self._sleeps(order, bars, moment.bar)

    def _exit_at_once(
        self,
        links: Links,
        entered: list[tuple[WorkingOrder, int]],
        bars: Bars,
        moment: Moment,
        volume: int,
        done: tuple[int, int],
    ) -> Done:
        """Tries the exits of orders that a part of a bar filled, at these prices, on what is left of the part.

        A bar that is not walked has nothing left for them: it filled an entry at its close, or its one price.
        """
        if not isinstance(bars, Leg):
            return done
        for entry, price in entered:
            exits = exits_of(links, entry, self.orders.open.get(bars.slot, ()))
            if exits:
                left = bars.after(moment.bar, price)
                reached, waiting = self._on(left, exits, set(), moment.bar, four_of(bars, moment.bar).close)
                done = yield from self._work_asset([*reached, *waiting], left, moment, volume, *done)
        return done
