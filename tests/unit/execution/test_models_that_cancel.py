"""Models that cancel and place orders while the broker works them."""

from __future__ import annotations

from typing import Any

import pytest

from rustybt.api import cancel_order, get_open_orders, order, set_slippage, slippage, symbol
from rustybt.errors import LiquidityExceeded
from tests.unit._small import ingest, run


class OneCancelsTheOther(slippage.SlippageModel):
    def process_order(self, data: Any, order: Any) -> Any:
        for other in get_open_orders(order.asset):
            if other.id != order.id:
                cancel_order(other)
        return data.current(order.asset, "close"), order.amount


@pytest.mark.parametrize("stop", [None, 1])
def test_an_order_that_a_model_cancels_on_a_bar_does_not_fill_on_it(stop: Any) -> None:
    ingest({"A": ["8"] * 4})

    def twice(context: Any, data: Any) -> None:
        order(symbol("A"), 1)
        order(symbol("A"), 2, stop_price=stop)

    result = run({0: twice}, initialize=lambda context: set_slippage(OneCancelsTheOther()), days=3)
    assert result.orders.select("filled", "status").rows() == [(1, "filled"), (0, "cancelled")]


class CancelsItself(slippage.SlippageModel):
    def process_order(self, data: Any, order: Any) -> Any:
        cancel_order(order)
        return data.current(order.asset, "close"), order.amount


def test_an_order_that_its_model_cancels_does_not_fill() -> None:
    ingest({"A": ["8"] * 4})
    result = run(
        {0: lambda context, data: order(symbol("A"), 1)},
        initialize=lambda context: set_slippage(CancelsItself()),
        days=3,
    )
    assert result.orders.select("filled", "status").rows() == [(0, "cancelled")]


class OrdersMore(slippage.SlippageModel):
    """Cancels the other orders, places one more, and fills its own."""

    def process_order(self, data: Any, working: Any) -> Any:
        for other in get_open_orders(working.asset):
            if other.id != working.id:
                cancel_order(other)
        if working.amount > 1:
            order(working.asset, 1)
        return data.current(working.asset, "close"), working.amount


def test_an_order_that_a_model_places_waits_for_the_next_bar_and_is_not_lost() -> None:
    ingest({"A": ["8"] * 5})

    def twice(context: Any, data: Any) -> None:
        order(symbol("A"), 2)
        order(symbol("A"), 3)

    result = run({0: twice}, initialize=lambda context: set_slippage(OrdersMore()), days=4)
    assert result.orders.select("amount", "status").rows() == [(2, "filled"), (3, "cancelled"), (1, "filled")]
    days = [stamp.date() for stamp in result.transactions["dt"]]
    assert (days[1] - days[0]).days == 1


class CancelsAndIsExhausted(slippage.SlippageModel):
    """Cancels the other orders, and finds no volume for its own."""

    def process_order(self, data: Any, order: Any) -> Any:
        for other in get_open_orders(order.asset):
            if other.id != order.id:
                cancel_order(other)
        raise LiquidityExceeded("none is left")


def test_an_order_that_a_model_cancels_is_not_triggered_where_no_volume_is_left() -> None:
    ingest({"A": ["8"] * 4})

    def twice(context: Any, data: Any) -> None:
        order(symbol("A"), 1)
        order(symbol("A"), 2, stop_price=1)

    result = run({0: twice}, initialize=lambda context: set_slippage(CancelsAndIsExhausted()), days=3)
    assert result.orders["status"].to_list() == ["open", "cancelled"]
    assert "triggered" not in set(result.order_events["kind"])
