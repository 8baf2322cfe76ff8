"""What the frames of a run in several currencies have more than others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from rustybt.core import MONEY_SCALE, converted_half_even, datetime_column, decimal_column
from rustybt.engine._recorder import Recorder
from rustybt.engine._state import RunState

if TYPE_CHECKING:
    from rustybt.engine._exchange import Exchange


def frames_of_currencies(run: RunState, recorder: Recorder) -> dict[str, pl.DataFrame]:
    """The frames that only such a run has, by name; none of any other run."""
    exchange = run.exchange
    if exchange is None:
        return {}
    return {"cash_by_currency": _cash(run, recorder), "conversions": _conversions(exchange)}


def _cash(run: RunState, recorder: Recorder) -> pl.DataFrame:
    rows = recorder.cash
    columns = [recorder.sessions(range(len(rows)))]
    currencies = [currency for _, currency in run.books.pockets()]
    columns += [
        decimal_column(currencies[pocket], [row.get(currencies[pocket], 0) for row in rows], MONEY_SCALE)
        for pocket in run.books.used()
    ]
    return pl.DataFrame(columns)


def _conversions(exchange: Exchange) -> pl.DataFrame:
    every = exchange.all
    return pl.DataFrame(
        [
            pl.Series("id", [exchange.id_of(one) for one in every], dtype=pl.String),
            datetime_column("created", [one.created for one in every]),
            decimal_column("amount", [one.amount for one in every], MONEY_SCALE),
            pl.Series("from_currency", [one.given for one in every], dtype=pl.String),
            pl.Series("to_currency", [one.taken for one in every], dtype=pl.String),
            decimal_column("received", [one.received for one in every], MONEY_SCALE),
            pl.Series("status", [one.status for one in every], dtype=pl.String),
            pl.Series("reason", [one.reason for one in every], dtype=pl.String),
            datetime_column("dt", [one.done for one in every]),
        ]
    )


def at_closes(run: RunState, closes: Sequence[int], slots: Sequence[int], sessions: Any, amounts: Any) -> list[int]:
    """Amounts of the currencies of some slots in the run's currency, each at the close of a session; rounded once.

    closes: the last bar of each session.
    """
    bars = [closes[session] for session in sessions.tolist()]
    return _in_base(run, slots, bars, list(amounts))


def at_moments(run: RunState, slots: Sequence[int], stamps: Sequence[int], amounts: Any) -> list[int]:
    """Amounts of the currencies of some slots in the run's currency, each at a moment of the run; rounded once."""
    bars = (np.searchsorted(run.market.axis.stamps, stamps, side="right") - 1).tolist()
    return _in_base(run, slots, bars, list(amounts))


def _in_base(run: RunState, slots: Sequence[int], bars: Sequence[int], amounts: Sequence[int]) -> list[int]:
    if run.exchange is None:
        return list(amounts)
    rates, listings = run.exchange.rates, run.account.instruments
    found = []
    for slot, bar, amount in zip(slots, bars, amounts, strict=True):
        currency = listings[slot].asset.currency
        own = not amount or currency == run.account.currency
        found.append(amount if own else converted_half_even(amount, *rates.to_base(currency, bar)))
    return found
