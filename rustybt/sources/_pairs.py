"""What the name of a pair says of it, where the vendor says nothing else."""

from __future__ import annotations

import re

_KINDS = {"fx": "forex", "crypto": "crypto"}


def pair_of(symbol: str, market: str) -> dict[str, str] | None:
    """Type and currency of a pair in a vendor's market "fx" or "crypto"; None in another one.

    The currency is what stands after the slash or dash; without one nothing is said of it.

    >>> pair_of("EUR/USD", "fx"), pair_of("AAPL", "stocks")
    ({'type': 'forex', 'currency': 'USD'}, None)
    """
    kind = _KINDS.get(market)
    if kind is None:
        return None
    _, _, quote = symbol.replace("-", "/").partition("/")
    return {"type": kind, "currency": quote} if quote else {"type": kind}


def yahoo_asset(symbol: str) -> dict[str, str] | None:
    """Type and currency by Yahoo's way to write a symbol: EURUSD=X and JPY=X are currencies, ^GSPC is an index.

    >>> yahoo_asset("EURUSD=X"), yahoo_asset("^GSPC"), yahoo_asset("BRK-B")
    ({'type': 'forex', 'currency': 'USD'}, {'type': 'index'}, None)
    """
    if symbol.startswith("^"):
        return {"type": "index"}
    currency = re.fullmatch(r"(?:[A-Z]{3})?([A-Z]{3})=X", symbol.upper())
    return {"type": "forex", "currency": currency[1]} if currency else None
