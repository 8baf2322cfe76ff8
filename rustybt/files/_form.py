"""The form that a file or frame was found to have, to be seen before it is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from rustybt.files._names import STAMP_COLUMNS

_ISO: Final = re.compile(r"\s*[0-9]{4}(?:-|[0-9]{4})")
_NAMES_OF_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabulators", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Form:
    """kind: "CSV", "Parquet", "frame", ... columns: the names that it has, each with ours.

    details: what else was found out, in words, such as "dates: iso".
    """

    kind: str
    columns: tuple[tuple[str, str], ...]
    details: tuple[str, ...] = ()


def plain_form(kind: str, before: Sequence[str], after: Sequence[str]) -> Form:
    """Of what has a header of its own. before, after: the columns' names there and here, in one order."""
    return Form(kind, tuple(zip(before, after, strict=True)))


def _written(raw: pl.DataFrame, named: Sequence[str], dates: str) -> str:
    """The kind of dates; "iso" is also what dates are called that nobody could tell, of which one is shown then."""
    at = next((at for at, name in enumerate(named) if name in STAMP_COLUMNS), None)
    first = None if at is None or not raw.height else raw.item(0, at)
    if dates != "iso" or first is None or _ISO.match(str(first)):
        return dates
    return f"such as {str(first).strip()}"


def csv_form(
    raw: pl.DataFrame, named: Sequence[str], *, delimiter: str, header: bool, dates: str | None, encoding: str | None
) -> Form:
    """raw: rows as they stand in the file. named: what its columns are called here, in the same order."""
    details = [
        f"fields between {_NAMES_OF_DELIMITERS.get(delimiter, repr(delimiter))}",
        "a header" if header else "no header",
        *([f"dates: {_written(raw, named, dates)}"] if dates else []),
        *([f"written in {encoding}"] if encoding else []),
    ]
    return Form("CSV", tuple(zip(raw.columns, named, strict=True)), tuple(details))
