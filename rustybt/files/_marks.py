"""The marks in the numbers of a file beside their digits: decimal commas, groups, signs of currencies, thousands as
K; found out of them where they tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import polars as pl

from rustybt.errors import InputError
from rustybt.files._digits import NUMBERS

_PLAIN: Final = r"^[+-]?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?$"
_SIGNS: Final = "$€£¥₹₩₽₺฿"
_BLANKS: Final = " \u00a0\u202f"
_APOSTROPHES: Final = "'\u2019"
_MAGNITUDE: Final = re.compile(r"[0-9]([KMBT])$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*|[+-]?[.,][0-9]+")
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:([' \u00a0\u202f\u2019])[0-9]{3})(?:\1[0-9]{3})*(?![0-9])(.*)")
_INDIAN: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}")
_DASHES: Final = ("-", "--")
_DASHED: Final = "volumes that are a dash read as 0"
_MOST: Final = 5_000
"""Different numbers of a column that are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Marks:
    """As `plain_numbers` takes them. magnitudes: volumes end in K, M, B or T. dashes: or are a dash, which is none."""

    decimal: str = "."
    thousands: str = ""
    strip: str = ""
    magnitudes: bool = False
    dashes: bool = False
    notes: tuple[str, ...] = ()


def marks_of(
    frame: pl.DataFrame, path: Path, *, delimiter: str, decimal: str | None, thousands: str | None, strip: str | None
) -> Marks:
    """The marks in the numbers of a file. frame: its first rows, text. decimal, thousands, strip: as told.

    Raises InputError where they can be read in two ways and nothing tells which.
    """
    told = decimal is not None or thousands is not None
    if decimal is None:
        decimal = "," if thousands == "." else "."
    plain = Marks(decimal, thousands or "", strip or "")
    names: list[str] = [name for name in NUMBERS if name in frame.columns]
    odd = {name: frame[name].filter(~frame[name].str.contains(_PLAIN)).unique(maintain_order=True) for name in names}
    if not any(map(len, odd.values())):
        if not told and delimiter != ",":
            _check_points(frame, names, path)
        return plain
    if not any(_core(text) for one in odd.values() for text in one.head(_MOST).to_list()):
        dashes = "volume" in odd and bool(odd["volume"].str.strip_chars().is_in(_DASHES).any())
        return replace(plain, dashes=dashes, notes=(_DASHED,) if dashes else ())
    texts = {
        name: [text.strip() for text in frame[name].drop_nulls().unique(maintain_order=True).head(_MOST).to_list()]
        for name in names
    }
    cores = {text: core for of_column in texts.values() for text in of_column if (core := _core(text)) is not None}
    if not told:
        plain = _points(plain, cores, path)
    volumes = texts.get("volume", [])
    found = replace(
        plain,
        strip="".join(sorted({*plain.strip, *(c for text in cores for c in text if c in _SIGNS + _BLANKS)})),
        magnitudes=any(_MAGNITUDE.search(text) for text in volumes if text in cores),
        dashes=any(text in _DASHES for text in volumes),
    )
    return replace(found, notes=tuple(_said(found, cores, told=told, told_strip=strip or "")))


def _points(plain: Marks, cores: dict[str, str], path: Path) -> Marks:
    """With what stands before decimals, and what groups digits."""
    decimal = _decimal(cores.values(), path)
    if decimal is None:
        return plain  # what does not fit is found row by row
    other = "," if decimal == "." else "."
    with_other = [core for core in cores.values() if other in core]
    apart = {found[1] for text in cores if (found := _GROUPED.match(text.lstrip(_SIGNS + _BLANKS)))}
    apostrophe = next((mark for mark in sorted(apart) if mark in _APOSTROPHES), "")
    groups = re.compile(rf"[+-]?[0-9]{{1,3}}(?:\{other}[0-9]{{2,3}})*\{other}[0-9]{{3}}(?:\{decimal}[0-9]*)?")
    if not all(map(groups.fullmatch, with_other)):
        return plain
    return replace(plain, decimal=decimal, thousands=other if with_other else apostrophe)


