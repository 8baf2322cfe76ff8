"""What a strategy may ask with, checked: assets, lists of them, counts."""

from __future__ import annotations

import operator
from typing import Any

import polars as pl

from rustybt.core import Asset, ContinuousFuture
from rustybt.errors import InputError
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView


def shortened(value: int, instrument: Instrument) -> tuple[int, int]:
    """A mark at the asset's price scale, where it has no more digits than that.

    Marks are finer where some bar of the run needs it: a bar that lies ahead must not show in the zeros of this one.
    """
    short, rest = divmod(value, 10 ** (instrument.mark_scale - instrument.price_scale))
    return (value, instrument.mark_scale) if rest else (short, instrument.price_scale)


def listed(items: Any, what: str) -> list[Any]:
    """A list of what was given as one. Raises InputError for text and for what is no list."""
    if isinstance(items, str) or not hasattr(items, "__iter__"):
        hint = f" Look it up with symbol({items!r}) first." if what == "assets" and isinstance(items, str) else ""
        raise InputError(f"{what}={items!r}: pass one, or a list of them.{hint}")
    return list(items)


def as_columns(columns: list[pl.Series]) -> pl.DataFrame:
    """A frame of columns. Raises InputError where two have one name: the same asset or field was asked for twice."""
    try:
        return pl.DataFrame(columns)
    except pl.exceptions.DuplicateError:
        names = [column.name for column in columns]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{twice!r} was asked for twice. Name each asset and each field once.") from None


def positive(bar_count: object) -> int:
    """A number of bars, 1 or more."""
    try:
        count = 0 if isinstance(bar_count, bool) else operator.index(bar_count)  # type: ignore[arg-type]
    except TypeError:
        count = 0
    if count < 1:
        raise InputError(f"bar_count={bar_count!r}: ask for one bar or more, a whole number.")
    return count


def checked(asset: Any) -> Asset:
    """An asset, or InputError."""
    if not isinstance(asset, Asset):
        if isinstance(asset, ContinuousFuture):
            raise InputError(f"{asset!r} is not one asset. Take its contract: data.current(future, 'contract').")
        raise InputError(f"{asset!r} is not an asset. Look it up with symbol({str(asset)!r}) first.")
    return asset


def note_wanted(market: MarketView, asset: Any) -> None:
    """Notes an asset that was asked for; a continuous future and a name of fetch_csv's are not loaded. Raises
    InputError for what is none of them."""
    if not isinstance(asset, ContinuousFuture) and not (isinstance(asset, str) and market.fetched is not None):
        market.want(checked(asset))
