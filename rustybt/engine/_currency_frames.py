"""What the frames of a run in several currencies have more than others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import MONEY_SCALE, datetime_column, decimal_column
from rustybt.engine._exact_columns import Values, in_128_bits, with_converted
from rustybt.engine._frame_builder import places
from rustybt.engine._recorder import Recorder
from rustybt.engine._state import RunState

if TYPE_CHECKING:
    from rustybt.engine._converter import CurrencyConverter


def frames_of_currencies(run: RunState, recorder: Recorder) -> dict[str, pl.DataFrame]:
    """The frames that only such a run has, by name; none of any other run."""
    converter = run.converter
    if converter is None:
        return {}
    return {"cash_by_currency": _cash(run, recorder), "conversions": _conversions(converter)}


def _cash(run: RunState, recorder: Recorder) -> pl.DataFrame:
    rows = recorder.cash
    columns = [recorder.sessions(range(len(rows)))]
    currencies = [currency for _, currency in run.books.pockets()]
    columns += [
        decimal_column(currencies[pocket], [row.get(currencies[pocket], 0) for row in rows], MONEY_SCALE)
        for pocket in run.books.used()
    ]
    return pl.DataFrame(columns)


def _conversions(converter: CurrencyConverter) -> pl.DataFrame:
    every = converter.all
    return pl.DataFrame(
        [
            pl.Series("id", [converter.id_of(one) for one in every], dtype=pl.String),
            datetime_column("created", [one.created for one in every]),
            decimal_column("amount", [one.amount for one in every], MONEY_SCALE),
            pl.Series("from_currency", [one.from_ for one in every], dtype=pl.String),
            pl.Series("to_currency", [one.to for one in every], dtype=pl.String),
            decimal_column("received", [one.received for one in every], MONEY_SCALE),
            pl.Series("status", [one.status for one in every], dtype=pl.String),
            pl.Series("reason", [one.reason for one in every], dtype=pl.String),
            datetime_column("dt", [one.done for one in every]),
        ]
    )


def in_base(run: RunState, slots: pl.Series, bars: npt.NDArray[np.int64], amounts: Values) -> Values:
    """Amounts of the pockets of some slots in the run's currency, each at the rate of its bar; rounded once."""
    column = in_128_bits(amounts)
    there = np.array([amount != 0 for amount in amounts]) if column is None else (column != 0).to_numpy()
    of_slots = np.array([instrument.pocket for instrument in run.account.instruments], dtype=np.int64)
    pockets = of_slots[slots.to_numpy()]
    for number, (_, currency) in enumerate(run.books.pockets()):
        # what is nothing in one currency is nothing in another, whether there is a rate or not
        rows = np.flatnonzero(there & (pockets == number))
        if run.converter is None or currency == run.account.currency or not len(rows):
            continue
        distinct, of_rows = np.unique(bars[rows], return_inverse=True)
        rates = [run.converter.rates.to_base(currency, bar) for bar in distinct.tolist()]
        amounts = with_converted(amounts, rows, places(of_rows), rates)
    return amounts