def _said(marks: Marks, cores: dict[str, str], *, told: bool, told_strip: str) -> Iterable[str]:
    if marks.decimal == "," and not told:
        shown = next(text for text, core in cores.items() if "," in core)
        yield f"commas stand before the decimals of its numbers, as in {shown}"
    if marks.thousands and not told:
        shown = next(text for text, core in cores.items() if marks.thousands in text)
        yield f"{marks.thousands} groups the digits of its numbers, as in {shown}"
    signs = "".join(mark for mark in marks.strip if mark in _SIGNS and mark not in told_strip)
    if signs:
        yield f"{signs} taken out of its numbers"
    if any(re.search(rf"[0-9]{mark}[0-9]", text) for mark in _BLANKS for text in cores):
        yield "blanks taken out of its numbers"
    if marks.magnitudes:
        shown = next(text for text in cores if _MAGNITUDE.search(text))
        yield f"volumes such as {shown} read as thousands (K), millions (M), billions (B), trillions (T)"
    if marks.dashes:
        yield _DASHED


def _core(text: str) -> str | None:
    """A number without signs of currencies, blanks and magnitude; None for what is none."""
    text = text.strip()
    core = text.strip(_SIGNS + _BLANKS)
    core = core[:1] + core[1:].lstrip(_SIGNS) if core[:1] in ("+", "-") else core
    if _MAGNITUDE.search(core):
        core = core[:-1]
    grouped = _GROUPED.fullmatch(core)
    if grouped:
        core = core.replace(grouped[1], "")
    return core if _NUMBER.fullmatch(core) else None


def _decimal(cores: Iterable[str], path: Path) -> Literal[".", ","] | None:
    """The decimal mark, point or comma, by those numbers that tell it; None where they contradict."""
    votes: dict[str, str] = {}
    unsure = ""
    for core in cores:
        points, commas = core.count("."), core.count(",")
        if points and commas:
            last = "." if core.rindex(".") > core.rindex(",") else ","
            if core.count(last) == 1:
                votes.setdefault(last, core)
        elif commas > 1 and _INDIAN.fullmatch(core):
            votes.setdefault(".", core)
        elif points > 1:
            votes.setdefault(",", core)
        elif points or commas:
            mark = "." if points else ","
            before, after = core.lstrip("+-").split(mark)
            if len(after) != 3 or before in ("", "0") or len(before) > 3:
                votes.setdefault(mark, core)
            elif commas:
                unsure = unsure or core
    if len(votes) > 1:
        return None
    if not votes:
        if unsure:
            raise InputError(
                f"{path}: {unsure} can be {unsure.replace(',', '')} or {unsure.replace(',', '.')}, and no number of "
                "the file tells which. Say what commas do: csv={'thousands': ','} (--thousands ,) or "
                "csv={'decimal': ','} (--decimal ,)."
            )
        return "."
    return "," if "," in votes else "."


def _check_points(frame: pl.DataFrame, names: list[str], path: Path) -> None:
    """Where a comma does not stand between fields, points before three digits in all numbers may group them."""
    rows = frame.select(names).head(_MOST)
    three = rows.select(pl.col(name).str.contains(r"^\s*[0-9]{1,3}\.[0-9]{3}\s*$").all() for name in names)
    if "volume" in names and rows.height > 1 and all(three.row(0)):
        shown = rows[names[0]][0].strip()
        raise InputError(
            f"{path}: {shown} can be {shown} or {shown.replace('.', '')}, and no number of the file tells which. Say "
            "what points do: csv={'decimal': '.'} (--decimal .) or csv={'decimal': ','} (--decimal ,)."
        )


def spelled_out(frame: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Volumes that end in K, M, B or T with an exponent in its place, and a dash as 0."""
    if "volume" not in frame.columns or not (marks.magnitudes or marks.dashes):
        return frame
    text = pl.col("volume").str.strip_chars()
    for letter, power in (("kK", 3), ("mM", 6), ("bB", 9), ("tT", 12)):
        if marks.magnitudes:
            text = text.str.replace(rf"([0-9])[{letter}]$", f"${{1}}e{power}")
    if marks.dashes:
        text = pl.when(text.is_in(_DASHES)).then(pl.lit("0")).otherwise(text)
    return frame.with_columns(text.alias("volume"))
