"""Execution styles: what the arguments of an order mean together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rustybt.errors import BadOrderParameters, NotYetAvailable
from rustybt.orders import LimitOrder, MarketOrder, style_of


def test_no_price_is_a_market_order() -> None:
    assert style_of(None, None, None) is None
    style = MarketOrder()
    assert style_of(None, None, style) is style
    assert style.limit_price is None


@pytest.mark.parametrize("limit", [12.5, "12.50", Decimal("12.5")])
def test_a_limit_price_is_a_limit_order(limit: Any) -> None:
    style = style_of(limit, None, None)
    assert style is not None
    assert style.limit_price == Decimal("12.5")
    given = LimitOrder(limit)
    assert style_of(None, None, given) is given


def test_a_limit_of_zero_is_a_limit() -> None:
    style = style_of(0, None, None)
    assert style is not None
    assert style.limit_price == 0


@pytest.mark.parametrize("limit", [-1, "-0.01", float("nan"), float("inf"), "ten", True, []])
def test_a_limit_that_means_nothing_is_refused(limit: Any) -> None:
    with pytest.raises(BadOrderParameters, match="limit_price"):
        LimitOrder(limit)


def test_two_ways_of_saying_it_are_refused() -> None:
    with pytest.raises(BadOrderParameters, match="Both"):
        style_of(10, None, LimitOrder(10))
    with pytest.raises(BadOrderParameters, match="LimitOrder"):
        style_of(None, None, "limit")


def test_what_comes_later_says_so() -> None:
    with pytest.raises(NotYetAvailable, match="stop"):
        style_of(None, 10, None)
    for make in (lambda: MarketOrder(exchange="NYSE"), lambda: LimitOrder(1, exchange="NYSE")):
        with pytest.raises(NotYetAvailable, match="exchange"):
            make()
