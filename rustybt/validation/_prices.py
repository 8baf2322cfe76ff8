"""Rules "price" (above zero) and "range" (open and close between low and high)."""

from __future__ import annotations

import polars as pl

from rustybt.validation._finding import Check, found_among

_PRICES = ("open", "high", "low", "close")


def not_above_zero(bars: pl.DataFrame) -> pl.DataFrame:
    """Findings for prices of zero or below. bars: `row`, prices as integers of one scale, and as text in `*_text`."""
    return found_among(
        bars,
        [
            (pl.col(name) <= 0, "price", f"{name}_text", f"{name} is {{}}, not above zero", (f"{name}_text",))
            for name in _PRICES
        ],
    )


def outside_of_range(bars: pl.DataFrame) -> pl.DataFrame:
    """Findings for a high below the low, and an open or close beyond either. bars: as in `not_above_zero`."""
    upside_down = pl.col("high") < pl.col("low")
    message = "high {} is below low {}"
    checks: list[Check] = [(upside_down, "range", "high_text", message, ("high_text", "low_text"))]
    for name in ("open", "close"):
        beyond = (pl.col(name) > pl.col("high")) | (pl.col(name) < pl.col("low"))
        message = f"{name} {{}} lies outside of low {{}} to high {{}}"
        shown = (f"{name}_text", "low_text", "high_text")
        checks.append((~upside_down & beyond, "range", shown[0], message, shown))
    return found_among(bars, checks)
