"""A source's download, as arguments of `ingest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from rustybt.core import DAY_NS, MINUTE_NS, date_of, datetime_of, day_of, frequency_named
from rustybt.errors import InputError
from rustybt.ingest._bars import spanning_table
from rustybt.sources import Fetched


def arguments_of(fetched: Fetched, given: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The arguments of `ingest` for what was fetched, and notes on bars that were left out.

    What the caller gave too comes before it.

    given: assets, splits, dividends, funding, calendar, provenance, as the caller gave them, None where not.
    Raises InputError where some symbols could not be fetched.
    """
    if fetched.failures:
        raise InputError(
            f"{len(fetched.failures)} symbols could not be fetched, the first is {fetched.failures[0]} "
            "Fetch again (with resume= only what is missing is asked for), or pass fetched.partial()."
        )
    own = {name: getattr(fetched, name) for name in ("assets", "splits", "dividends", "funding")}
    arguments = {name: own[name] if given.get(name) is None else given[name] for name in own}
    if isinstance(given.get("assets"), Mapping) and own["assets"] is not None:
        # what is said of every asset comes before what the source says, and leaves the rest of it
        arguments["assets"] = [given["assets"], own["assets"].drop(*given["assets"], strict=False)]
    calendar = given.get("calendar") or fetched.calendar
    told = given.get("provenance")
    provenance: Mapping[str, Any] = told if isinstance(told, Mapping) else {"note": told} if told else {}
    intraday = "timestamp" in fetched.bars.columns
    bars, notes = fetched.bars, tuple[str, ...]()
    if fetched.extended_hours:
        bars, notes = _trading_hours(bars, fetched.frequency, calendar)
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
    }, notes


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


def _trading_hours(bars: pl.DataFrame, frequency: str, calendar: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The bars that lie in the calendar's hours, wholly or in part, and in words what that means for the others.

    Minutes lie on one side of the open. A longer bar that reaches over it can't be cut, and is kept whole.
    """
    starts = bars["timestamp"].to_physical()
    if not len(starts):
        return bars, ()
    first, last = (datetime_of(int(stamp)).date() for stamp in (starts.min(), starts.max()))  # type: ignore[arg-type]
    table = spanning_table(calendar, (day_of(first), day_of(last)))
    step = frequency_named(frequency).step_ns or MINUTE_NS
    begins = starts.to_numpy()
    kept = table.holds_minutes(begins + MINUTE_NS) if step == MINUTE_NS else table.overlap(begins, step)
    begun_outside = int((kept & ~table.holds_instants(begins + 1)).sum())
    notes = []
    if not kept.all():
        notes.append(f"{_bars(int((~kept).sum()))} outside of the trading hours of {table.name} left out")
    if begun_outside:
        notes.append(
            f"{_bars(begun_outside)} of {frequency} that reach over an open of {table.name} kept whole, with what was "
            "traded before it"
        )
    return bars.filter(pl.Series(kept)), tuple(notes)


def _bars(count: int) -> str:
    return f"{count:,} bar{'s' if count != 1 else ''}"
