"""The columns that only frames of runs in several currencies have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from rustybt.core import MONEY_SCALE, datetime_column, decimal_column
from rustybt.errors import CurrencyMismatch
from rustybt.results._frames._exact_columns import Values, in_128_bits, with_converted
from rustybt.results._frames._frame_builder import AssetTable, places
from rustybt.results._frames._run_rows import Currencies, Places, RunRows

type BaseRates = tuple[list[tuple[int, int, int]], list[list[tuple[int, int]] | None]]
"""By slot its pocket, its multiplier and the scale of that; by pocket the rates of some places, None for the base."""

CONVERSIONS = (
    ("id", "text"),
    ("created", "stamp"),
    ("amount", "money"),
    ("from_currency", "text"),
    ("to_currency", "text"),
    ("received", "money"),
    ("status", "text"),
    ("reason", "text"),
    ("dt", "stamp"),
)


def makers_of_currencies(rows: RunRows, table: AssetTable) -> dict[str, Callable[[], pl.DataFrame]]:
    """The makers of the frames that only such a run has, by name; none of any other run."""
    currencies = rows.currencies
    if currencies is None:
        return {}
    return {
        "cash_by_currency": lambda: _cash(rows, currencies, table),
        "conversions": lambda: _conversions(currencies),
    }


def _cash(rows: RunRows, currencies: Currencies, table: AssetTable) -> pl.DataFrame:
    columns = [table.dates(np.arange(len(currencies.cash))).alias("session")]
    names = [currency for _, currency in rows.pockets]
    columns += [
        decimal_column(names[pocket], [row.get(names[pocket], 0) for row in currencies.cash], MONEY_SCALE)
        for pocket in currencies.used
    ]
    return pl.DataFrame(columns)


def _conversions(currencies: Currencies) -> pl.DataFrame:
    columns = []
    for place, (name, kind) in enumerate(CONVERSIONS):
        values = [conversion[place] for conversion in currencies.conversions]
        if kind == "text":
            columns.append(pl.Series(name, values, dtype=pl.String))
        elif kind == "stamp":
            columns.append(datetime_column(name, values))
        else:
            columns.append(decimal_column(name, values, MONEY_SCALE))
    return pl.DataFrame(columns)


def rates_by_pocket(rows: RunRows, currencies: Currencies, bars: Places) -> BaseRates:
    """What the native kernel counts amounts in the run's currency with, at so many places with a bar each."""
    at, base = bars.tolist(), currencies.base
    of_slots = [(one.pocket, one.multiplier, one.multiplier_scale) for one in rows.slots]
    return of_slots, [None if name == base else currencies.rates(name, at) for _, name in rows.pockets]


def in_base(rows: RunRows, currencies: Currencies, slots: pl.Series, bars: Places, amounts: Values) -> Values:
    """Amounts of the pockets of some slots in the run's currency, each at the rate of its bar; rounded once."""
    pockets = np.array([one.pocket for one in rows.slots], dtype=np.int64)[slots.to_numpy()]
    return in_base_of_pockets(rows, currencies, pockets, bars, amounts)


def in_base_of_pockets(rows: RunRows, currencies: Currencies, pockets: Places, bars: Places, amounts: Values) -> Values:
    """The same of amounts of which the pockets are known."""
    column = in_128_bits(amounts)
    there = np.array([amount != 0 for amount in amounts]) if column is None else (column != 0).to_numpy()
    for number, (_, currency) in enumerate(rows.pockets):
        # what is nothing in one currency is nothing in another, whether there is a rate or not
        places_there = np.flatnonzero(there & (pockets == number))
        if currency == currencies.base or not len(places_there):
            continue
        distinct, of_rows = np.unique(bars[places_there], return_inverse=True)
        rates = currencies.rates(currency, distinct.tolist())
        if min(map(min, rates)) <= 0:
            raise CurrencyMismatch(f"An amount in {currency} of a bar at which there is no rate to {currencies.base}.")
        amounts = with_converted(amounts, places_there, places(of_rows), rates)
    return amounts
