"""Days and moments as the catalog keeps them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from rustybt.calendars import SessionTable
from rustybt.core import DAY_NS, Frequency
from rustybt.files import YEARS


def day_span(stamps: pl.DataFrame) -> tuple[int, int] | None:
    """First and last day that the stamps may belong to, a day more on either side; None where none can be read."""
    days = stamps.select(
        pl.min_horizontal(pl.col("day").min(), pl.col("instant").min() // DAY_NS).alias("first"),
        pl.max_horizontal(pl.col("day").max(), pl.col("instant").max() // DAY_NS).alias("last"),
    ).row(0)
    if days[0] is None:
        return None
    low, high = (dt.date(year, 1, 1).toordinal() - dt.date(1970, 1, 1).toordinal() for year in YEARS)
    return min(max(int(days[0]) - 1, low), high), max(min(int(days[1]) + 1, high), low)


def final_stamps(stamps: pl.DataFrame, length: Frequency, calendar: SessionTable, *, start_stamped: bool) -> pl.Series:
    """Stamps as the catalog keeps them: midnight UTC of the last session of daily and longer bars, else the bar's end.

    A week or month may be labelled with any of its days.
    start_stamped: shorter bars are stamped with their start; they end a bar's length later, but before a break and at
    the close at the latest.
    """
    if length.step_ns is not None:
        instants = stamps["instant"]
        if not start_stamped:
            return instants.alias("stamp")
        known = instants.drop_nulls().to_numpy()
        ends = pl.Series("stamp", calendar.ends_of(known, length.step_ns))
        return _where_known(instants, ends)
    days = day_labels(stamps, calendar.tz)
    if length.period in ("week", "month"):
        last = calendar.last_days_within(days.drop_nulls().to_numpy(), length.period)
        # one that has no session keeps the day it came with, which the calendar's rule then finds
        kept = np.where(last >= 0, last, days.drop_nulls().to_numpy())
        days = _where_known(days, pl.Series("stamp", kept))
    return (days * DAY_NS).alias("stamp")


def day_labels(stamps: pl.DataFrame, tz: str) -> pl.Series:
    """The day that each stamp stands for (Int64, since 1970-01-01): of an aware one the date in the zone.

    Midnight UTC is itself a date: it is how session labels are written.
    """
    instant = pl.col("instant").cast(pl.Datetime("ns", "UTC"))
    local = instant.dt.convert_time_zone(tz).dt.date().to_physical().cast(pl.Int64)
    label = pl.when(pl.col("instant") % DAY_NS == 0).then(pl.col("instant") // DAY_NS).otherwise(local)
    return stamps.select(pl.coalesce(pl.col("day").cast(pl.Int64), label).alias("stamp")).to_series()


def _where_known(column: pl.Series, values: pl.Series) -> pl.Series:
    """A value for each row of the column that is not null, in their order; null for the others."""
    if not column.null_count():
        return values.alias("stamp")
    places = column.is_not_null().arg_true()
    frame = pl.DataFrame({"at": places, "stamp": values})
    rows = pl.DataFrame({"at": pl.Series(range(len(column)), dtype=places.dtype)})
    return rows.join(frame, on="at", how="left", maintain_order="left")["stamp"]
