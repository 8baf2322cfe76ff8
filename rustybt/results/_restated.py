"""What trades that a split came into were at their entry, and at the closes they were held over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from rustybt.core import div_half_even
from rustybt.results._matched import Pieces, Units
from rustybt.results._range_of_closes import Closes
from rustybt.results._terms import Terms

_KNOWN: Final = {"then": pl.Int128(), "low": pl.Int128(), "high": pl.Int128()}


def restated(pieces: Pieces, closes: Closes, terms: dict[int, Terms]) -> pl.DataFrame:
    """The trades with `then`, how many units each was at its entry; and of those of one fill that a split came into
    with `low` and `high`, what their units were worth at the lowest and the highest close: null for all others."""
    frame = pieces.frame
    split = _split(pieces) if pieces.units else []
    columns = ("sid", "quantity", "session", "last", "exit", "restated")
    trades = [_Split(row, *trade) for row, trade in zip(split, frame[split].select(columns).iter_rows(), strict=True)]
    parts = [(place, *part) for place, trade in enumerate(trades) for part in trade.parts(pieces.units[trade.sid])]
    held: list[list[int]] = [[] for _ in trades]
    if parts:
        places, first, last, ratios = zip(*parts, strict=True)
        sids = pl.Series([trades[place].sid for place in places])
        for prices in closes.ranges(sids, np.array(first), np.array(last)):
            for place, ratio, price in zip(places, ratios, prices, strict=True):
                if price is not None:
                    held[place].append(div_half_even(price * ratio.numerator, ratio.denominator))
    rows = [
        (trade.row, trade.then(pieces.units[trade.sid]), *trade.worth(own, terms[trade.sid]))
        for trade, own in zip(trades, held, strict=True)
    ]
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
    # of several fills nothing is said that needs it
    rows = np.flatnonzero((at >= 0) & ~frame["several"].to_numpy())
    found = np.searchsorted(keys, at[rows] * span + frame["session"].to_numpy()[rows] + 1, side="right") - 1
    first = found - starts[at[rows]]
    split: list[int] = rows[first != frame["restated"].to_numpy()[rows]].tolist()
    return split


class _Split(NamedTuple):
    """A trade that splits came into."""

    row: int
    sid: int
    quantity: int
    session: int
    last: int
    exit: int | None
    restated: int

    def then(self, units: Units) -> int:
        """How many units it was at its entry."""
        first = bisect_right(units, self.session, key=_begin) - 1
        ratio = units[first][1] / units[self.restated][1]
        return div_half_even(self.quantity * ratio.numerator, ratio.denominator)

    def parts(self, units: Units) -> Iterator[tuple[int, int, Fraction]]:
        """From which session to which a unit was how many of those at the exit.

        Within each the lowest price is the lowest restated one too.
        """
        first, last = self.session, last_close(self.last, self.exit is None)
        for place in range(bisect_right(units, first, key=_begin) - 1, len(units)):
            begin, unit = units[place]
            until = units[place + 1][0] - 1 if place + 1 < len(units) else last
            if max(first, begin) <= min(last, until):
                yield max(first, begin), min(last, until), unit / units[self.restated][1]

    def worth(self, prices: list[int], own: Terms) -> tuple[int | None, int | None]:
        """What its units were worth at the lowest and the highest of some prices."""
        if not prices:
            return None, None
        low, high = (own.money(self.quantity, price, own.price_one) for price in (min(prices), max(prices)))
        return low, high


def _begin(restated: tuple[int, Fraction]) -> int:
    return restated[0]


def last_close(last: int, is_open: bool) -> int:
    """The last close of a trade: what is held at the close of the session in which it ended is another lot."""
    return last if is_open else last - 1
