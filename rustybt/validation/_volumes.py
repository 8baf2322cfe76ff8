"""Rule "volume": no volume is negative. Zero is fine: it means that nothing was traded."""

from __future__ import annotations

import polars as pl

from rustybt.validation._finding import found


def negative_volume(bars: pl.DataFrame) -> pl.DataFrame:
    """Findings for volumes below zero. bars: `row`, `volume` as integers, `volume_text`."""
    return found(
        bars,
        pl.col("volume") < 0,
        "volume",
        "volume_text",
        "volume is {}, below zero",
        "volume_text",
    )
