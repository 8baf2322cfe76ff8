"""CSV of any making: what a file looks like, and reading it as text under our names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from rustybt.errors import InputError
from rustybt.files._dates import DATES, guessed_dates, iso_stamps
from rustybt.files._digits import check_marks, plain_numbers
from rustybt.files._encoding import check_encoding
from rustybt.files._missing import MISSING
from rustybt.files._names import is_time_of_day, known_names

DELIMITERS: Final = (",", ";", "\t", "|")
_SNIFFED: Final = 30
_FEWEST: Final = 4
"""Delimiters in a line of bars at least: of a date and four prices."""
_DATA: Final = re.compile(r"^[\s\"'$€£]*[-+]?[\d.,:/ TZ-]*\d[\d.,:/ TZ+%-]*[\s\"']*$")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a CSV file looks like. None means: found out from the file.

    columns: from the file's names to ours ({"Close/Last": "close"}, others keep theirs), or the names of all columns
        in their order, for files without a header; None among them leaves a column out.
    delimiter: what stands between the fields. header: whether the first line names the columns.
    skip_lines: lines before the header or the first row.
    encoding: what the text is written in, as Python names it: "cp1252", "latin-1", "utf-16". None reads UTF-8, and
        UTF-16 where a byte-order mark says so.
    dates: "iso", "us" (07/04/2024), "eu" (04.07.2024, 04/07/2024), "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", or a
        format such as "%d-%b-%Y %H:%M". None reads what has the year first, and numbers of 10, 13, 16 or 19 digits as
        epochs; US and European dates can't be told apart, and have to be named. Columns date and time are joined.
    decimal: "." or ","; with commas points can only group digits. thousands: what groups digits by three, such as ","
        or "'". strip: other characters to take out of numbers.
    missing: in the order of time, what is done where a price or volume is missing: "fail" reports the row, "skip"
        leaves it out, "forward" takes the row's close, else the close before, and a volume of 0; "interpolate" lays a
        line through the neighbours, which looks ahead: a strategy sees a price that was not known then.
    """

    columns: Mapping[str, str] | Sequence[str | None] | None = None
    delimiter: str | None = None
    header: bool | None = None
    skip_lines: int = 0
    dates: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: str = ""
    strip: str = ""
    missing: Literal["fail", "skip", "forward", "interpolate"] = "fail"
    encoding: str | None = None

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("decimal", self.decimal, (".", ",")),
            ("missing", self.missing, MISSING),
        ):
            if value not in allowed:
                raise InputError(f"csv: {name} is {value!r}. Give one of {' '.join(allowed)}.")
        if self.dates is not None and self.dates not in DATES and "%" not in self.dates:
            raise InputError(f"csv: dates is {self.dates!r}. Give one of {', '.join(DATES)}, or a format with %.")
        check_marks(self.decimal, self.thousands, self.strip)
        if self.delimiter is not None and len(self.delimiter.encode()) != 1:
            raise InputError(f"csv: delimiter is {self.delimiter!r}. Give one character.")
        if self.encoding is not None:
            object.__setattr__(self, "encoding", check_encoding(self.encoding))


def as_dialect(given: Dialect | Mapping[str, Any] | None) -> Dialect:
    """The dialect as given; a mapping has the arguments of `Dialect`. Raises InputError."""
    if given is None:
        return Dialect()
    if isinstance(given, Dialect):
        return given
    known = [field.name for field in fields(Dialect)]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InputError(f"csv: there is no {', '.join(unknown)}. There are {', '.join(known)}.")
    return Dialect(**given)


def form_of(lines: Sequence[str | None], dialect: Dialect, path: Path) -> tuple[str, bool]:
    """The delimiter, and whether there is a header. lines: the file's first ones.

    Raises InputError where that can't be told.
    """
    first = [line for line in lines[dialect.skip_lines :][:_SNIFFED] if line]
    if not first:
        raise InputError(f"{path} is empty. Give a file with a header and rows.")
    delimiter = dialect.delimiter or _delimiter(first, dialect, path)
    return delimiter, _has_header(first, delimiter) if dialect.header is None else dialect.header


def shaped(
    frame: pl.DataFrame, dialect: Dialect, path: Path, *, header: bool, dates: str | None, notes: list[str]
) -> tuple[pl.DataFrame, str | None]:
    """Rows as text under our lower-case names, numbers plain, and how they write moments (one of `DATES` or a format);
    lines with nothing in them go.

    dates: what earlier rows of the file told. notes: gets what was found out of the numbers. Raises InputError where
    the columns' names or the numbers can't be told, and where moments that began as epochs go on as something else.
    """
    if frame.width and frame.to_series(0).has_nulls():
        frame = frame.filter(pl.any_horizontal(pl.all().is_not_null()))
    frame = _named(frame, dialect, path, header=header)
    marks = {"decimal": dialect.decimal, "thousands": dialect.thousands, "strip": dialect.strip}
    frame = plain_numbers(frame, path, **marks, notes=notes)
    return _with_stamps(frame, dialect.dates or dates, path, guessed=dialect.dates is None)


