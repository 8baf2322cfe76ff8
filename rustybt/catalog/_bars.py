"""Bars of one asset, as they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

type Integers = npt.NDArray[np.int64] | list[int]

_NOTHING: Final[list[int]] = []


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RawBars:
    """Bars of one asset and frequency, ascending; one entry of each column a bar.

    stamps: ns UTC. Daily: midnight UTC of the session. Minutes: the bar's end.
    open, high, low, close: integers at the asset's price scale, int64; Python ints, all four, where one is too large.
    volume: integers at the asset's volume scale, likewise.
    extra: decimals of the prices beyond the asset's scale: bars that are restated over a split may need them.
    """

    stamps: npt.NDArray[np.int64]
    open: Integers
    high: Integers
    low: Integers
    close: Integers
    volume: Integers
    extra: int = 0

    @classmethod
    def of(cls, stamps: npt.NDArray[np.int64], prices: Sequence[Integers], volume: Integers, extra: int = 0) -> RawBars:
        """Bars from their columns; all four prices become Python ints where one of them is."""
        if any(isinstance(column, list) for column in prices):
            prices = [column if isinstance(column, list) else column.tolist() for column in prices]
        return cls(stamps, prices[0], prices[1], prices[2], prices[3], volume, extra)

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def prices(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Open, high, low and close."""
        return self.open, self.high, self.low, self.close


class LateBars(RawBars):
    """Bars whose opens, highs and lows are read when one of them is first asked for: most strategies never do.

    Where a close needs more than 64 bits the closes are Python ints, whatever the other prices are, and so with them.
    others: reads the opens, highs and lows; None where they are given, as `dataclasses.replace` does.
    """

    __slots__ = ("_others", "_read")
    _others: Callable[[], list[Integers]] | None
    _read: list[Integers] | None

    def __init__(
        self,
        stamps: npt.NDArray[np.int64],
        close: Integers,
        volume: Integers,
        others: Callable[[], list[Integers]] | None = None,
        *,
        open: Integers = _NOTHING,
        high: Integers = _NOTHING,
        low: Integers = _NOTHING,
        extra: int = 0,
    ) -> None:
        read = [open, high, low] if others is None else None
        own = ("stamps", stamps), ("close", close), ("volume", volume), ("extra", extra), ("_read", read)
        for name, value in (*own, ("_others", others)):
            object.__setattr__(self, name, value)

    def whole(self) -> RawBars:
        """The same bars with everything read."""
        return RawBars.of(self.stamps, self.prices, self.volume, self.extra)

    @property
    def open(self) -> Integers:
        return self._late(0)

    @property
    def high(self) -> Integers:
        return self._late(1)

    @property
    def low(self) -> Integers:
        return self._late(2)

    def _late(self, place: int) -> Integers:
        read = self._read
        if read is None:
            read = self._others()  # type: ignore[misc]  # they are there, or were given
            # two threads may read them both, and find the same
            object.__setattr__(self, "_read", read)
        return read[place]
