"""Rows of a CSV file as text under our names: how they are read is told, or found out of the first ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._date_forms import form_of_dates, told
from rustybt.files._dates import iso_stamps
from rustybt.files._dialect import Dialect
from rustybt.files._digits import plain_numbers
from rustybt.files._head import Head
from rustybt.files._levels import stacked
from rustybt.files._marks import Marks, marks_of, spelled_out
from rustybt.files._names import STAMP_COLUMNS, is_time_of_day, known_names, tick_volume, vendor_names, volume_of_pair
from rustybt.files._unnamed import names_of
from rustybt.files._vendor_names import plain_name

_FEWEST_DIGITS: Final = 4
_NOTHING: Final = r"^(?:0+(?:[.,]0*)?)?$"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a file are read.

    names: of its columns that are kept, from what the file calls them to ours. dates: as `Dialect` has them; None where
    no row has a moment. sure: they were told. notes: what was found out.
    """

    head: Head
    names: Mapping[str, str]
    dates: str | None
    sure: bool
    marks: Marks
    notes: tuple[str, ...] = ()


def reading_of(head: Head, raw: pl.DataFrame, more: Iterable[pl.DataFrame], dialect: Dialect, path: Path) -> Reading:
    """How a file is read. raw: its first rows. more: those after them, for dates that the first ones leave open.

    Raises InputError where the columns' names or the numbers can't be told.
    """
    frame = _with_something(stacked(raw, head.under))
    names, notes = _names(frame, head, dialect, path)
    frame = _named(frame, names)
    marks = marks_of(
        frame,
        path,
        delimiter=head.delimiter,
        decimal=dialect.decimal,
        thousands=dialect.thousands,
        strip=dialect.strip,
    )
    dates, said = dialect.dates, None
    if dates is None:
        dates, said = _dates(frame, (_named(stacked(one, head.under), names) for one in more))
    notes = [*head.notes, *notes, *([said] if said else []), *marks.notes]
    return Reading(head, names, dates, dialect.dates is not None, marks, tuple(notes))


def shaped(raw: pl.DataFrame, reading: Reading, path: Path, notes: list[str]) -> pl.DataFrame:
    """Rows as text under our lower-case names, numbers plain, moments as ISO text; lines with nothing in them go.

    notes: gets what was found out of the numbers. Raises InputError where numbers can't be told, and where moments that
    began as epochs go on as something else.
    """
    frame = _named(_with_something(stacked(raw, reading.head.under)), reading.names)
    marks = reading.marks
    frame = spelled_out(frame, marks)
    frame = plain_numbers(frame, path, decimal=marks.decimal, thousands=marks.thousands, strip=marks.strip, notes=notes)
    frame = _joined(frame, reading.dates)
    name = _stamp_column(frame)
    if name is None or reading.dates is None:
        return frame
    if reading.dates.startswith("epoch") and not reading.sure and form_of_dates(frame[name], None) != reading.dates:
        raise InputError(
            f"{path}: its column {name} begins with moments as {reading.dates}, and goes on with others. "
            "Write all of them in one way, or name it: csv={'dates': ...}."
        )
    return frame.with_columns(iso_stamps(frame[name], reading.dates))


def read_text(raw: pl.DataFrame, dialect: Dialect, path: Path) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """`shaped` rows of a table of text that is no CSV file, and what was found out."""
    head = Head(",", True, raw.columns, b"")
    reading = reading_of(head, raw, (), dialect, path)
    notes: list[str] = []
    frame = shaped(raw, reading, path, notes)
    return frame, (*reading.notes, *notes)


