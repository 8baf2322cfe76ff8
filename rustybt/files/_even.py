"""Stamps that are all written in one form, read digit by digit over whole columns."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import DAY_NS

YEARS: Final = (1900, 2200)
"""Stamps beyond are typing errors, and no calendar tells of them."""
_DATE: Final = "dddd-dd-dd"
_TIMES: Final = ("", "Tdd:dd", "Tdd:dd:dd")
_FORMS: Final = {
    len(_DATE + time + zone): (_DATE + time + zone, bool(zone))
    for time in _TIMES
    for zone in (("", "Z", "+00:00") if time else ("",))
}
"""By length, since no two are equally long; d is a digit, T may be a blank, and whether it is UTC by its own words."""

type _Column = npt.NDArray[np.int64]


def even_moments(column: pl.Series) -> tuple[pl.Series, bool] | None:
    """Nanoseconds since 1970 of dates and times of whole seconds, and whether they are UTC by their own words.

    column: text. None where not all of them have the form of the first, or one says no moment: then each wants its
    own look.
    """
    lengths = column.str.len_bytes()
    form = _FORMS.get(lengths.min() or 0)  # type: ignore[arg-type]
    if form is None or lengths.max() != len(form[0]) or column.null_count():
        return None
    rows = np.frombuffer(column.str.join("").item().encode(), dtype=np.uint8).reshape(len(column), -1)
    places = np.ascontiguousarray(rows.T)
    if not _has_form(places, form[0]):
        return None
    days = _days(*(_number(places, at, count) for at, count in ((0, 4), (5, 2), (8, 2))))
    if days is None:
        return None
    seconds: _Column | int = 0
    for at, unit, most in ((11, 3600, 23), (14, 60, 59), (17, 1, 59)):
        if form[0][at : at + 2] != "dd":
            break
        part = _number(places, at, 2)
        if int(part.max()) > most:
            return None
        seconds = seconds + part * unit
    return pl.Series(column.name, days * DAY_NS + seconds * 10**9), form[1]


def _has_form(places: npt.NDArray[np.uint8], form: str) -> bool:
    for row, letter in zip(places, form, strict=True):
        if letter == "d":
            fits = row - np.uint8(ord("0")) <= 9  # below zero wraps round to above nine
        elif letter == "T":
            fits = (row == ord("T")) | (row == ord(" "))
        else:
            fits = row == ord(letter)
        if not fits.all():
            return False
    return True


def _number(places: npt.NDArray[np.uint8], at: int, count: int) -> _Column:
    total = np.zeros(places.shape[1], dtype=np.int64)
    for row in places[at : at + count]:
        total *= 10
        total += row
    return total - ord("0") * int("1" * count)


def _days(years: _Column, months: _Column, days: _Column) -> _Column | None:
    """Days since 1970-01-01; None where one is no day of the calendar."""
    if years.min() < YEARS[0] or years.max() >= YEARS[1] or months.min() < 1 or months.max() > 12:
        return None
    starts = np.arange((YEARS[0] - 1970) * 12, (YEARS[1] - 1970) * 12 + 1)
    starts = starts.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    number = (years - YEARS[0]) * 12 + months - 1
    found = starts[number] + days - 1
    return found if days.min() >= 1 and (found < starts[number + 1]).all() else None
