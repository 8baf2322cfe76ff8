"""What a pair is, by its name."""

from __future__ import annotations

import pytest

from rustybt.sources._pairs import pair_of, yahoo_asset


@pytest.mark.parametrize(
    ("symbol", "market", "told"),
    [
        ("EUR/USD", "fx", {"type": "forex", "currency": "USD"}),
        ("USD-JPY", "fx", {"type": "forex", "currency": "JPY"}),
        ("BTC/USDT", "crypto", {"type": "crypto", "currency": "USDT"}),
        ("X:BTCUSD", "crypto", {"type": "crypto"}),
        ("BRK-B", "stocks", None),
    ],
)
def test_a_pair_trades_in_what_stands_after_the_slash(symbol: str, market: str, told: dict[str, str] | None) -> None:
    assert pair_of(symbol, market) == told


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("EURUSD=X", {"type": "forex", "currency": "USD"}),
        ("JPY=X", {"type": "forex", "currency": "JPY"}),
        ("^GSPC", {"type": "index"}),
        ("AAPL", None),
        ("BRK-B", None),
        ("CL=F", None),
    ],
)
def test_yahoo_writes_currencies_and_indices_in_its_own_way(symbol: str, told: dict[str, str] | None) -> None:
    assert yahoo_asset(symbol) == told