def names_here(frame: pl.DataFrame, dialect: Dialect, path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Our names of the columns of a table with a header, in their order, and notes on them.

    Raises InputError where that can't be told.
    """
    names, notes = _of_header(frame, dialect.columns if isinstance(dialect.columns, Mapping) else {}, path)
    return names, tuple(notes)


def _with_something(frame: pl.DataFrame) -> pl.DataFrame:
    if frame.width and frame.to_series(0).has_nulls():
        return frame.filter(pl.any_horizontal(pl.all().is_not_null()))
    return frame


def _named(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    return frame.select(pl.col(old).alias(new) for old, new in names.items())


# -- names -------------------------------------------------------------------------------------------------------------


def _names(frame: pl.DataFrame, head: Head, dialect: Dialect, path: Path) -> tuple[dict[str, str], list[str]]:
    given = dialect.columns
    if given is not None and not isinstance(given, Mapping):
        names = list(given)
        if len(names) != frame.width:
            raise InputError(f"{path} has {frame.width} columns, and columns names {len(names)}. Name each once.")
        return {old: new for old, new in zip(frame.columns, names, strict=True) if new}, []
    if not head.header:
        found = names_of(frame)
        if found is None:
            raise InputError(
                f"{path} has no header: its first line is {frame.head(1).select(frame.columns[:3]).rows()}... "
                "Name its columns in their order: csv={'columns': ['date', 'open', 'high', 'low', 'close', 'volume']} "
                "(--columns date,open,high,low,close,volume)."
            )
        note = f"it has no header: its columns were read as {', '.join(found)}"
        return dict(zip(frame.columns, found, strict=True)), [note]
    return _of_header(frame, given or {}, path)


def _of_header(frame: pl.DataFrame, given: Mapping[str, str], path: Path) -> tuple[dict[str, str], list[str]]:
    wanted = {_plain(name): new for name, new in given.items()}
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
    texts = dict(zip(named.values(), frame.columns, strict=True))

    def first_text(name: str) -> str | None:
        first = frame[texts[name]].drop_nulls().head(1)
        return None if first.is_empty() else str(first[0])

    listed = list(named.values())
    ours = vendor_names(listed, first_text)
    if "volume" not in ours.values():
        symbol = next((name for name, one in ours.items() if one == "symbol"), None)
        volume = volume_of_pair(listed, None if symbol is None else first_text(symbol))
        ours |= {} if volume is None else {volume: "volume"}
    obvious = known_names(listed, first_text)
    guessed = [
        f"{name or 'one without a name'} as {one}"
        for name, one in ours.items()
        if obvious[name] != one and plain_name(name) != one
    ]
    note = [f"columns read by what they are called: {', '.join(guessed)}"] if guessed else []
    ticks = None if "volume" in wanted.values() else _ticks_instead(frame, texts, ours)
    if ticks is not None:
        ours |= {name: f"{name} of the file" for name, one in ours.items() if one == "volume"}
        ours[ticks] = "volume"
        note.append(f"its volume is 0 in all rows: {texts[ticks].strip()}, the changes of the price, stands for it")
    result = {old: ours[name] for old, name in named.items()}
    if len(set(result.values())) == len(result):
        return result, note
    return {name: name for name in frame.columns}, []  # two of a name are refused where all tables are


def _ticks_instead(frame: pl.DataFrame, texts: Mapping[str, str], ours: Mapping[str, str]) -> str | None:
    """The column of changes of the price, where the volume is 0 in all rows and they are not. texts: names there."""
    ticks = tick_volume([name for name, one in ours.items() if one != "volume"])
    volume = next((name for name, one in ours.items() if one == "volume"), None)
    if ticks is None or volume is None:
        return None
    return ticks if _is_nothing(frame[texts[volume]]) and not _is_nothing(frame[texts[ticks]]) else None


def _is_nothing(column: pl.Series) -> bool:
    """Whether all numbers are 0, or missing."""
    return not column.to_frame("x").select(is_something("x").any()).item()


def is_something(name: str) -> pl.Expr:
    """Whether the numbers of a column are other than 0, and not missing."""
    return ~pl.col(name).cast(pl.String).str.strip_chars().str.contains(_NOTHING).fill_null(value=True)


def _plain(name: str) -> str:
    return name.strip().strip("<>").strip().lower()


# -- moments -----------------------------------------------------------------------------------------------------------


def _stamp_column(frame: pl.DataFrame) -> str | None:
    name = next((name for name in STAMP_COLUMNS if name in frame.columns), None)
    return None if name is None or frame[name].null_count() == frame.height else name


def _dates(frame: pl.DataFrame, more: Iterable[pl.DataFrame]) -> tuple[str | None, str | None]:
    """How the moments are written, and what is said of it; None where no row has one."""
    joined = _joined(frame, None)
    name = _stamp_column(joined)
    if name is None:
        return None, None
    by = joined["symbol"] if "symbol" in joined.columns else None
    kind = form_of_dates(joined[name], by)
    first = str(joined[name].drop_nulls()[0]).strip()
    for other in more if kind is None else ():
        # the rows of this piece alone may tell; if they contradict others, those are found row by row
        rows = _joined(other, None)
        kind = form_of_dates(rows[name], rows["symbol"] if "symbol" in rows.columns else None)
        if kind is not None:
            break
    kind = kind or "iso"
    return kind, told(kind, first)


def _joined(frame: pl.DataFrame, dates: str | None) -> pl.DataFrame:
    """A column time beside date is joined with it where it holds times of day."""
    if not {"date", "time"} <= set(frame.columns) or "timestamp" in frame.columns:
        return frame
    first = frame["time"].drop_nulls().head(1)
    if not ("%" in (dates or "") or (not first.is_empty() and is_time_of_day(first[0]))):
        return frame
    time = pl.col("time").str.strip_chars().str.replace(r"^([0-9]:)", "0$1")
    if dates is None or "%" not in dates:
        length = int(frame["time"].str.strip_chars().str.len_bytes().max() or 0)  # type: ignore[arg-type]
        digits = _FEWEST_DIGITS if length <= _FEWEST_DIGITS else length
        time = pl.when(time.str.contains(r"^[0-9]+$")).then(time.str.pad_start(digits, "0")).otherwise(time)
    joined = pl.concat_str(pl.col("date").str.strip_chars(), time, separator=" ").alias("timestamp")
    return frame.with_columns(joined).drop("date", "time")
