"""Exact columns as the floats and ints of Zipline's frame."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from rustybt.core import scaled_ints


def floats(column: pl.Series) -> list[float]:
    """The nearest float to each Decimal; NaN for null."""
    unit = 10**column.dtype.scale  # type: ignore[attr-defined]
    return [math.nan if value is None else value / unit for value in scaled_ints(column)]


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
