"""The rows that a run leaves behind, as its frames are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt._kernels import Kernel
from rustybt.core import Asset, Priced

type Places = npt.NDArray[np.int64]


class SlotTerms(NamedTuple):
    """The terms of an instrument that a run touched, as its frames need them.

    price: at the close of each session, at a scale that is `mark_to_fill_scale` short of fill_scale; empty where it
    was never held, nor traded in a run of which `RunRows.offered` is None. pocket: the number of the pocket that its
    money is in.
    """

    asset: Asset
    symbol: str
    quantity_scale: int
    fill_scale: int
    multiplier: int
    multiplier_scale: int
    mark_to_fill_scale: int
    daily_settled: bool
    pocket: int
    price: Sequence[int]


class Currencies(NamedTuple):
    """The currencies of a run in several, as its frames need them.

    base: the run's currency. rates: what a unit of a currency is worth in it, at each of some
    bars, a zero in it where that is not known. stamps: of the bars, ns UTC.
    bars: the last bar of each session. used: the pockets in which anything was booked. cash: of each session, by
    currency. conversions: id, created, amount, from, to, received, status, reason, done, as integers and texts.
    """

    base: str
    rates: Callable[[str, Sequence[int]], list[tuple[int, int]]]
    stamps: Places
    bars: Sequence[int]
    used: Sequence[int]
    cash: Sequence[dict[str, int]]
    conversions: Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RunRows:
    """All that the frames of a run are made of; neither the strategy nor the market.

    day_rows: the kernel's `Days`. holdings: slot, quantity and cost of what was held from a session's close on;
    holdings_from: sessions, and up to which of these rows. recorded: a mapping for each session. benchmark_returns: at
    scale 18, None without a benchmark. transactions, entries, events, orders: rows. tags: of orders, by number.
    pockets: account and currency of each. slots: the instruments that were touched. days: since 1970, of all sessions
    of the run. opens, closes: ns UTC, of those that there were. prefix: of the ids of orders. figures_below_zero:
    whether figures of an account that was ruined stay. ambiguous: stamp, slot, numbers of orders, what their fills are
    worth at least and at most, and what shorter bars say. written: makes the frame of the metrics' own rows.
    """

    day_rows: Any
    holdings: Any
    holdings_from: list[tuple[int, int]]
    recorded: list[dict[str, Any]]
    benchmark_returns: Sequence[int] | None
    transactions: Any
    entries: Any
    events: Any
    orders: Any
    tags: dict[int, str]
    pockets: list[tuple[str, str]]
    slots: list[SlotTerms]
    days: Places
    opens: Places
    closes: Places
    prefix: str
    kernel: Kernel
    periods: int
    figures_below_zero: bool
    written: Callable[[], pl.DataFrame] | None
    currencies: Currencies | None
    ambiguous: Sequence[tuple[int, int, tuple[int, ...], int, int, str | None]]
    offered: Sequence[int] | None
    priced: Mapping[int, Priced]

    @property
    def count(self) -> int:
        """How many sessions there were."""
        return len(self.day_rows)
