"""Exact columns as floats: for NumPy, for pictures, and for Zipline's frame."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from rustybt.core import scaled_ints


def nearest_floats(column: pl.Series) -> pl.Series:
    """The nearest float to each Decimal, null for null."""
    # digits are read as the nearest float; a quotient of two floats need not be
    return column.cast(pl.String).cast(pl.Float64)


def floats(column: pl.Series) -> list[float]:
    """The nearest float to each Decimal; NaN for null."""
    return nearest_floats(column).fill_null(math.nan).to_list()


def as_floats(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with Float64 in the place of each Decimal column: the nearest float, null for null."""
    return frame.with_columns(nearest_floats(column) for column in frame if isinstance(column.dtype, pl.Decimal))


def amounts(column: pl.Series) -> list[Any]:
    """Quantities: int where whole, as in Zipline, else float."""
    scale: int = column.dtype.scale  # type: ignore[attr-defined]
    values = scaled_ints(column)
    if not scale:
        return values
    unit = 10**scale
    return [v if v is None else v // unit if v % unit == 0 else v / unit for v in values]


def optional_floats(column: pl.Series) -> list[Any]:
    """Floats, None for null."""
    return (nearest_floats(column) if isinstance(column.dtype, pl.Decimal) else column).to_list()
