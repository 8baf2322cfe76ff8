"""Exact columns as floats: for NumPy, for pictures, and for Zipline's frame."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from rustybt.core import scaled_ints


def floats(column: pl.Series) -> list[float]:
    """The nearest float to each Decimal; NaN for null."""
    unit = 10**column.dtype.scale  # type: ignore[attr-defined]
    return [math.nan if value is None else value / unit for value in scaled_ints(column)]


def as_floats(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with Float64 in the place of each Decimal column: the nearest float, null for null."""
    exact = [column for column in frame if isinstance(column.dtype, pl.Decimal)]
    return frame.with_columns(pl.Series(one.name, optional_floats(one), dtype=pl.Float64) for one in exact)


def amounts(column: pl.Series) -> list[Any]:
    """Quantities: int where whole, as in Zipline, else float."""
    unit = 10**column.dtype.scale  # type: ignore[attr-defined]
    return [v if v is None else v // unit if v % unit == 0 else v / unit for v in scaled_ints(column)]


def optional_floats(column: pl.Series) -> list[Any]:
    """Floats, None for null."""
    if not isinstance(column.dtype, pl.Decimal):
        return column.to_list()
    unit = 10**column.dtype.scale
    return [None if value is None else value / unit for value in scaled_ints(column)]
