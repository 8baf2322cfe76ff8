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
_STEPS: Final = {"1w": (5, 9), "1mo": (25, 36)}
"""In days, of labels that a holiday may shift."""
_MOST: Final = 0.9
_WORDS: Final = {"1w": "week", "1mo": "month"}
_UNITS: Final = (("h", 3_600 * NS), ("m", 60 * NS), ("s", NS), ("ms", 10**6))


class LongerBars(Exception):
    """The rows are weeks or months, and nobody said that they are days."""

    def __init__(self, frequency: str) -> None:
        super().__init__(frequency)
        self.frequency = frequency
        self.note = (
            f"The rows are a {_WORDS[frequency]} apart: they were taken to be {_WORDS[frequency]}s. For days give "
            "frequency='1d' (--frequency 1d)."
        )


def check_spacing(rows: pl.DataFrame, source: str, *, told: bool) -> str | None:
    """What is to be said where days look like weeks or months, else None.

    rows: `symbol`, and `day`, `instant` and `clock` of daily bars. told: whether somebody said that they are days; else
    LongerBars is raised where all are weeks or months. Raises InputError where they are parts of days.
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
        said = "frequency='1d' says that each is a day" if told else "are no days"
        zone = " Their stamps name no zone: pass tz= (--tz) too." if rows["clock"].count() else ""
        raise InputError(
            f"{source}: its rows are {name} apart, and {said}. Pass frequency={name!r} (--frequency {name}), and "
            f"stamp='start' or stamp='end' (--stamp): what the stamps say of a bar.{zone}"
        )
    days = step // DAY_NS
    if len(steps) < _FEWEST or not (days == _WEEK or _MONTH[0] <= days <= _MONTH[1]):
        return None
    name = "1w" if days == _WEEK else "1mo"
    if not told and _are_all(steps, *_STEPS[name]):
        raise LongerBars(name)
    what = _WORDS[name]
    return (
        f"its days are a {what} apart; where each row is a whole {what}, pass frequency={name!r} (--frequency {name})"
    )


def _are_all(steps: pl.Series, low: int, high: int) -> bool:
    """Whether no step is shorter, and hardly any longer: weeks and months without a row are rare."""
    days = steps // DAY_NS
    return bool((days >= low).all()) and int((days <= high).sum()) >= _MOST * len(days)


def _named(step: int) -> str:
    for unit, length in _UNITS:
        if step % length == 0:
            return f"{step // length}{unit}"
    return f"{step / NS:g}s"
