"""The lowest and the highest close that each trade was held over, of all trades at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

type Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Closes:
    """The closes at which assets were held, by asset, then by session.

    keys: the asset's place times `span`, and the session. prices: of 64 bits, or Python's integers where they
    are wider.
    """

    keys: Numbers
    prices: Numbers
    span: int
    places: dict[int, int]

    def of(self, sid: int) -> tuple[list[int], list[int]]:
        """The sessions at whose close an asset was held, and its prices there."""
        place = self.places.get(sid)
        if place is None:
            return [], []
        start, end = np.searchsorted(self.keys, [place * self.span, (place + 1) * self.span])
        return (self.keys[start:end] - place * self.span).tolist(), self.prices[start:end].tolist()

    def ranges(self, sids: pl.Series, first: Numbers, last: Numbers) -> tuple[pl.Series, pl.Series]:
        """The lowest and the highest price from a session to another one, both included; null where there is none."""
        at = sids.replace_strict(self.places, default=len(self.places), return_dtype=pl.Int64).to_numpy() * self.span
        start = np.searchsorted(self.keys, at + first)
        end = np.searchsorted(self.keys, at + last, side="right")
        found = [np.zeros(len(start), dtype=self.prices.dtype) for _ in range(2)]
        lengths = end - start
        low = high = self.prices
        step = 1
        # windows of 1, 2, 4 ... closes: a range is covered by two of the longest that fit
        while (fit := lengths >= step).any():
            rows = np.flatnonzero(fit & (lengths < 2 * step))
            ends = start[rows], end[rows] - step
            found[0][rows] = np.minimum(low[ends[0]], low[ends[1]])
            found[1][rows] = np.maximum(high[ends[0]], high[ends[1]])
            low, high = np.minimum(low[:-step], low[step:]), np.maximum(high[:-step], high[step:])
            step *= 2
        known = pl.Series(lengths > 0)
        columns = [pl.Series(part.tolist() if part.dtype == object else part, dtype=pl.Int128) for part in found]
        blank = pl.Series([None], dtype=pl.Int128)
        return columns[0].zip_with(known, blank), columns[1].zip_with(known, blank)


def closes_of(positions: pl.DataFrame, sessions: pl.Series) -> Closes:
    """The closes of a result's positions."""
    frame = positions.select("sid", "session", pl.col("last_sale_price").to_physical())
    places = {sid: place for place, sid in enumerate(frame["sid"].unique(maintain_order=True).to_list())}
    span = len(sessions) + 1
    days = pl.DataFrame({"session": sessions, "place": np.arange(len(sessions))})
    keys = (
        frame["sid"].replace_strict(places, return_dtype=pl.Int64) * span
        + frame.join(days, on="session", how="left", maintain_order="left")["place"]
    ).to_numpy()
    order = np.argsort(keys, kind="stable")
    prices: Numbers
    try:
        prices = frame["last_sale_price"].cast(pl.Int64).to_numpy()
    except pl.exceptions.InvalidOperationError:
        prices = np.array(frame["last_sale_price"].to_list(), dtype=object)
    return Closes(keys[order], prices[order], span, places)
