"""Rows, orders and their store: both kernels hold the same after any sequence of calls."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt._kernels import twins
from rustybt.core import OrderStatus, OrderTerms, TimeInForce
from rustybt.results._frames._exact_columns import columns_of

pytestmark = pytest.mark.skipif(
    "rust" not in twins() and os.environ.get("RUSTYBT_NATIVE") != "require",
    reason="there is no native extension to compare with",
)
SHORT = st.none() | st.integers(-(2**63), 2**63 - 1)
WIDE = st.none() | st.integers(-400, 400) | st.integers(-(2**130), 2**130) | st.integers(-(2**127), 2**127 - 1)
TEXT = st.none() | st.sampled_from(["filled", "fee", ""]) | st.text(max_size=5)
ROWS = st.lists(st.tuples(SHORT, WIDE, TEXT, WIDE), max_size=8)


@given(ROWS, st.integers(0, 9))
def test_rows_are_read_as_they_were_added(rows: list[tuple[Any, ...]], first: int) -> None:
    for module in twins().values():
        kept = module.Rows("nwtw")
        for row in rows:
            kept.add(row)
        assert len(kept) == len(rows)
        assert list(kept) == rows
        assert list(kept.since(first)) == rows[first:]
        columns = [c.to_list() if isinstance(c, pl.Series) else list(c) for c in columns_of(kept)]
        assert list(zip(*columns, strict=True)) == rows


PRICE = st.none() | st.integers(1, 10**31)
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(-(10**30), 10**30), PRICE, st.integers(0, 2**62), PRICE, TEXT, st.booleans()
    ),
    max_size=9,
)
NAMES = ("open", "filled", "cancelled", "rejected")
LABELS, SENTENCES = ("placed", "no_trade"), ("just placed", "no trade")
FIELDS = (
    "number", "amount", "filled", "limit", "limit_reached", "stop", "stop_reached", "is_market", "commission",
    "units_charged",
    "created", "changed", "status", "reason", "cause",
)  # fmt: skip


@given(ORDERS, st.integers(0, 3), WIDE.filter(lambda v: v is not None), TEXT)
def test_orders_are_taken_in_and_shown_alike(orders: Any, status: int, filled: int, reason: str | None) -> None:
    seen = []
    for module in twins().values():
        taken, open_now, events = [], {}, module.Rows("nntwwwttt")
        store = module.OrderStore(taken, open_now, events)
        for slot, amount, limit, stamp, stop, why, changes in orders:
            instrument = SimpleNamespace(slot=slot)
            in_force = TimeInForce.DAY if slot else TimeInForce.GTC
            terms = None if limit is stop is None else OrderTerms(limit, stop, time_in_force=in_force)
            order = store.accept(instrument, amount, terms, stamp, why)
            assert order.terms == terms
            assert order.terms is None or type(order.terms) is OrderTerms
            assert order is taken[-1]
            assert order.instrument is instrument
            if changes:
                order.filled = order.units_charged = order.commission = filled
                order.status, order.reason, order.changed = OrderStatus(status), reason, stamp + 1
                order.terms, order.cause = OrderTerms(order.stop, order.limit, tag="t"), 1
                assert order.terms.tag == order.more.tag == "t"
                order.limit_reached = order.stop_reached = True
        state = [[getattr(order, name) for name in FIELDS] for order in taken]
        queues = {slot: [order.number for order in queue] for slot, queue in open_now.items()}
        seen.append((state, queues, list(events), list(store.rows(NAMES, LABELS, SENTENCES, {1: 1}))))
    assert all(one == seen[0] for one in seen)


@pytest.mark.skipif("rust" not in twins(), reason="no native extension in this install")
def test_a_row_that_is_refused_is_not_there_in_part() -> None:
    rows = twins()["rust"].Rows("nw")
    for wrong in ((1, 0.5), (1,), ("a", 1), (2**63, 1)):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            rows.add(wrong)
    rows.add((1, 2))
    assert list(rows) == [(1, 2)]
    assert [len(list(column)) for column in columns_of(rows)] == [1, 1]
