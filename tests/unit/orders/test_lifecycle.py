"""The life of an order: the table, and that nothing but a legal report changes an order."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt._kernels import PYTHON, twins
from rustybt.core import Cause, Fee, OrderEventKind, OrderStatus, OrderTerms, Report
from rustybt.errors import IllegalTransition
from rustybt.orders import TRANSITIONS, OrderBook, advance

ENDS = {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED}
FIELDS = ("amount", "filled", "limit", "stop", "limit_reached", "stop_reached", "commission", "units_charged", "status")
LISTING = SimpleNamespace(slot=0, step=1)


def order_of(module: Any, amount: int = 10, limit: int | None = 500, stop: int | None = None) -> Any:
    return module.WorkingOrder(1, LISTING, amount, OrderTerms(limit, stop), 0)


def state_of(order: Any) -> list[Any]:
    return [getattr(order, name) for name in (*FIELDS, "changed", "cause", "reason")]


def test_what_is_over_is_never_open_again() -> None:
    assert {after for (before, _), after in TRANSITIONS.items() if before in ENDS} <= ENDS
    assert not [pair for pair in TRANSITIONS if pair[0] is OrderStatus.REJECTED]


def test_every_state_that_a_run_reaches_and_every_kind_is_in_the_table() -> None:
    assert {kind for _, kind in TRANSITIONS} == set(OrderEventKind)
    assert ENDS | {OrderStatus.OPEN, OrderStatus.HELD, OrderStatus.PENDING_NEW} == set(TRANSITIONS.values())


@pytest.mark.parametrize("kind", [OrderEventKind.TRIGGERED, OrderEventKind.ADJUSTED, OrderEventKind.CANCELLED])
@pytest.mark.parametrize("end", sorted(ENDS))
def test_an_order_that_is_over_takes_no_such_report_and_stays_as_it_is(end: OrderStatus, kind: OrderEventKind) -> None:
    for module in twins().values():
        order = order_of(module)
        order.status = end
        before = state_of(order)
        with pytest.raises(IllegalTransition, match=f"Order 1 is {end.name.lower()}, and can't be {kind.value}"):
            advance(order, Report(1, kind, 9, 10, cause=Cause.STRATEGY))
        assert state_of(order) == before


def test_a_fill_that_the_venue_made_before_the_cancel_reached_it_counts() -> None:
    for module in twins().values():
        order = order_of(module)
        advance(order, Report(1, OrderEventKind.CANCELLED, 5, 10, cause=Cause.STRATEGY))
        advance(order, Report(1, OrderEventKind.PARTIALLY_FILLED, 6, 4, 500))
        assert (order.status, order.filled, order.cause) == (OrderStatus.CANCELLED, 4, Cause.STRATEGY)
        advance(order, Report(1, OrderEventKind.FILLED, 7, 6, 500))
        assert (order.status, order.filled, order.changed) == (OrderStatus.FILLED, 10, 7)


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [(OrderEventKind.FILLED, 9), (OrderEventKind.PARTIALLY_FILLED, 10), (OrderEventKind.FILLED, 11)],
)
def test_a_fill_that_was_lost_or_doubled_is_noticed(kind: OrderEventKind, quantity: int) -> None:
    for module in twins().values():
        order = order_of(module)
        before = state_of(order)
        with pytest.raises(IllegalTransition, match="lost or doubled a fill"):
            advance(order, Report(1, kind, 9, quantity, 500))
        assert state_of(order) == before


PRICE = st.none() | st.integers(1, 999)
REPORTS = st.lists(
    st.builds(
        Report,
        order=st.just(1),
        kind=st.sampled_from(sorted(OrderEventKind)),
        stamp=st.integers(1, 99),
        quantity=st.integers(1, 10),
        price=st.integers(1, 999),
        fees=st.lists(st.builds(Fee, st.just("commission"), st.integers(-9, 9)), max_size=2).map(tuple),
        cause=st.none() | st.sampled_from(sorted(Cause)),
        ratio=st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)),
        dated=st.booleans(),
        terms=st.none()
        | st.builds(OrderTerms, limit=st.none() | st.integers(1, 999), stop=st.none() | st.integers(1, 999)),
    ),
    max_size=12,
)


@given(REPORTS)
def test_reports_walk_the_table_or_leave_the_order_as_it_is(reports: list[Report]) -> None:
    seen = []
    for module in twins().values():
        order = order_of(module)
        walk = []
        for report in reports:
            before, was = state_of(order), order.status
            try:
                advance(order, report)
            except IllegalTransition:
                assert state_of(order) == before
                continue
            after = TRANSITIONS[was, report.kind]
            assert order.status is after
            walk.append(state_of(order))
        seen.append(walk)
    assert all(walk == seen[0] for walk in seen)


def test_the_book_keeps_a_refused_order_and_its_cause() -> None:
    book = OrderBook(kernel=PYTHON)
    order = book.reject(LISTING, 5, None, 3, Cause.CONTROL, "at most 4")
    assert (order.status, order.cause, order.reason) == (OrderStatus.REJECTED, Cause.CONTROL, "at most 4")
    (event,) = book.events
    assert (event.kind, event.cause, event.reason) == ("rejected", "control", "at most 4")
    assert not book.open


def test_causes_are_numbered_without_gaps_and_each_has_a_sentence() -> None:
    assert [cause.value for cause in Cause] == list(range(len(Cause)))
    assert all(cause.sentence for cause in Cause)


def test_the_guide_lists_every_cause(checkout: Path) -> None:
    page = (checkout / "docs" / "guides" / "life_of_an_order.md").read_text(encoding="utf-8")
    listed = re.findall(
        r"^\| `(\w+)` \|", page.partition("## What happens to an order")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert sorted(listed) == sorted(cause.label for cause in Cause)


@pytest.mark.parametrize("amount", [10, -10])
@pytest.mark.parametrize("quantity", [-4, 0, 10, 20])
def test_a_part_is_less_than_what_is_open_and_on_its_side(amount: int, quantity: int) -> None:
    for module in twins().values():
        order = order_of(module, amount)
        order.status = OrderStatus.OPEN
        before = state_of(order)
        with pytest.raises(IllegalTransition, match="The broker lost or doubled a fill"):
            advance(order, Report(1, OrderEventKind.PARTIALLY_FILLED, 9, quantity * amount // 10, 500))
        assert state_of(order) == before
