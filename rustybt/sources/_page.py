"""One reply of a vendor, in the shape that all have in common; and how it is kept until the download is whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.core import writing
from rustybt.errors import InputError, SourceMalformed

NUMBERS: Final = ("open", "high", "low", "close", "volume")
ROWS: Final = {"stamp": pl.Int64, **dict.fromkeys(NUMBERS, pl.String)}
"""Columns of a page: start of the bar in UTC nanoseconds, and numbers as plain text, null where the vendor has none."""

_LAST_NS: Final = 2**63 - 1
_LONGEST_STAMP: Final = 20

type Row = tuple[int, object, object, object, object, object]


@dataclass(frozen=True, slots=True)
class Page:
    """One reply. `next` is what to ask for then, as text that the source itself understands; None at the end."""

    rows: pl.DataFrame
    next: str | None = None
    splits: tuple[dict[str, str | None], ...] = ()
    dividends: tuple[dict[str, str | None], ...] = ()
    funding: tuple[dict[str, str | None], ...] = ()
    asset: dict[str, str] | None = None
    notes: tuple[str, ...] = ()


def rows_of(rows: Iterable[Row] = ()) -> pl.DataFrame:
    """A page's rows from what a vendor sent. Raises SourceMalformed where a number is none."""
    columns: list[list[Any]] = [[] for _ in ROWS]
    for stamp, *numbers in rows:
        columns[0].append(stamp)
        for name, column, number in zip(NUMBERS, columns[1:], numbers, strict=True):
            column.append(plain_number(number, name))
    return pl.DataFrame(dict(zip(ROWS, columns, strict=True)), schema=ROWS)


def plain_number(number: object, what: str) -> str | None:
    """A number as text without exponent, None for None. Floats by their shortest repr. Raises SourceMalformed."""
    if number is None:
        return None
    if type(number) is int:
        return str(number)
    try:
        value = Decimal(repr(number) if isinstance(number, float) else str(number))
        if not value.is_finite() or isinstance(number, bool):
            raise InvalidOperation
    except InvalidOperation:
        raise SourceMalformed(
            f"{what} is {str(number)[:50]!r}, not a number. Run the same again; if it stays, leave the symbol out."
        ) from None
    return format(value, "f")


def stamp_ns(number: object, unit_ns: int, what: str) -> int:
    """A moment that a vendor counts in units since 1970, in UTC nanoseconds. Raises SourceMalformed."""
    text = str(number)
    if not text.removeprefix("-").isdecimal() or len(text) > _LONGEST_STAMP or abs(int(text) * unit_ns) > _LAST_NS:
        raise SourceMalformed(f"{what} has the time {text[:50]!r}. Run the same again later.")
    return int(text) * unit_ns


def need(record: object, name: str, what: str) -> Any:
    """A field of a JSON object. Raises SourceMalformed where it is not there."""
    if not isinstance(record, dict) or name not in record:
        raise SourceMalformed(
            f"{what} has no field {name!r}: {str(record)[:100]}. The vendor changed its format, or sent an error."
        )
    return record[name]


class PageStore:
    """Pages on disk, so that a download that was cut off goes on where it ended.

    A page is two files; the second is renamed into place when both are whole, so that half a page does not count.
    """

    def __init__(self, folder: str | Path, plan: dict[str, Any]) -> None:
        self._folder = Path(folder).expanduser()
        path = self._folder / "plan.json"
        with self._writing():
            self._folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _write(path, json.dumps(plan))
        self.plan: dict[str, Any] = _read(path)
        if {**self.plan, "end_ns": 0} != {**plan, "end_ns": 0} or (
            not plan["open_end"] and self.plan["end_ns"] != plan["end_ns"]
        ):
            raise InputError(
                f"resume: {self._folder} holds the pages of another download. Pass another folder, or delete this one."
            )

    def pages(self, symbol: str) -> list[Page]:
        """The pages of a symbol that are there, in order."""
        found: list[Page] = []
        while (path := self._path(symbol, len(found)).with_suffix(".json")).exists():
            told = _read(path)
            rows = pl.read_parquet(path.with_suffix(".parquet"), glob=False)
            actions = {name: tuple(told.get(name, ())) for name in ("splits", "dividends", "funding", "notes")}
            found.append(Page(rows, told["next"], asset=told["asset"], **actions))
        return found

    def add(self, symbol: str, number: int, page: Page) -> None:
        """Keep page `number`, counted from 0, of a symbol."""
        path = self._path(symbol, number)
        told = {name: getattr(page, name) for name in ("next", "splits", "dividends", "funding", "asset", "notes")}
        with self._writing():
            path.parent.mkdir(exist_ok=True)
            page.rows.write_parquet(path.with_suffix(".parquet"))
            _write(path.with_suffix(".json"), json.dumps(told))

    def _writing(self) -> AbstractContextManager[None]:
        place = f"{self._folder}, where the pages of a download are kept,"
        return writing(InputError, place, "pass another folder as resume=. What is kept there serves the next try.")

    def forget(self, symbol: str) -> None:
        """Drop the pages of a symbol, so that they are asked for again."""
        shutil.rmtree(self._path(symbol, 0).parent, ignore_errors=True)

    def _path(self, symbol: str, number: int) -> Path:
        # a digest, as symbols have slashes and differ in case only
        return self._folder / hashlib.sha256(symbol.encode()).hexdigest()[:24] / f"{number:06}"


def _write(path: Path, text: str) -> None:
    beside = path.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"resume: {path} can't be read. Delete the folder {path.parent}, and begin anew.") from None


def frame_of(records: Sequence[dict[str, str | None]], columns: Sequence[str]) -> pl.DataFrame | None:
    """A frame of text from records, None where there are none."""
    if not records:
        return None
    used = [name for name in columns if any(record.get(name) is not None for record in records)]
    return pl.DataFrame({name: [r.get(name) for r in records] for name in used}, schema=dict.fromkeys(used, pl.String))
