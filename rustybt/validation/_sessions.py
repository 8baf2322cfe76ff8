"""Rule "calendar": every bar lies in a session, every minute in its trading hours."""

from __future__ import annotations

import polars as pl

from rustybt.calendars import SessionTable
from rustybt.core import DAY_NS
from rustybt.validation._finding import found


def outside_of_calendar(bars: pl.DataFrame, calendar: SessionTable, *, daily: bool) -> pl.DataFrame:
    """Findings for days that are no session, and stamps that end no minute of one.

    bars: `row`, `stamp`, `stamp_text`.
    """
    known = bars.filter(pl.col("stamp").is_not_null())
    stamps = known["stamp"].to_numpy()
    held = calendar.holds_days(stamps // DAY_NS) if daily else calendar.holds_minutes(stamps)
    what = "is no session" if daily else "is not the end of a trading minute"
    return found(
        known.with_columns(pl.Series("held", held)),
        ~pl.col("held"),
        "calendar",
        "stamp_text",
        f"{{}} {what} of {calendar.name}",
        "stamp_text",
    )
