"""Prices that are whole numbers of a small unit, as makers write them whose files have no points."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.files._names import PRICES

_DATABENTO: Final = frozenset({"rtype", "publisher_id", "instrument_id"})
_BILLIONTHS: Final = "0.000000001"
_LEAN_DATES: Final = "%Y%m%d %H:%M"
_DECI_CENTS: Final = "0.0001"
_LEAST: Final = {_BILLIONTHS: 10**7, _DECI_CENTS: 1_000}
"""In the unit: a price of a cent, and one of a dime."""


def unit_of(rows: pl.DataFrame, columns: list[str], *, header: bool, dates: str | None) -> str | None:
    """The unit that prices are most likely counted in; None where it is the currency.

    rows: some of a file, under our names. columns: all names that it has.
    """
    if not set(PRICES) <= set(rows.columns):
        return None
    unit = _BILLIONTHS if set(columns) >= _DATABENTO else None
    if not header and dates == _LEAN_DATES:
        unit = _DECI_CENTS
    if unit is None:
        return None
    whole = rows.select(pl.col(name).str.strip_chars().str.contains(r"^[0-9]{1,18}$") for name in PRICES)
    if not rows.height or not all(whole[name].all() for name in PRICES):
        return None
    least = rows.select(pl.min_horizontal(pl.col(name).str.strip_chars().cast(pl.Int64).min() for name in PRICES))
    return unit if least.item() >= _LEAST[unit] else None
