"""Bars of one symbol as a cache keeps them: the sources fill it, the catalog stores it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class CachedBars:
    """Bars of one symbol from one source, without a gap in what was asked for.

    start_ns, end_ns: the range that was asked for, end excluded; bars need not begin or end there.
    as_of_ns: when they were fetched: what ended shortly before may still change.
    bars: symbol, date or timestamp, open, high, low, close, volume, ascending; at least one row.
    metadata: what else came, as JSON can hold it: splits, dividends, asset, notes, provenance.
    """

    symbol: str
    start_ns: int
    end_ns: int
    as_of_ns: int
    bars: pl.DataFrame
    metadata: Mapping[str, Any]
