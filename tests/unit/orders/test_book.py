"""The order book of a plain backtest: orders that are replaced, and orders that answer each other."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from rustybt._kernels import kernel_named
from rustybt.core import Cause, OrderEventKind, OrderStatus, OrderTerms, Report
from rustybt.orders import Cancel, OrderBook, Replace
from tests._kernels import KERNELS
from tests.unit._small import ingest, run

FILL_SCALE = 10
"""Of prices without decimals."""


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("number", [10, 1.0])
def test_a_market_order_that_is_given_a_limit_waits_for_it(kernel: str, number: float) -> None:
    """It was a market order, ready by construction, when it was placed; by units and by weight."""
    ingest({"A": ["8", "8", "8", "7", "9", "9"]})

    def on_bar(context: Any, data: Any) -> None:
        place = context.order if number == 10 else context.order_target_percent
        # the weigher learns of an asset with its first order
        context.cancel_order(place(context.symbol("A"), number))
        order = context._book.find(place(context.symbol("A"), number))
        assert order.is_market
        assert context._book.replace(order, OrderTerms(7 * 10**FILL_SCALE), order.created)

    result = run({0: on_bar}, kernel=kernel, capital=80)
    assert result.transactions["price"].to_list() == [Decimal(7)]
    assert result.transactions["dt"].dt.day().to_list() == [5]
    kinds = result.order_events.filter(result.order_events["order_id"] == "main-2")["kind"].to_list()
    assert kinds == ["accepted", "replaced", "triggered", "filled"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_linked_orders_answer_each_other_in_a_plain_backtest(kernel: str) -> None:
    """Cancels the second as the first is cancelled, and moves the third as the second is."""
    book = OrderBook(kernel=kernel_named(kernel))
    instrument: Any = SimpleNamespace(slot=0, step=1)
    first, second, third = (book.accept(instrument, 5, None, 0) for _ in range(3))
    moved = OrderTerms(stop=4)

    def links(report: Report, order: Any) -> Any:
        if report.kind is not OrderEventKind.CANCELLED:
            return ()
        answers = {1: Cancel(second, report.stamp, Cause.STRATEGY, "linked"), 2: Replace(third, moved, report.stamp)}
        return (answers[order.number],)

    book.links = links
    assert book.cancel(first, 3, Cause.STRATEGY)
    assert (second.status, second.reason, third.terms) == (OrderStatus.CANCELLED, "linked", moved)
    assert [(row[0], row[2]) for row in book.rows][3:] == [(1, "cancelled"), (2, "cancelled"), (3, "replaced")]
    assert book.open == {0: [third]}
