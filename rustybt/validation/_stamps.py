"""Rules "stamp" (it can be read), "duplicate" and "unsorted" (each asset's rows ascend)."""

from __future__ import annotations

import polars as pl

from rustybt.files import YEARS
from rustybt.validation._finding import found, nothing_found


def unreadable_stamp(bars: pl.DataFrame) -> pl.DataFrame:
    """Findings for rows without a stamp. bars: `row`, `stamp` (null where it could not be read), `stamp_text`."""
    gone = bars.filter(pl.col("stamp").is_null())
    if not gone.height:
        return nothing_found()
    beyond = ~pl.col("stamp_text").cast(pl.String).str.extract(r"^([0-9]{4})-").cast(pl.Int32).is_between(
        *YEARS, closed="left"
    )
    early = found(
        gone,
        beyond,
        "stamp",
        "stamp_text",
        f"{{}} is beyond the years {YEARS[0]} to {YEARS[1] - 1}, of which calendars tell: leave such rows out",
        "stamp_text",
    )
    others = found(
        gone,
        ~beyond.fill_null(value=False),
        "stamp",
        "stamp_text",
        "{} is no stamp: write it like 2024-07-04 or 2024-07-04T14:30:00Z, within a clock change with its offset, or "
        "say how it is written: csv={{'dates': ...}} (--dates)",
        "stamp_text",
    )
    return pl.concat([early, others])


def unsure_stamp(bars: pl.DataFrame, calendar: str) -> pl.DataFrame:
    """Findings for days whose stamps leave open which session they mean. bars: `row`, `stamp_text`."""
    message = (
        f"{{}} is no day for certain: neither midnight of a zone nor within one session of {calendar}. Write dates, or "
        "pass tz= (--tz), the zone at whose midnights these days begin, or the calendar= whose sessions begin then"
    )
    return found(bars, pl.lit(value=True), "stamp", "stamp_text", message, "stamp_text")


def out_of_sequence(bars: pl.DataFrame) -> pl.DataFrame:
    """Findings for all rows of an asset and stamp but the first, and for rows that come after a later one of their
    asset.

    bars: `row`, `key`, `stamp`, `stamp_text`, in the order of the input.
    """
    if _ascend(bars):
        return nothing_found()
    first = pl.struct("key", "stamp").is_first_distinct()
    again = found(
        bars,
        ~first & pl.col("stamp").is_not_null(),
        "duplicate",
        "stamp_text",
        "an earlier row has this stamp too",
    )
    late = found(
        bars,
        (pl.col("stamp") < pl.col("stamp").cum_max().over("key")) & first,
        "unsorted",
        "stamp_text",
        "an earlier row has a later stamp: sort the rows of each asset, oldest first",
    )
    return pl.concat([again, late])


def _ascend(bars: pl.DataFrame) -> bool:
    """Whether each asset's rows ascend, as in nearly all data: then there is nothing to look for."""
    if bars["key"].has_nulls() or bars["stamp"].has_nulls():
        return False
    key, stamp = pl.col("key"), pl.col("stamp")
    same = key == key.shift()
    runs, assets, step_back = bars.select(
        (~same).sum().alias("changes"),
        key.n_unique().alias("assets"),
        (same & ~(stamp > stamp.shift())).any().alias("back"),
    ).row(0)
    if step_back or runs + 1 == assets:  # they stand together
        return not step_back
    return not bars.select((stamp <= stamp.shift().over("key")).any()).item()
