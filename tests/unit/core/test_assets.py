"""Assets as values: what makes two of them the same, and how they sort."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from rustybt.core import ETF, Asset, CryptoSpot, Equity, Order, OrderStatus


def asset(sid: int, key: str, symbol: str = "A", kind: type[Asset] = Equity) -> Asset:
    day = dt.date(2020, 1, 2)
    return kind(
        sid, key, symbol, symbol, "", "US", "USD", day, day, None, Decimal("0.01"), Decimal(1), Decimal(1), 2, 0
    )


def test_an_asset_is_its_key_and_its_number() -> None:
    assert asset(1, "k") == asset(1, "k", symbol="B")
    assert asset(1, "k") != asset(1, "other")
    assert asset(1, "k") != asset(2, "k")
    assert asset(1, "k") != 1
    assert {asset(1, "k"): "found"}[asset(1, "k", symbol="B")] == "found"


def test_assets_sort_and_count_by_number() -> None:
    assert sorted([asset(3, "a"), asset(1, "c")]) == [asset(1, "c"), asset(3, "a")]
    assert int(asset(3, "a")) == 3
    assert list("abcd")[asset(3, "a")] == "d"


def test_an_asset_shows_its_type_number_and_symbol() -> None:
    assert repr(asset(3, "a", "AAPL")) == "Equity(3 [AAPL])"
    assert repr(asset(3, "a", "BTC", CryptoSpot)) == "CryptoSpot(3 [BTC])"
    assert isinstance(asset(0, "a", kind=ETF), Equity)


def test_an_asset_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        asset(1, "k").symbol = "B"  # type: ignore[misc]


def test_an_order_says_what_is_still_open() -> None:
    now = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    order = Order(
        "main-1", asset(0, "a"), Decimal(10), Decimal(4), None, None, False, False, Decimal(0), now, now,
        OrderStatus.OPEN, None,
    )  # fmt: skip
    assert (order.open_amount, order.open, order.sid) == (Decimal(6), True, asset(0, "a"))
    assert not dataclasses.replace(order, status=OrderStatus.FILLED).open
