"""Execution styles: what the arguments of an order mean together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rustybt.errors import BadOrderParameters, UnsupportedOrderParameters
from rustybt.orders import ExecutionStyle, LimitOrder, MarketOrder, StopLimitOrder, StopOrder, style_of


def test_no_price_is_a_market_order() -> None:
    assert isinstance(style_of(None, None, None), MarketOrder)
    style = MarketOrder()
    assert style_of(None, None, style) is style
    assert style.prices(True) == (None, None)


@pytest.mark.parametrize("limit", [12.5, "12.50", Decimal("12.5")])
def test_a_limit_price_is_a_limit_order(limit: Any) -> None:
    style = style_of(limit, None, None)
    assert isinstance(style, LimitOrder)
    assert style.prices(True) == (Decimal("12.5"), None)
    given = LimitOrder(limit)
    assert style_of(None, None, given) is given


def test_a_limit_of_zero_is_a_limit() -> None:
    assert style_of(0, None, None).prices(True) == (0, None)
    assert style_of(None, 0, None).prices(True) == (None, 0)


@pytest.mark.parametrize("limit", [-1, "-0.01", float("nan"), float("inf"), "ten", True, []])
def test_a_limit_that_means_nothing_is_refused(limit: Any) -> None:
    with pytest.raises(BadOrderParameters, match="limit_price"):
        LimitOrder(limit)
    with pytest.raises(BadOrderParameters, match="stop_price"):
        StopOrder(limit)
    with pytest.raises(BadOrderParameters, match="stop_price"):
        StopLimitOrder(1, limit)
    with pytest.raises(BadOrderParameters, match="limit_price"):
        StopLimitOrder(limit, 1)


def test_two_ways_of_saying_it_are_refused() -> None:
    with pytest.raises(UnsupportedOrderParameters, match="Both limit_price=10"):
        style_of(10, None, LimitOrder(10))
    with pytest.raises(UnsupportedOrderParameters, match="Both stop_price=0"):
        style_of(None, 0, LimitOrder(10))
    with pytest.raises(BadOrderParameters, match="LimitOrder"):
        style_of(None, None, "limit")


def test_a_stop_price_is_a_stop_order_and_with_a_limit_a_stop_limit_order() -> None:
    stop = style_of(None, "9.5", None)
    assert isinstance(stop, StopOrder)
    assert stop.prices(False) == (None, Decimal("9.5"))
    both = style_of(9, 10, None)
    assert isinstance(both, StopLimitOrder)
    assert both.prices(False) == (9, 10)
    assert repr(both) == "StopLimitOrder(limit_price=9, stop_price=10)"


def test_an_exchange_and_an_asset_are_kept() -> None:
    for style in (LimitOrder(1, "A", "NYSE"), StopOrder(1, "A", "NYSE"), StopLimitOrder(1, 2, "A", "NYSE")):
        assert (style.asset, style.exchange) == ("A", "NYSE")
    assert MarketOrder("NYSE").exchange == "NYSE"


def test_a_style_of_ones_own_says_its_prices_by_side() -> None:
    class Collar(ExecutionStyle):
        def get_limit_price(self, is_buy: bool) -> float:
            return 11.5 if is_buy else 8.5

    assert Collar().prices(True) == (Decimal("11.5"), None)
    assert Collar().prices(False) == (Decimal("8.5"), None)
