"""Execution styles: what the arguments of an order mean together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rustybt.core import OrderTerms, TimeInForce
from rustybt.errors import BadOrderParameters, UnsupportedOrderParameters
from rustybt.orders import ExecutionStyle, LimitOrder, MarketOrder, StopLimitOrder, StopOrder, terms_of


def test_no_price_is_a_market_order() -> None:
    assert terms_of(None, None, None, True) == terms_of(None, None, MarketOrder(), True) == OrderTerms()


@pytest.mark.parametrize("limit", [12.5, "12.50", Decimal("12.5")])
def test_a_limit_price_is_a_limit_order(limit: Any) -> None:
    expected = OrderTerms(limit=Decimal("12.5"))
    assert terms_of(limit, None, None, True) == terms_of(None, None, LimitOrder(limit), True) == expected


def test_a_limit_of_zero_is_a_limit() -> None:
    assert terms_of(0, None, None, True)[:2] == (0, None)
    assert terms_of(None, 0, None, True)[:2] == (None, 0)


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
        terms_of(10, None, LimitOrder(10), True)
    with pytest.raises(UnsupportedOrderParameters, match="Both stop_price=0"):
        terms_of(None, 0, LimitOrder(10), True)
    with pytest.raises(BadOrderParameters, match="LimitOrder"):
        terms_of(None, None, "limit", True)


def test_a_stop_price_is_a_stop_order_and_with_a_limit_a_stop_limit_order() -> None:
    stop, both = StopOrder("9.5"), StopLimitOrder(9, 10)
    assert terms_of(None, "9.5", None, False) == stop.terms(False) == OrderTerms(stop=Decimal("9.5"))
    assert terms_of(9, 10, None, False) == both.terms(False) == OrderTerms(Decimal(9), Decimal(10))
    assert repr(both) == "StopLimitOrder(limit_price=9, stop_price=10)"


def test_an_exchange_and_an_asset_are_kept() -> None:
    for style in (LimitOrder(1, "A", "NYSE"), StopOrder(1, "A", "NYSE"), StopLimitOrder(1, 2, "A", "NYSE")):
        assert (style.asset, style.exchange) == ("A", "NYSE")
    assert MarketOrder("NYSE").exchange == "NYSE"


def test_a_style_of_ones_own_says_its_prices_by_side() -> None:
    class Collar(ExecutionStyle):
        def get_limit_price(self, is_buy: bool) -> float:
            return 11.5 if is_buy else 8.5

    assert Collar().terms(True) == OrderTerms(limit=Decimal("11.5"))
    assert Collar().terms(False) == OrderTerms(limit=Decimal("8.5"))


def test_a_style_of_ones_own_says_terms_of_any_kind() -> None:
    class ForTheDay(LimitOrder):
        def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
            return super().terms(is_buy)._replace(time_in_force=TimeInForce.DAY)

    assert terms_of(None, None, ForTheDay(5), True) == OrderTerms(Decimal(5), time_in_force=TimeInForce.DAY)
