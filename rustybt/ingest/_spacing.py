"""How far apart the rows of an asset are, against the length of bar that was named."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.core import DAY_NS, NS
from rustybt.errors import InputError

LOOKED_AT: Final = 25_000
"""Rows of a table that tell."""
_WEEK: Final = 7
_MONTH: Final = (28, 31)
_FEWEST: Final = 3
_UNITS: Final = (("h", 3_600 * NS), ("m", 60 * NS), ("s", NS), ("ms", 10**6))


def check_spacing(rows: pl.DataFrame, source: str) -> str | None:
    """What is to be said where days look like weeks or months, else None.

    rows: `symbol`, and `day`, `instant` and `clock` of daily bars. Raises InputError where they are parts of days.
    """
    rows = rows.head(LOOKED_AT)
    moment = pl.coalesce(pl.col("day").cast(pl.Int64) * DAY_NS, "instant", "clock")
    steps = rows.select(moment.diff().over("symbol").abs().alias("step")).to_series()
    steps = steps.filter(steps > 0)
    if steps.is_empty():
        return None
    step = int(steps.median())  # type: ignore[arg-type]
    if step < DAY_NS // 2:
        name = _named(step)
        raise InputError(
            f"{source}: its rows are {name} apart, and frequency='1d' says that each is a day. Pass frequency={name!r} "
            "(--frequency), and stamp='start' or stamp='end' (--stamp): what the stamps say of a bar."
        )
    days = step // DAY_NS
    if len(steps) < _FEWEST or not (days == _WEEK or _MONTH[0] <= days <= _MONTH[1]):
        return None
    name, what = ("1w", "week") if days == _WEEK else ("1mo", "month")
    return (
        f"its days are a {what} apart; where each row is a whole {what}, pass frequency={name!r} (--frequency {name})"
    )


def _named(step: int) -> str:
    for unit, length in _UNITS:
        if step % length == 0:
            return f"{step // length}{unit}"
    return f"{step / NS:g}s"
