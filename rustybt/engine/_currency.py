"""The currency of a run, and whether it keeps books in others beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.catalog import Version
from rustybt.core import PAIR_KINDS, currencies_of_pair, whole_currency
from rustybt.engine._compat import Compat
from rustybt.errors import CurrencyMismatch, InputError
from rustybt.view import MarketView

if TYPE_CHECKING:
    from rustybt.engine._converter import CurrencyConverter

USUAL = "USD"


def currency_of(data: Version, wanted: Any, compat: Compat) -> str:
    """The currency of a run: the one asked for, else the only one that the bundle's assets have.

    Raises CurrencyMismatch where they have several and none is asked for, InputError for one that none of them has, and
    no pair either.
    """
    there = data.currencies
    if wanted is None:
        if len(there) == 1:
            return there[0]
        if compat.currencies_are_one:
            return USUAL if USUAL in there else there[0]
        raise CurrencyMismatch(
            f"The assets of bundle {data.bundle!r} trade in {', '.join(there)}. In which of them are capital_base and "
            f"the value of the portfolio? Pass run_algorithm(currency={there[0]!r}): assets of the others can be "
            "ordered where the bundle has their pair with it."
        )
    if wanted not in there:
        pairs = [currencies_of_pair(asset) or () for asset in data.assets(kinds=PAIR_KINDS)]
        wholes = [whole_currency(name)[0] for name in there]
        known = sorted({*there, *wholes, *(name for pair in pairs for name in pair)})
        if wanted not in known:
            raise InputError(
                f"currency={wanted!r}: no asset of bundle {data.bundle!r} trades in it, only in {', '.join(known)}. "
                "Pass one of these, or leave it out."
            )
    return str(wanted)


def converter_of(
    market: MarketView, books: Any, account: str, currency: str, wanted: Any, compat: Compat
) -> CurrencyConverter | None:
    """What a run of several currencies has; None for one that names no currency, or whose bundle has no pair of it."""
    if wanted is None or compat.currencies_are_one:
        return None
    from rustybt.engine._converter import CurrencyConverter
    from rustybt.engine._rates import Rates

    rates = Rates(market, currency)
    return CurrencyConverter(rates, books, account) if rates else None
