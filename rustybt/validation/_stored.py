"""Stored bars of one asset as the checks get them, and what a check says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rustybt.calendars import SessionTable

type Ints = npt.NDArray[np.int64] | npt.NDArray[np.object_]


class Hit(NamedTuple):
    """A finding on the bar at a position. words: value as text, and message; who only counts does not ask for them."""

    at: int
    rule: str
    words: Callable[[], tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class StoredBars:
    """Bars of one asset and frequency, ascending as they are stored.

    kind: class of the asset. daily: stamps are midnight UTC of a session, else the ends of bars. length: of a bar, like
    "1d" or "1m".
    stamps: ns UTC. open, high, low, close, volume: integers, as objects where 64 bits are too few.
    price_scale, volume_scale: their decimals. splits: ratio (old prices times it compare with new ones) by day.
    created_ns: when the version was written.
    counts: of bars that were made of shorter ones, those of `source`: their stamps, how many there were, how many their
        time has.
    """

    kind: str
    daily: bool
    stamps: npt.NDArray[np.int64]
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    price_scale: int
    volume_scale: int
    splits: Mapping[int, float]
    calendar: SessionTable
    created_ns: int
    length: str = "1m"
    counts: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None
    source: str = ""

    def price(self, column: Ints, at: int) -> str:
        """A price as text."""
        return shown(int(column[at]), self.price_scale)


def shown(value: int, scale: int) -> str:
    """A scaled integer as plain text."""
    from rustybt.core import as_plain_decimal

    return format(as_plain_decimal(value, scale), "f")
