"""Rule "number": every price and volume is a finite number."""

from __future__ import annotations

import polars as pl

from rustybt.core import is_number
from rustybt.validation._finding import Check, found_among


def not_a_number(bars: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Findings for each value that is missing, NaN, infinite or no number at all.

    bars: `row` and columns of text, or of exact numbers, which can only be missing.
    """
    checks: list[Check] = []
    for name in columns:
        bad = ~is_number(name) if bars.schema[name] == pl.String else pl.col(name).is_null()
        checks.append((bad, "number", name, f"{name} is {{}}, not a number", (name,)))
    return found_among(bars, checks)
