"""Instants at which a date begins or ends somewhere."""

from __future__ import annotations

import polars as pl

from rustybt.core._time import MINUTE_NS


def date_edges(instants: pl.Series, zone: str) -> pl.Series:
    """The date that each instant (ns UTC) begins in a zone, or whose last minute it lies in; null for all others.

    Int64, days since 1970-01-01. Where clocks are put forward at midnight a date begins at 1 o'clock.
    """
    at = pl.col("x").cast(pl.Datetime("ns", "UTC"))
    before, here, after = (
        (at + pl.duration(nanoseconds=shift)).dt.convert_time_zone(zone).dt.date().to_physical().cast(pl.Int64)
        for shift in (-1, 0, MINUTE_NS)
    )
    edge = pl.when((before < here) | (here < after)).then(here)
    return instants.to_frame("x").select(edge).to_series()
