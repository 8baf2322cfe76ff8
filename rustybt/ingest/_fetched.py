"""What a source gave, as arguments of `ingest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from rustybt.core import DAY_NS, MINUTE_NS, date_of, datetime_of, day_of, frequency_named
from rustybt.errors import InputError
from rustybt.ingest._bars import spanning_table
from rustybt.sources import Fetched


def arguments_of(fetched: Fetched, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `ingest` for what was fetched; those that the caller gave too come before it.

    given: assets, splits, dividends, calendar, provenance, as the caller gave them, None where not.
    Raises InputError where some symbols could not be fetched.
    """
    if fetched.failures:
        raise InputError(
            f"{len(fetched.failures)} symbols could not be fetched, the first is {fetched.failures[0]} "
            "Fetch again (with resume= only what is missing is asked for), or give fetched.partial()."
        )
    own = {name: getattr(fetched, name) for name in ("assets", "splits", "dividends")}
    arguments = {name: own[name] if given.get(name) is None else given[name] for name in own}
    calendar = given.get("calendar") or fetched.calendar
    told = given.get("provenance")
    provenance: Mapping[str, Any] = told if isinstance(told, Mapping) else {"note": told} if told else {}
    intraday = "timestamp" in fetched.bars.columns
    bars = _trading_hours(fetched.bars, calendar) if fetched.extended_hours else fetched.bars
    if frequency_named(fetched.frequency).period in ("week", "month"):
        bars = _last_sessions(bars, fetched.frequency, calendar)
    return {
        **arguments,
        "bars": bars,
        "frequency": fetched.frequency,
        "calendar": calendar,
        "stamp": "start" if intraday else None,
        "tz": None,
        "provenance": {**fetched.provenance, **provenance},
    }


def _last_sessions(bars: pl.DataFrame, frequency: str, calendar: str) -> pl.DataFrame:
    """Vendors label a week or month with its first day. Here it is its last session: before that it is not known."""
    length = frequency_named(frequency)
    starts = bars["date"].unique().to_list()
    if not starts:
        return bars
    ends = {day: length.end_of(day_of(day) * DAY_NS) // DAY_NS - 1 for day in starts}
    days = spanning_table(calendar, (min(map(day_of, starts)), max(ends.values()))).days
    labels = {day: date_of(int(days[np.searchsorted(days, end, side="right") - 1])) for day, end in ends.items()}
    return bars.with_columns(pl.col("date").replace_strict(labels, return_dtype=pl.Date))


def _trading_hours(bars: pl.DataFrame, calendar: str) -> pl.DataFrame:
    """The minutes that the calendar has: what was traded before the open and after the close is not asked for."""
    starts = bars["timestamp"].to_physical()
    if not len(starts):
        return bars
    first, last = (datetime_of(int(stamp)).date() for stamp in (starts.min(), starts.max()))  # type: ignore[arg-type]
    table = spanning_table(calendar, (day_of(first), day_of(last)))
    return bars.filter(pl.Series(table.holds_minutes(starts.to_numpy() + MINUTE_NS)))