def _delimiter(lines: list[str], dialect: Dialect, path: Path) -> str:
    """The one that stands equally often in every line; quoted text does not count.

    Where some line lacks fields or has too many there is none: then the one that stands equally often in most of them,
    and often enough for the columns of bars.
    """
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]
    often = {c: Counter(line.count(c) for line in bare if c in line).most_common(1) for c in DELIMITERS}
    alike = {c: (lines_alike, count) for c, most in often.items() for count, lines_alike in most}
    found = {c: count for c, (lines_alike, count) in alike.items() if lines_alike == len(bare)}
    if not found:
        of_bars = {c: both for c, both in alike.items() if both[1] >= _FEWEST}
        most = max((lines_alike for lines_alike, _ in of_bars.values()), default=0)
        found = {c: count for c, (lines_alike, count) in of_bars.items() if lines_alike == most}
    if dialect.decimal == "," and len(found) > 1:
        found.pop(",", None)
    if not found:
        raise InputError(
            f"{path}: no delimiter stands equally often in its first lines, of which the first is {lines[0][:80]!r}. "
            "Name it: csv={'delimiter': ';'}, on the command line --delimiter ';'."
        )
    return max(found, key=lambda candidate: found[candidate])


def _has_header(lines: list[str], delimiter: str) -> bool:
    """A line of names has nothing in it that looks like a number or a date."""
    return not any(_DATA.match(cell) for cell in lines[0].split(delimiter))


def names_here(frame: pl.DataFrame, dialect: Dialect, path: Path, *, header: bool) -> list[str]:
    """What the columns of a file's rows are called here, in their order; empty where one is left out.

    Raises InputError where that can't be told.
    """
    if dialect.columns is not None and not isinstance(dialect.columns, Mapping):
        return [name or "" for name in dialect.columns]
    return _named(frame.head(_SNIFFED), dialect, path, header=header).columns


def _named(frame: pl.DataFrame, dialect: Dialect, path: Path, *, header: bool) -> pl.DataFrame:
    given = dialect.columns
    if given is not None and not isinstance(given, Mapping):
        names = list(given)
        if len(names) != frame.width:
            raise InputError(f"{path} has {frame.width} columns, and columns names {len(names)}. Name each once.")
        kept = [old for old, new in zip(frame.columns, names, strict=True) if new]
        return frame.select(kept).rename({old: new for old, new in zip(frame.columns, names, strict=True) if new})
    if not header:
        raise InputError(
            f"{path} has no header: its first line is {frame.head(1).select(frame.columns[:3]).rows()}... "
            "Name its columns in their order: csv={'columns': ['date', 'open', 'high', 'low', 'close', 'volume']}."
        )
    wanted = {_plain(name): new for name, new in (given or {}).items()}
    plain = {name: _plain(name) for name in frame.columns}
    missing = sorted(set(wanted) - set(plain.values()))
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(frame.columns)}. Name one of these in "
            "columns= (--columns)."
        )
    named = {old: wanted.get(name, name) for old, name in plain.items()}
    # a column that another was named after gives way to it
    taken = set(wanted.values())
    named |= {old: f"{name} of the file" for old, name in plain.items() if name in taken and name not in wanted}
    ours = known_names(list(named.values()), lambda name: _first_text(frame, named, name))
    named = {old: ours[name] for old, name in named.items()}
    return frame.rename(named) if len(set(named.values())) == len(named) else frame


def _plain(name: str) -> str:
    return name.strip().strip("<>").strip().lower()


def _first_text(frame: pl.DataFrame, named: Mapping[str, str], name: str) -> str | None:
    first = frame[next(old for old, other in named.items() if other == name)].drop_nulls().head(1)
    return None if first.is_empty() else str(first[0])


def _with_stamps(
    frame: pl.DataFrame, dates: str | None, path: Path, *, guessed: bool
) -> tuple[pl.DataFrame, str | None]:
    """The column date or timestamp as ISO text; a column time beside date is joined with it where it holds times."""
    if _has_time_apart(frame, dates):
        joined = pl.concat_str("date", "time", separator=" ").alias("timestamp")
        frame = frame.with_columns(joined).drop("date", "time")
    name = next((name for name in ("timestamp", "date") if name in frame.columns), None)
    if name is None or frame[name].null_count() == frame.height:
        return frame, dates
    kind = guessed_dates(frame[name]) if guessed else str(dates)
    if guessed and dates is not None and dates != kind:
        if dates != "iso":
            raise InputError(
                f"{path}: its column {name} begins with moments as {dates}, and goes on with others. "
                "Write all of them in one way, or name it: csv={'dates': ...}."
            )
        kind = dates
    return frame.with_columns(iso_stamps(frame[name], kind)), kind


def _has_time_apart(frame: pl.DataFrame, dates: str | None) -> bool:
    if not {"date", "time"} <= set(frame.columns) or "timestamp" in frame.columns:
        return False
    first = frame["time"].drop_nulls().head(1)
    return "%" in (dates or "") or (not first.is_empty() and is_time_of_day(first[0]))
