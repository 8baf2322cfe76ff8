"""Which currencies a pair is of, by the ways in which vendors write its name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from rustybt.core import Asset, CryptoSpot, Equity, Forex, currencies_of_pair


def pair(symbol: str, currency: str, kind: type[Asset] = Forex) -> Asset:
    day = dt.date(2020, 1, 2)
    one = Decimal(1)
    return kind(1, "k", symbol, symbol, "", "", currency, day, day, None, one, one, one, 2, 0)


@pytest.mark.parametrize(
    ("symbol", "currency", "expected"),
    [
        ("EUR/USD", "USD", ("EUR", "USD")),
        ("EURUSD", "USD", ("EUR", "USD")),
        ("eur-usd", "USD", ("EUR", "USD")),
        ("EUR_USD", "USD", ("EUR", "USD")),
        ("C:EURUSD", "USD", ("EUR", "USD")),
        ("EURUSD=X", "USD", ("EUR", "USD")),
        ("JPY=X", "JPY", ("USD", "JPY")),
        ("JPY", "JPY", None),
        ("USD=X", "USD", None),
        ("EUR/USD", "EUR", None),
        ("USDUSD", "USD", None),
        ("", "USD", None),
    ],
)
def test_a_name_tells_what_is_bought_and_the_currency_what_it_is_paid_in(
    symbol: str, currency: str, expected: tuple[str, str] | None
) -> None:
    assert currencies_of_pair(pair(symbol, currency)) == expected


def test_coins_are_pairs_and_shares_are_not() -> None:
    assert currencies_of_pair(pair("BTC/USDT", "USDT", CryptoSpot)) == ("BTC", "USDT")
    assert currencies_of_pair(pair("EUR/USD", "USD", Equity)) is None
