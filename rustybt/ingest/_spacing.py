"""How far apart the rows of an asset are, against the length of bar that was named."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Spacing:
    """How far the rows of a table are apart. is_sure: there are enough of them, and all say it.

    frequency: what they look like, one of "1d", "1w" and "1mo".
    """

    frequency: str
    is_sure: bool

    @property
    def note(self) -> str | None:
        """The note for bars that are stored as days."""
        if self.frequency == "1d":
            return None
        what = _WORDS[self.frequency]
        return (
            f"its days are a {what} apart; where each row is a whole {what}, give frequency={self.frequency!r} "
            f"(--frequency {self.frequency})"
        )


def spacing_of(rows: pl.DataFrame, source: str, *, told: bool) -> Spacing | None:
    """How far rows that are taken for days are apart; None where there are too few to say it.

    rows: `symbol`, and `day`, `instant` and `clock` of daily bars. told: whether somebody said that they are days.
    Raises InputError where they are parts of days.
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
        zone = " Their stamps name no zone: give tz= (--tz) too." if rows["clock"].count() else ""
        raise InputError(
            f"{source}: its rows are {name} apart, and {said}. Give frequency={name!r} (--frequency {name}), and "
            f"stamp='start' or stamp='end' (--stamp): what the stamps say of a bar.{zone}"
        )
    if len(steps) < _FEWEST:
        return None
    days = step // DAY_NS
    name = "1w" if days == _WEEK else "1mo" if _MONTH[0] <= days <= _MONTH[1] else "1d"
    return Spacing(name, name == "1d" or _are_all(steps, *_STEPS[name]))


def _are_all(steps: pl.Series, low: int, high: int) -> bool:
    """Whether no step is shorter, and hardly any longer: weeks and months without a row are rare."""
    days = steps // DAY_NS
    return bool((days >= low).all()) and int((days <= high).sum()) >= _MOST * len(days)


def _named(step: int) -> str:
    for unit, length in _UNITS:
        if step % length == 0:
            return f"{step // length}{unit}"
    return f"{step / NS:g}s"
