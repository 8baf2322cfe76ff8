"""The currency of a run's books."""

from __future__ import annotations

from typing import Any

from rustybt.catalog import Version
from rustybt.errors import CurrencyMismatch, InputError


def currency_of(data: Version, wanted: Any) -> str:
    """The currency that capital and books are in: the one asked for, else the only one that the bundle's assets have.

    Raises CurrencyMismatch where they have several and none is asked for, InputError for one that none of them has.
    """
    there = data.currencies
    if wanted is None:
        if len(there) == 1:
            return there[0]
        raise CurrencyMismatch(
            f"The assets of bundle {data.bundle!r} trade in {', '.join(there)}. In which of them are capital_base and "
            f"the books? Give run_algorithm(currency={there[0]!r}): assets of the others can be seen, not ordered."
        )
    if wanted not in there:
        raise InputError(
            f"currency={wanted!r}: no asset of bundle {data.bundle!r} trades in it, only in {', '.join(there)}. "
            "Give one of these, or leave it out."
        )
    return str(wanted)
