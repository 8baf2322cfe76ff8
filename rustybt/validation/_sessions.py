"""Rule "calendar": every bar lies in a session, every minute in its trading hours."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.calendars import SessionTable
from rustybt.core import DAY_NS, MINUTE_NS, Frequency
from rustybt.validation._finding import found

MIDNIGHT: Final = r"[ T]00:00:00(\.0+)?$"
"""The time of a stamp that stands for a day."""


def outside_of_calendar(bars: pl.DataFrame, calendar: SessionTable, length: Frequency) -> pl.DataFrame:
    """Findings for days that are no session, and stamps at which no bar can end.

    bars: `row`, `stamp`, `stamp_text`. Minutes end on the calendar's minutes; bars of another length anywhere within
    a session, as vendors lay them out from the open or by the clock.
    """
    known = bars.filter(pl.col("stamp").is_not_null())
    stamps = known["stamp"].to_numpy()
    shown = pl.col("stamp_text").cast(pl.String)
    if length.by_session:
        held, what = calendar.holds_days(stamps // DAY_NS), "is no session"
        shown = shown.str.replace(MIDNIGHT, "")
    elif length.step_ns == MINUTE_NS:
        held, what = calendar.holds_minutes(stamps), "is not the end of a trading minute"
    else:
        held, what = calendar.holds_instants(stamps), "is not within the trading hours"
    return found(
        known.with_columns(pl.Series("held", held), shown.alias("shown")),
        ~pl.col("held"),
        "calendar",
        "stamp_text",
        f"{{}} {what} of {calendar.name}",
        "shown",
    )
