"""The session that a daily stamp stands for. All ways in ask here: frames, files, vendors, splits and dividends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from rustybt.calendars._session_table import SessionTable, Stamps
from rustybt.core import DAY_NS, date_edges

_UTC: Final = "UTC"
_HALF_A_DAY: Final = DAY_NS // 2
_NONE: Final = -(2**31)
"""Stands for no day in an array of days."""


def session_days(stamps: pl.DataFrame, sessions: SessionTable, *, at_end: bool = False) -> pl.Series:
    """The day that each stamp stands for, Int64 since 1970-01-01; null where that is not sure.

    stamps: `day` (a date that is written: midnight in the stamp's own zone), else `instant` (ns UTC), else `clock` (a
    time of day that names no zone, ns as if it were UTC); see `rustybt.files.parsed_stamps`.
    An instant stands for the date where it begins or ends one in the calendar's zone or in UTC, as session labels
    do, else for the session that it lies in. Sessions of more than half a day leave nearly no instant out, whatever
    day it was written for: there only the open and the close count. Where a session opens as another closes it is the
    one that opens, with at_end the one that closes.
    A time without a zone stands for its date where it means that date in the calendar's zone or in UTC, and another
    one in neither.
    """
    days = stamps["day"].cast(pl.Int64)
    if not days.null_count():
        return days.alias("stamp")
    found = [days, _of_instants(stamps["instant"], sessions, at_end=at_end)]
    if "clock" in stamps.columns and stamps["clock"].null_count() < stamps.height:
        found.append(_of_clocks(stamps["clock"], sessions, at_end=at_end))
    return _first_known(found).alias("stamp")


def _of_instants(instants: pl.Series, sessions: SessionTable, *, at_end: bool) -> pl.Series:
    edges = [date_edges(instants, zone) for zone in (sessions.tz, _UTC)]
    known = instants.drop_nulls()
    held = pl.DataFrame({"x": known, "held": _holding(known.to_numpy(), sessions, at_end=at_end)})
    held = held.unique("x").with_columns(pl.when(pl.col("held") != _NONE).then("held"))
    joined = instants.to_frame("x").join(held, on="x", how="left", maintain_order="left")["held"]
    return _first_known([*edges, joined])


def _of_clocks(clocks: pl.Series, sessions: SessionTable, *, at_end: bool) -> pl.Series:
    local = clocks.cast(pl.Datetime("ns")).dt.replace_time_zone(sessions.tz, ambiguous="null", non_existent="null")
    readings = {
        "zone": _of_instants(local.dt.convert_time_zone(_UTC).to_physical(), sessions, at_end=at_end),
        "utc": _of_instants(clocks, sessions, at_end=at_end),
    }
    frame = pl.DataFrame({**readings, "written": clocks // DAY_NS})
    some = pl.col("zone").is_not_null() | pl.col("utc").is_not_null()
    other = (pl.col("zone") != pl.col("written")) | (pl.col("utc") != pl.col("written"))
    return frame.select(pl.when(some & ~other.fill_null(value=False)).then("written")).to_series()


def _holding(instants: Stamps, sessions: SessionTable, *, at_end: bool) -> Stamps:
    """The session that each instant surely lies in, `_NONE` for none. A short one lasts until its usual close."""
    opens, closes = sessions.opens, sessions.closes
    if not len(opens):
        return np.full(len(instants), _NONE, dtype=np.int64)
    at = np.maximum(np.searchsorted(opens, instants, side="right") - 1, 0)
    length = int((closes - opens).max())
    day = sessions.days.astype(np.int64)
    if length <= _HALF_A_DAY:
        inside = (instants >= opens[at]) & (instants <= np.maximum(closes[at], opens[at] + length))
        return np.where(inside, day[at], _NONE)
    ended = np.minimum(np.searchsorted(closes, instants), len(closes) - 1)
    begins, ends = opens[at] == instants, closes[ended] == instants
    first, second = ((ends, day[ended]), (begins, day[at]))
    if not at_end:
        first, second = second, first
    return np.where(first[0], first[1], np.where(second[0], second[1], _NONE))


def _first_known(columns: Sequence[pl.Series]) -> pl.Series:
    """Of each row the first value that is not null."""
    return (
        pl.DataFrame([column.alias(str(at)) for at, column in enumerate(columns)])
        .select(pl.coalesce(pl.all()))
        .to_series()
    )
