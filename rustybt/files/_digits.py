"""Numbers with a point and nothing else in them, of whatever writing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.errors import InputError

NUMBERS: Final = ("open", "high", "low", "close", "volume")
_ALL: Final = (*NUMBERS, "dividend", "split")
GROUPED: Final = "its decimals stand behind commas, so points were read as what groups digits: 1.200 is 1200"


def check_marks(decimal: str, thousands: str, strip: str) -> None:
    """Raises InputError where a character would be taken out of numbers that says what they are."""
    if decimal in thousands:
        raise InputError(f"csv: decimal and thousands are both {decimal!r}. Pass two that differ.")
    odd = sorted({c for c in strip + thousands if c.isdigit() or c in "+-" or c == decimal})
    if odd:
        raise InputError(
            f"csv: strip or thousands would take {' '.join(odd)} out of every number, which would be another one then. "
            "Name what stands beside the digits, such as $, or what groups them."
        )


def plain_numbers(
    frame: pl.DataFrame, path: Path, *, decimal: str, thousands: str, strip: str, notes: list[str]
) -> pl.DataFrame:
    """The columns of numbers, text. notes: gets `GROUPED` where that was found out.

    Raises InputError for a number whose groups are none, as 1.5 where commas are decimals.
    """
    if decimal == "." and not thousands and not strip:
        return frame
    names = [name for name in _ALL if name in frame.columns]
    frame = frame.with_columns(_without(name, strip) for name in names)
    groups = thousands or ("." if decimal == "," else "")
    if groups:
        for name in names:
            _check_groups(frame[name], path, decimal, groups, told=bool(thousands))
        if not thousands and GROUPED not in notes and any(_has(frame[name], groups) for name in names):
            notes.append(GROUPED)
    return frame.with_columns(_without(name, groups).str.replace(decimal, ".", literal=True) for name in names)


def _without(name: str, characters: str) -> pl.Expr:
    text = pl.col(name)
    for character in characters:
        text = text.str.replace_all(character, "", literal=True)
    return text


def _has(column: pl.Series, characters: str) -> bool:
    return any(bool(column.str.contains(character, literal=True).any()) for character in characters)


def _check_groups(column: pl.Series, path: Path, decimal: str, groups: str, *, told: bool) -> None:
    """Digits are grouped by three; in India the groups before the last one have two."""
    mark, point = f"[{re.escape(groups)}]", re.escape(decimal)
    whole = (
        rf"^\s*[^0-9]*[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}(?:{point}[0-9]*)?(?:[eE][+-]?[0-9]+)?[^0-9]*$"
    )
    odd = column.filter(column.str.contains(rf"[0-9]{mark}|{mark}[0-9]") & ~column.str.contains(whole))
    if not odd.len():
        return
    way = (
        f"thousands={groups!r} (--thousands) says what groups digits: is it what stands before the decimals?"
        if told
        else "decimal=',' (--decimal ,) says that commas stand before the decimals, and a point can only group digits: "
        "leave it out where they stand behind points."
    )
    raise InputError(f"{path}: column {column.name} has {odd[0]!r}, whose digits are not in groups of three; {way}")
