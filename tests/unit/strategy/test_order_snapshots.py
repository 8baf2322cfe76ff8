"""A snapshot of an order says what was so when it was asked for, whenever it is read."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from rustybt.api import commission
from rustybt.core import Order, OrderStatus
from rustybt.strategy._order_views import FIELDS
from tests._kernels import KERNELS
from tests.unit._small import ingest, run

D = Decimal


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": [("8", "8", "8", "8", 400), ("8", "8", "8", "8", 400), ("7", "7", "7", "7", 400), *["9"] * 3]})


def snapshots(read_at_once: bool, kernel: str) -> list[dict[str, Any]]:
    """Snapshots of one order after each bar, in full, taken there and read there or after the run."""
    kept: list[Order] = []

    def initialize(context: Any) -> None:
        context.set_commission(commission.PerTrade("1.5"))

    def on_bar(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.placed = context.order(context.symbol("A"), 10, limit_price="7.5")
        if context.bar == 3:
            context.cancel_order(context.order(context.symbol("A"), 5, limit_price=2))
        kept.append(context.get_order(context.placed))
        if read_at_once:
            dataclasses.asdict(kept[-1])

    run(dict.fromkeys(range(4), on_bar), initialize=initialize, kernel=kernel)
    return [{field.name: getattr(one, field.name) for field in dataclasses.fields(one)} for one in kept]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_snapshot_that_is_read_late_says_what_one_said_that_was_read_at_once(kernel: str) -> None:
    late = snapshots(False, kernel)
    assert late == snapshots(True, kernel)
    open_, filled = OrderStatus.OPEN, OrderStatus.FILLED
    assert [(one["status"], one["filled"], one["commission"], one["cause"]) for one in late] == [
        (open_, D(0), D(0), "placed"),
        (open_, D(0), D(0), "limit_not_reached"),
        (filled, D(10), D("1.5"), None),
        (filled, D(10), D("1.5"), None),
    ]
    assert [one["reason"] for one in late][1:] == ["the limit was not reached", None, None]
    assert [one["dt"].day for one in late] == [2, 2, 4, 4]  # at the midnights that end the days
    assert {(one["limit"], one["limit_reached"]) for one in late[:2]} == {(D("7.5"), False)}


@pytest.mark.parametrize("use", [copy.copy, copy.deepcopy, lambda order: pickle.loads(pickle.dumps(order))])
def test_a_snapshot_is_a_frozen_value(use: Callable[[Order], Order]) -> None:
    kept: list[Order] = []

    def on_bar(context: Any, data: Any) -> None:
        kept.append(context.get_order(context.order(context.symbol("A"), 10)))

    run({0: on_bar, 1: on_bar})
    first, second = kept
    again = use(first)
    assert again == first != second
    assert hash(again) == hash(first)
    assert repr(again) == repr(first)
    assert "limit=None" in repr(first)
    assert dataclasses.replace(second, id="x").id == "x"
    assert (first.open, first.direction, first.sid) == (True, 1, first.asset)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.limit = 3  # type: ignore[misc]
    with pytest.raises(AttributeError, match="'Order' object has no attribute 'price'"):
        first.price  # type: ignore[attr-defined]  # noqa: B018


def test_each_field_can_be_reckoned() -> None:
    assert list(FIELDS) == [field.name for field in dataclasses.fields(Order)]
