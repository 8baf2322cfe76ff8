"""The facts in the name of a pair, where the vendor says nothing else."""

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


def yahoo_asset(symbol: str, told: object = None) -> dict[str, str] | None:
    """Type and currency by Yahoo's way to write a symbol: EURUSD=X and JPY=X are currencies, ^GSPC is an index.

    told: the currency that Yahoo gives with the prices; GBp are pence. What is no code of one counts as not told.

    >>> yahoo_asset("EURUSD=X"), yahoo_asset("^GSPC"), yahoo_asset("TSCO.L", "GBp"), yahoo_asset("BRK-B")
    ({'type': 'forex', 'currency': 'USD'}, {'type': 'index'}, {'currency': 'GBp'}, None)
    """
    pair = re.fullmatch(r"(?:[A-Z]{3})?([A-Z]{3})=X", symbol.upper())
    if pair:
        return {"type": "forex", "currency": pair[1]}
    asset = {"type": "index"} if symbol.startswith("^") else {}
    if isinstance(told, str) and re.fullmatch(r"[A-Za-z]{3,5}", told):
        asset["currency"] = told
    return asset or None
