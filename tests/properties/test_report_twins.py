"""Reports change an order, its events and its queue alike on both kernels, whichever of them Rust applies."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt._kernels import kernel_named
from rustybt.core import Cause, Fee, FeeKind, OrderEventKind, OrderTerms, Report
from rustybt.errors import RustyBTError
from rustybt.orders import OrderBook
from tests._examples import examples
from tests._kernels import calls, needs_native

pytestmark = needs_native
FIELDS = (
    "number", "amount", "filled", "limit", "limit_reached", "stop", "stop_reached", "is_market", "commission",
    "units_charged", "created", "changed", "status", "reason", "cause", "terms",
)  # fmt: skip
PRICE = st.none() | st.integers(1, 50) | st.just(2**130)
TERMS = st.none() | st.builds(OrderTerms, PRICE, PRICE)
UNITS = st.integers(-4, 4).filter(bool) | st.sampled_from([2**70, -(2**130)])
PLACED = st.lists(st.tuples(st.integers(0, 1), UNITS, TERMS), min_size=1, max_size=4)
REPORTS = st.lists(
    st.builds(
        Report,
        st.integers(1, 4),
        st.sampled_from(list(OrderEventKind)),
        st.integers(0, 99),
        st.integers(-4, 4) | UNITS,
        PRICE,
        PRICE,
        st.lists(
            st.builds(Fee, st.sampled_from(list(FeeKind)), st.integers(-9, 9) | st.just(2**80)), max_size=2
        ).map(tuple),
        st.none() | st.sampled_from(list(Cause)),
        st.none() | st.sampled_from([(1, 2), (3, 1)]),
        st.none() | st.just("told"),
        st.booleans(),
        st.booleans(),
        TERMS,
    ),
    max_size=12,
)  # fmt: skip
TABLE = (OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED, OrderEventKind.NOT_FILLED, OrderEventKind.CANCELLED)


def book_of(kernel: str, placed: Any) -> OrderBook:
    book = OrderBook(kernel=kernel_named(kernel))
    for slot, amount, terms in placed:
        book.accept(SimpleNamespace(slot=slot, step=1), amount, terms, 0)
    return book


def after(kernel: str, placed: Any, reports: Any) -> list[Any]:
    """What each report raised, and what it left of the orders, the events and the queues."""
    book, seen = book_of(kernel, placed), []
    for report in reports:
        if report.order > len(placed):
            continue
        try:
            seen.append(list(book.apply(report)))
        except RustyBTError as refusal:
            seen.append((type(refusal), str(refusal)))
        seen.append([[getattr(order, name) for name in FIELDS] for order in book.orders])
        seen.append(list(book.rows))
        seen.append({slot: [order.number for order in queue] for slot, queue in book.open.items()})
    return seen


@settings(max_examples=examples(300))
@given(PLACED, REPORTS)
def test_a_report_changes_the_same_on_both_kernels(placed: Any, reports: Any) -> None:
    assert after("rust", placed, reports) == after("python", placed, reports)


@settings(max_examples=examples(100))
@given(st.lists(st.tuples(UNITS, st.sampled_from(TABLE), st.integers(0, 9)), min_size=1, max_size=6))
def test_what_can_happen_to_an_open_order_happens_alike(steps: Any) -> None:
    """As above, with fills that fit their orders."""
    placed = [(0, 4 * amount, None) for amount, *_ in steps]
    reports = []
    for number, (amount, kind, fee) in enumerate(steps, 1):
        part = Report(number, OrderEventKind.PARTIALLY_FILLED, 5, amount, 7, fees=(Fee(FeeKind.COMMISSION, fee),))
        left = 4 * amount if kind is OrderEventKind.FILLED else amount
        last = Report(number, kind, 6, left - amount * (kind is OrderEventKind.FILLED), 8, cause=Cause.STRATEGY)
        reports += [part, last, part]
    assert after("rust", placed, reports) == after("python", placed, reports)


def test_the_kernel_applies_them() -> None:
    book = book_of("rust", [(0, 5, None), (0, 5, OrderTerms(9))])
    with calls() as asked:
        book.apply(Report(1, OrderEventKind.FILLED, 1, 5, 7))
        book.apply(Report(2, OrderEventKind.TRIGGERED, 1, 5, 9, cause=Cause.LIMIT_REACHED))
        book.apply(Report(2, OrderEventKind.CANCELLED, 1, 5, cause=Cause.STRATEGY, told="cancelled"))
    assert asked["Applier.apply"] == 3
    assert asked["rustybt.orders._lifecycle"] == 0
    assert not book.queues
    assert [row[2] for row in book.rows] == ["accepted", "accepted", "filled", "triggered", "cancelled"]
