"""The two currencies of a pair, by its name; and units that are parts of a currency."""

from __future__ import annotations

from typing import Final

from rustybt.core._assets import Asset

PAIR_KINDS: Final = ("forex", "crypto")
"""Kinds of assets whose price is a rate, forex first: where both name the same currencies, that one is taken."""
_PARTS: Final = {"GBp": ("GBP", 100), "GBX": ("GBP", 100), "ZAc": ("ZAR", 100), "ILA": ("ILS", 100)}
"""Units that some exchanges price in, and pairs don't."""
_YAHOO: Final = "=X"
_DOLLAR: Final = "USD"


def currencies_of_pair(asset: Asset) -> tuple[str, str] | None:
    """The currency that is bought and the one it is paid in; None of an asset that is no pair.

    The second is the asset's currency; the first is what its symbol says before it: EUR/USD, EURUSD, EUR-USD,
    C:EURUSD, EURUSD=X, BTC/USDT. Yahoo's JPY=X is a dollar in yen.
    """
    if asset.kind not in PAIR_KINDS:
        return None
    name = asset.symbol.rpartition(":")[2].upper()
    short = name.endswith(_YAHOO)
    letters = name.removesuffix(_YAHOO)
    for mark in "/-_. ":
        letters = letters.replace(mark, "")
    paid_in = asset.currency
    if not letters.endswith(paid_in.upper()):
        return None
    first = letters[: -len(paid_in)] or (_DOLLAR if short else "")
    return (first, paid_in) if first and first != paid_in else None


def whole_currency(currency: str) -> tuple[str, int]:
    """The currency that a unit is a part of, and how many of it make one.

    >>> whole_currency("GBp"), whole_currency("USD")
    (('GBP', 100), ('USD', 1))
    """
    return _PARTS.get(currency, (currency, 1))
