"""Rule "number": every price and volume is a finite number."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.validation._finding import Check, found_among

NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$"
"""A number as text: sign, digits with a point, exponent."""


def is_number(column: str) -> pl.Expr:
    """True where the text column holds a finite number."""
    return pl.col(column).str.contains(NUMBER).fill_null(False)


def not_a_number(bars: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Findings for each value that is missing, NaN, infinite or no number at all.

    bars: `row` and columns of text, or of exact numbers, which can only be missing.
    """
    checks: list[Check] = []
    for name in columns:
        bad = ~is_number(name) if bars.schema[name] == pl.String else pl.col(name).is_null()
        checks.append((bad, "number", name, f"{name} is {{}}, not a number", (name,)))
    return found_among(bars, checks)
