"""Bars of one asset as a run gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Integers = npt.NDArray[np.int64] | list[int]


@dataclass(frozen=True, slots=True, eq=False)
class RawBars:
    """Bars of one asset and frequency, ascending; one entry of each column a bar.

    stamps: ns UTC. Daily: midnight UTC of the session. Minutes: the bar's end.
    open, high, low, close: integers at the asset's price scale, int64; Python ints, all four, where one is too large.
    volume: integers at the asset's volume scale, likewise.
    """

    stamps: npt.NDArray[np.int64]
    open: Integers
    high: Integers
    low: Integers
    close: Integers
    volume: Integers

    @classmethod
    def of(cls, stamps: npt.NDArray[np.int64], prices: Sequence[Integers], volume: Integers) -> RawBars:
        """Bars from their columns; all four prices become Python ints where one of them is."""
        if any(isinstance(column, list) for column in prices):
            prices = [column if isinstance(column, list) else column.tolist() for column in prices]
        return cls(stamps, prices[0], prices[1], prices[2], prices[3], volume)

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def prices(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Open, high, low and close."""
        return self.open, self.high, self.low, self.close
