"""How orders and cancels take time, in fractions, written from decision 35: market orders, limits and stops."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.properties._market import Bar
from tests.properties._oracle import Intent, Oracle, Ordered

MINUTE = 60 * 10**9


class Sent(Oracle):
    """The part of the oracle in which what is sent arrives later. delay: how much, in ns; None where nothing does."""

    delay: int | None
    arrives: dict[int, int]
    """By order, when it arrives."""
    cancels: list[tuple[int, Ordered]]
    """Cancels that are on their way, with their arrival."""

    def _ask(self, intent: Intent) -> None:
        if self.delay is None:
            super()._ask(intent)
            return
        arrival = self.stamps[self.place] + self.delay
        if intent.kind == "cancel":
            self.cancels += [(arrival, one) for one in self._open_orders(intent.asset) if self._is_own(one)]
            return
        before = len(self.out.orders)
        super()._ask(intent)
        self.arrives.update((order.number, arrival) for order in self.out.orders[before:])

    def _open(self, session: int) -> None:
        self._arrive(self.market.sessions[session].open)
        super()._open(session)

    def _work(self, session: int, stamp: int) -> None:
        if self.delay is None:
            super()._work(session, stamp)
            return
        self.begins = self.market.sessions[session].open if self.market.by_session else stamp - MINUTE
        for arrival, order in self.cancels:
            # a cancel comes before the price that the order takes, or too late for it
            takes = self._takes(order)
            at_close = takes == "close" or (takes == "range" and self.arrives.get(order.number, 0) > self.begins)
            if arrival <= self.begins or (arrival < stamp and at_close):
                self._end_sent(order)
        super()._work(session, stamp)
        self._arrive(stamp)

    def _arrive(self, moment: int) -> None:
        for arrival, order in self.cancels:
            if arrival <= moment:
                self._end_sent(order)
        self.cancels = [(arrival, order) for arrival, order in self.cancels if arrival > moment]

    def _end_sent(self, order: Ordered) -> None:
        if order.status == "open":
            self._cancel(order)

    def _takes(self, order: Ordered) -> str:
        """What an order takes of a bar: its open, its close, or its range."""
        waits = order.limit is not None or (order.stop is not None and not order.stopped)
        return "range" if self.plan.by_range and waits else self.plan.fill_at

    def _in_turn(self, queue: list[Ordered], bar: Any) -> list[Ordered]:
        """Without those that have not arrived, as far as what they take of the bar goes."""
        if self.delay is None:
            return super()._in_turn(queue, bar)
        end = self.stamps[self.place]
        there = []
        for order in queue:
            arrival, takes = self.arrives.get(order.number, 0), self._takes(order)
            if arrival <= self.begins or (arrival < end and takes != "open"):
                there.append(order)
        return super()._in_turn(there, bar)

    def _offered(self, order: Ordered, bar: Any) -> Fraction | None:
        if self.delay is not None and self.arrives.get(order.number, 0) > self.begins and self._takes(order) == "range":
            # of the bar in which it arrives the close alone counts
            bar = Bar(bar.close, bar.close, bar.close, bar.close, bar.volume)
        return super()._offered(order, bar)

    begins: int
    """When the bar that is worked began."""
