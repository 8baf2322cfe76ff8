"""What a run expects of a broker, as tests."""

from __future__ import annotations

import abc
import pickle
from typing import Any, Final

import pytest

from rustybt._kernels import PYTHON
from rustybt.core import Cause, Moment, OrderEventKind, OrderStatus, OrderTerms, Report
from rustybt.execution import Broker, WorkingOrder
from rustybt.orders import OrderBook

FILLS: Final = (OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED)
ROUNDS: Final = 10
"""After so many trades a broker must have filled what it can."""


class BrokerContract(abc.ABC):
    """Tests that hold a `Broker` to the protocol: a subclass of yours in a test file runs them all.

    The broker trades one asset in a market that the subclass moves; the tests use it as a run does: orders come from an
    order book, and each report is applied there before the next is asked for.

    refused: an amount that the broker rejects; None where it takes them all. late: whether the broker may fill an order
    although it was asked to cancel it; `fill_late` makes it do so.
    """

    refused: int | None = None
    late: bool = False
    amount: int = 10
    price: int = 100
    """About what the asset costs, in units of its fill scale."""

    @abc.abstractmethod
    def open(self, book: OrderBook) -> Broker:
        """A broker that nothing has been asked of, for the orders of a book, in the market that there is.

        Called once a test, and again for a broker that goes on from what another one saved.
        """

    @abc.abstractmethod
    def instrument(self) -> Any:
        """The asset that is traded: its slot, scales and bars, as orders carry them."""

    @abc.abstractmethod
    def trade(self, price: int, volume: int) -> Moment:
        """Lets the market trade once, and returns the moment. Every order that is open, and may, is filled then."""

    def fill_late(self, order: WorkingOrder, price: int) -> None:
        """Fills an order in the market before the cancel that was asked for reaches it."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _opened(self) -> None:
        self.book = OrderBook(kernel=PYTHON)
        self.broker = self.open(self.book)
        self.now = self.trade(self.price, 0)
        self.told: list[Report] = self._take()

    def _take(self) -> list[Report]:
        told = []
        for report in self.broker.reports(self.now):
            self.book.apply(report)
            told.append(report)
        return told

    def _trade(self, price: int, volume: int = 10**6) -> list[Report]:
        self.now = self.trade(price, volume)
        return self._take()

    def _order(self, amount: int | None = None, limit: int | None = None) -> WorkingOrder:
        book, stamp = self.book, self.now.stamp
        order = book.pending(
            self.instrument(), amount or self.amount, None if limit is None else OrderTerms(limit), stamp
        )
        self.broker.submit(order)
        return order

    def _working(self, limit: int | None = None) -> WorkingOrder:
        order = self._order(limit=limit)
        self._take()
        for _ in range(ROUNDS):
            if order.status is OrderStatus.OPEN:
                break
            self._trade(self.price, 0)
        assert order.status is OrderStatus.OPEN, "an order that can be taken is accepted"
        return order

    def _until_filled(self, order: WorkingOrder, price: int, volume: int = 10**6) -> list[Report]:
        fills: list[Report] = []
        for _ in range(ROUNDS):
            fills += [report for report in self._trade(price, volume) if report.kind in FILLS]
            if order.status is OrderStatus.FILLED:
                break
        return fills

    def test_a_new_order_is_accepted_once_and_changed_by_its_report_alone(self) -> None:
        order = self._order()
        assert order.status is OrderStatus.PENDING_NEW
        told = self._take()
        for _ in range(ROUNDS):
            told += self._trade(self.price, 0)
        assert [report.kind for report in told if report.order == order.number] == [OrderEventKind.ACCEPTED]

    def test_a_market_order_fills_for_its_amount_and_no_more(self) -> None:
        for amount in (self.amount, -self.amount):
            order = self._order(amount)
            self._take()
            fills = self._until_filled(order, self.price)
            assert order.status is OrderStatus.FILLED
            assert sum(report.quantity for report in fills) == amount
            assert all(report.price is not None and report.price > 0 for report in fills)
            assert not [report for report in self._trade(self.price) if report.order == order.number]

    def test_what_was_reported_is_not_reported_again(self) -> None:
        order = self._working()
        self._until_filled(order, self.price)
        assert self._take() == []

    def test_a_fill_in_parts_comes_to_the_whole(self) -> None:
        order = self._working()
        fills = self._until_filled(order, self.price, self.amount // 2)
        filled = sum(report.quantity for report in fills)
        assert filled == order.filled
        kinds = [report.kind for report in fills]
        last = OrderEventKind.FILLED if order.filled == order.amount else OrderEventKind.PARTIALLY_FILLED
        assert kinds == [OrderEventKind.PARTIALLY_FILLED] * (len(kinds) - 1) + [last] * bool(kinds)

    def test_a_limit_waits_for_its_price_and_holds(self) -> None:
        limit = self.price // 2
        order = self._working(limit=limit)
        assert not [report for report in self._trade(self.price) if report.kind in FILLS]
        fills = self._until_filled(order, limit)
        assert order.status is OrderStatus.FILLED
        assert all(report.price is not None and report.price <= limit for report in fills)

    def test_a_cancelled_order_says_why_and_fills_no_more(self) -> None:
        order = self._working(limit=self.price // 2)
        self.broker.cancel(order, self.now.stamp, Cause.STRATEGY, "enough")
        assert order.status is OrderStatus.OPEN
        self._settle(order)
        assert (order.status, order.cause) == (OrderStatus.CANCELLED, Cause.STRATEGY)
        assert not [report for report in self._trade(self.price // 2) if report.order == order.number]

    def test_what_is_over_can_be_asked_for_anything_and_nothing_comes_of_it(self) -> None:
        cancelled, filled = self._working(limit=self.price // 4), self._working()
        self._until_filled(filled, self.price)
        for _ in range(2):
            self.broker.cancel(cancelled, self.now.stamp, Cause.STRATEGY)
        self._settle(cancelled)
        before = [(order.status, order.filled, order.cause) for order in (cancelled, filled)]
        for order in (cancelled, filled):
            self.broker.cancel(order, self.now.stamp, Cause.STRATEGY)
            self.broker.replace(order, OrderTerms(limit=self.price), self.now.stamp)
        for _ in range(ROUNDS):
            assert self._trade(self.price) == []
        assert before == [(order.status, order.filled, order.cause) for order in (cancelled, filled)]

    def test_an_order_works_on_the_terms_that_replaced_its_own(self) -> None:
        order = self._working(limit=self.price // 4)
        better = OrderTerms(limit=self.price // 2)
        self.broker.replace(order, better, self.now.stamp)
        self._settle(order)
        assert (order.status, order.terms, order.amount) == (OrderStatus.OPEN, better, self.amount)
        self._until_filled(order, self.price // 2)
        assert order.status is OrderStatus.FILLED

    def test_a_refused_order_is_rejected_and_never_fills(self) -> None:
        if self.refused is None:
            pytest.skip("this broker takes every amount")
        order = self._order(self.refused)
        self._settle(order)
        assert order.status is OrderStatus.REJECTED
        assert not [report for report in self._trade(self.price) if report.order == order.number]

    def test_a_fill_that_a_cancel_came_too_late_for_counts(self) -> None:
        if not self.late:
            pytest.skip("this broker cancels at once")
        order = self._working(limit=self.price // 2)
        self.broker.cancel(order, self.now.stamp, Cause.STRATEGY)
        self.fill_late(order, self.price // 2)
        self._settle(order)
        assert (order.status, order.filled) == (OrderStatus.FILLED, order.amount)

    def test_a_saved_broker_goes_on_where_it_was(self) -> None:
        saved: Any = self.broker
        if not callable(getattr(saved, "snapshot", None)):
            pytest.skip("runs with this broker have no snapshots")
        waiting, asked = self._working(limit=self.price // 2), self._order()
        state = pickle.loads(pickle.dumps(saved.snapshot()))
        going: Any = self.open(self.book)
        going.restore(state, self.book.numbered)
        self.broker = going
        self._until_filled(asked, self.price)
        assert (asked.status, waiting.status) == (OrderStatus.FILLED, OrderStatus.OPEN)
        self._until_filled(waiting, self.price // 2)
        assert waiting.status is OrderStatus.FILLED

    def _settle(self, order: WorkingOrder) -> None:
        """Lets everything arrive that was asked for, without a trade at which an order could fill."""
        self._take()
        for _ in range(ROUNDS):
            self._trade(self.price, 0)
