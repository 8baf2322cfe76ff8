"""The bars of a run that is over, looked at once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from rustybt.core._assets import Asset

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AssetBars:
    """The bars of an asset on those of its run.

    here: whether there is such a bar at all. open, high, low, close, volume: as floats, NaN where there is none, in
    what a share was then. price: the last close, carried over bars without one, times 10**scale; 0 before the first.
    first, last: the first bar with a price and the last one of the asset's life, which may lie before or after the
    run. splits: by the bar that they take effect with, what they make of a unit (2 for a two-for-one); dividends in
    the asset's own shares are among them. dividends: bar and money per unit, in the asset's currency. jumps: bars with
    which its price is restated by any action.
    """

    asset: Asset
    here: npt.NDArray[np.bool_]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    price: Sequence[int]
    scale: int
    first: int
    last: int
    splits: tuple[tuple[int, Fraction], ...]
    dividends: tuple[tuple[int, Fraction], ...]
    jumps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TermValues:
    """What a term of an asset said at each bar of the run.

    name: kind and parameters. values: by the name of its column, empty where it has one; NaN where there is none.
    in_prices: whether it is known to be a price, or none of a price: None where that is not known, of an indicator of a
    user's. told: why there are no values.
    """

    name: str
    values: Mapping[str, Floats] = field(default_factory=dict)
    in_prices: bool | None = None
    told: str = ""


def _no_terms(_: int) -> list[TermValues]:
    return []


def _one_by_one(_: Sequence[int]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class RunBars:
    """The bars of a run. Bar 0 is the last one before it.

    stamps: when each is over, ns UTC. starts: for each session its first bar, and one more at the end. days: of the
    sessions, since 1970. of: the bars of an asset, by sid; they are read then. terms: what terms of an asset said,
    likewise; they are computed then. read: reads those of several assets at once, for `of` to be quick.
    """

    stamps: npt.NDArray[np.int64]
    starts: Sequence[int]
    days: Sequence[int]
    of: Callable[[int], AssetBars]
    terms: Callable[[int], list[TermValues]] = _no_terms
    read: Callable[[Sequence[int]], None] = _one_by_one

    def of_all(self, sids: Sequence[int]) -> dict[int, AssetBars]:
        """The bars of several assets by sid, read at once."""
        self.read(sids)
        return {sid: self.of(sid) for sid in sids}

    def bars_at(self, stamps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The bars within which moments lie: the first that is over by then or later."""
        return np.minimum(np.searchsorted(self.stamps, stamps, side="left"), len(self.stamps) - 1)
