"""What trades that a split came into were at their entry, and at the closes they were held over."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

import numpy as np
import polars as pl

from rustybt.core import div_half_even
from rustybt.results._matched import Pieces, Units
from rustybt.results._range_of_closes import Closes
from rustybt.results._terms import Terms

_KNOWN: Final = {"then": pl.Int128(), "low": pl.Int128(), "high": pl.Int128()}


def restated(pieces: Pieces, closes: Closes, terms: dict[int, Terms]) -> pl.DataFrame:
    """The trades with `then`, how many units each was at its entry; and of those that a split came into with `low` and
    `high`, what their units were worth at the lowest and the highest close: null for all others."""
    frame = pieces.frame
    rows = []
    columns = ("sid", "quantity", "session", "last", "exit", "restated")
    split = _split(pieces) if pieces.units else []
    for row, (sid, *trade) in zip(split, frame[split].select(columns).iter_rows(), strict=True):
        rows.append((row, *_at_closes(trade, pieces.units[sid], closes.of(sid), terms[sid])))
    known = pl.DataFrame(rows, schema={"row": pl.UInt32(), **_KNOWN}, orient="row")
    joined = frame.with_row_index("row").join(known, on="row", how="left", maintain_order="left")
    return joined.with_columns(pl.col("then").fill_null(pl.col("quantity"))).drop("row", "restated")


def _split(pieces: Pieces) -> list[int]:
    """The trades between whose entry and exit their asset was split."""
    frame, units = pieces
    places = {sid: place for place, sid in enumerate(units)}
    span = frame["last"].max() + 3  # type: ignore[operator]  # an integer
    keys = np.array([place * span + session + 1 for place, own in enumerate(units.values()) for session, _ in own])
    starts = np.cumsum([0, *map(len, units.values())])
    at = frame["sid"].replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()
    rows = np.flatnonzero(at >= 0)
    found = np.searchsorted(keys, at[rows] * span + frame["session"].to_numpy()[rows] + 1, side="right") - 1
    first = found - starts[at[rows]]
    split: list[int] = rows[first != frame["restated"].to_numpy()[rows]].tolist()
    return split


def _at_closes(
    trade: list[int], units: Units, seen: tuple[list[int], list[int]], own: Terms
) -> tuple[int, int | None, int | None]:
    """then, low and high, in what a unit is at the exit; without a close there are no last two."""
    quantity, session, last, exit_, at_exit = trade
    ratios = [one / units[at_exit][1] for _, one in units]
    begins = [begin for begin, _ in units]
    at_entry = ratios[bisect_right(begins, session) - 1]
    then = div_half_even(quantity * at_entry.numerator, at_entry.denominator)
    sessions, prices = seen
    start, end = bisect_left(sessions, session), bisect_right(sessions, last_close(last, exit_ is None))
    restated = []
    for close, price in zip(sessions[start:end], prices[start:end], strict=True):
        ratio = ratios[bisect_right(begins, close) - 1]
        restated.append(div_half_even(price * ratio.numerator, ratio.denominator))
    if not restated:
        return then, None, None
    low, high = (own.money(quantity, price, own.price_one) for price in (min(restated), max(restated)))
    return then, low, high


def last_close(last: int, is_open: bool) -> int:
    """The last close of a trade: what is held at the close of the session in which it ended is another lot."""
    return last if is_open else last - 1
