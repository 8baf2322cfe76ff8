"""Brokers that the shipped contract holds: the simulated one, and one that takes its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from rustybt._kernels import PYTHON
from rustybt.api import commission, slippage
from rustybt.core import Cause, Moment, OrderEventKind, OrderStatus, OrderTerms, Report
from rustybt.errors import IllegalTransition
from rustybt.execution import Broker, SimulatedBroker, WorkingOrder
from rustybt.orders import OrderBook
from rustybt.testing import BrokerContract


class Bars:
    """An asset in whole units, one price a bar, that trades as a test goes on."""

    slot = fill_scale = quantity_scale = 0
    mark_to_fill_scale = step = 1
    is_future = False

    def __init__(self) -> None:
        self.asset = SimpleNamespace(symbol="A")
        self.prices: list[int] = []
        self.tradable: list[int] = []

    def column(self, _: str) -> list[int]:
        return self.prices


class Market(BrokerContract):
    """One asset, a bar a trade."""

    def instrument(self) -> Any:
        return self.bars

    def trade(self, price: int, volume: int) -> Moment:
        self.bars.prices.append(price)
        self.bars.tradable.append(volume)
        bar = len(self.bars.prices) - 1
        return Moment(60 * (bar + 1), 0, bar)


class TestSimulatedBroker(Market):
    def open(self, book: OrderBook) -> Broker:
        self.bars = Bars()
        model, free = slippage.FixedBasisPointsSlippage(0, "0.5"), commission.NoCommission()
        return SimulatedBroker(book, {"equity": model, "future": model}, {"equity": free, "future": free})


class SlowBroker:
    """A venue at a distance: what is asked of it arrives with the next moment, and it rejects large orders."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.working: dict[int, Any] = {}
        self.asked: list[Any] = []
        self.news: list[Report] = []
        self.seen = -1

    def submit(self, order: WorkingOrder) -> None:
        self.asked.append(("submit", order, None))

    def replace(
        self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None
    ) -> None:
        self.asked.append(("replace", order, terms))

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None = None) -> None:
        self.asked.append(("cancel", order, cause))

    def reports(self, moment: Moment) -> Iterable[Report]:
        if moment.bar > self.seen:
            self.seen = moment.bar
            self._match(moment)
            asked, self.asked = self.asked, []
            for what, order, more in asked:
                self._arrive(what, order, more, moment.stamp)
        news, self.news = self.news, []
        return iter(news)

    def snapshot(self) -> Any:
        asked = [(what, order.number, more) for what, order, more in self.asked]
        return self.working, asked, self.news, self.seen

    def restore(self, state: Any, order: Callable[[int], WorkingOrder]) -> None:
        self.working, asked, self.news, self.seen = state
        self.asked = [(what, order(number), more) for what, number, more in asked]

    def _arrive(self, what: str, order: WorkingOrder, more: Any, stamp: int) -> None:
        number, left = order.number, order.amount - order.filled
        if what == "submit":
            kind = OrderEventKind.REJECTED if abs(left) > 10**6 else OrderEventKind.ACCEPTED
            if kind is OrderEventKind.ACCEPTED:
                self.working[number] = [left, order.limit]
            cause = Cause.CONTROL if kind is OrderEventKind.REJECTED else None
            self.news.append(Report(number, kind, stamp, left, cause=cause, told=None, terms=order.terms))
        elif number in self.working and what == "replace":
            self.working[number][1] = more and more.limit
            kind, left = OrderEventKind.REPLACED, self.working[number][0]
            self.news.append(Report(number, kind, stamp, left, terms=more))
        elif number in self.working:
            left, _ = self.working.pop(number)
            self.news.append(Report(number, OrderEventKind.CANCELLED, stamp, left, cause=more))

    def _match(self, moment: Moment) -> None:
        price, volume = self.bars.prices[moment.bar], self.bars.tradable[moment.bar]
        for number, (left, limit) in list(self.working.items()):
            size = min(abs(left), volume)
            if size and (limit is None or (price <= limit if left > 0 else price >= limit)):
                self.fill(number, size if left > 0 else -size, price, moment.stamp)

    def fill(self, number: int, quantity: int, price: int, stamp: int) -> None:
        left, limit = self.working.pop(number)
        kind = OrderEventKind.FILLED if quantity == left else OrderEventKind.PARTIALLY_FILLED
        if quantity != left:
            self.working[number] = [left - quantity, limit]
        self.news.append(Report(number, kind, stamp, quantity, price))


class TestSlowBroker(Market):
    refused = 10**9
    late = True

    bars: Bars | None = None

    def open(self, book: OrderBook) -> Broker:
        self.bars = self.bars or Bars()
        self.venue = SlowBroker(self.bars)
        return self.venue

    def fill_late(self, order: WorkingOrder, price: int) -> None:
        self.venue.fill(order.number, order.amount, price, self.now.stamp)


class Doubling(SimulatedBroker):
    """A broker that reports each fill twice."""

    def reports(self, moment: Moment) -> Iterable[Report]:
        for report in super().reports(moment):
            yield report
            if report.kind is OrderEventKind.FILLED:
                yield report


def test_a_fill_that_is_reported_twice_is_an_error() -> None:
    contract: Any = TestSimulatedBroker()
    contract.bars = Bars()
    book = OrderBook(kernel=PYTHON)
    model, free = slippage.NoSlippage(), commission.NoCommission()
    broker = Doubling(book, {"equity": model, "future": model}, {"equity": free, "future": free})
    order = book.accept(contract.bars, 5, None, 0)
    moment = contract.trade(100, 10)
    told = iter(broker.reports(moment))
    book.apply(next(told))
    assert order.status is OrderStatus.FILLED
    with pytest.raises(IllegalTransition, match="Order 1 is filled"):
        book.apply(next(told))
