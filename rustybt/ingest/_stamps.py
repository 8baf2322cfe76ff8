"""Days and moments as the catalog keeps them."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from rustybt.calendars import SessionTable, session_days
from rustybt.core import DAY_NS, Frequency
from rustybt.files import YEARS

_KNOWN_DAYS: Final = tuple((dt.date(year, 1, 1) - dt.date(1970, 1, 1)).days for year in YEARS)


def day_span(stamps: pl.DataFrame) -> tuple[int, int] | None:
    """First and last day that the stamps may belong to, a day more on either side; None where none can be read."""
    moments = [name for name in stamps.columns if name != "day"]
    days = stamps.select(
        pl.min_horizontal(pl.col("day").min(), *(pl.col(name).min() // DAY_NS for name in moments)).alias("first"),
        pl.max_horizontal(pl.col("day").max(), *(pl.col(name).max() // DAY_NS for name in moments)).alias("last"),
    ).row(0)
    if days[0] is None:
        return None
    low, high = _KNOWN_DAYS
    return min(max(int(days[0]) - 1, low), high), max(min(int(days[1]) + 1, high), low)


def final_stamps(
    stamps: pl.DataFrame, length: Frequency, calendar: SessionTable, *, start_stamped: bool, end_stamped: bool = False
) -> pl.Series:
    """Stamps as the catalog keeps them: midnight UTC of the last session of daily and longer bars, else the bar's end.

    A week or month may be labelled with any of its days. Null where it can't be read, and where it is not sure which
    session is meant. end_stamped: of days, see `rustybt.calendars.session_days`.
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
    days = session_days(stamps, calendar, at_end=end_stamped)
    low, high = _KNOWN_DAYS
    days = (
        days.to_frame().select(pl.when(pl.col("stamp").is_between(low, high, closed="left")).then("stamp")).to_series()
    )
    if length.period in ("week", "month"):
        last = calendar.last_days_within(days.drop_nulls().to_numpy(), length.period)
        # one that has no session keeps the day it came with, which the calendar's rule then finds
        kept = np.where(last >= 0, last, days.drop_nulls().to_numpy())
        days = _where_known(days, pl.Series("stamp", kept))
    return (days * DAY_NS).alias("stamp")


def _where_known(column: pl.Series, values: pl.Series) -> pl.Series:
    """A value for each row of the column that is not null, in their order; null for the others."""
    if not column.null_count():
        return values.alias("stamp")
    places = column.is_not_null().arg_true()
    frame = pl.DataFrame({"at": places, "stamp": values})
    rows = pl.DataFrame({"at": pl.Series(range(len(column)), dtype=places.dtype)})
    return rows.join(frame, on="at", how="left", maintain_order="left")["stamp"]
