"""Files other than CSV: Parquet, Arrow, JSON and workbooks."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from rustybt.errors import InputError, MissingExtra
from rustybt.files._archive import Member
from rustybt.files._dialect import Dialect
from rustybt.files._json import read_json
from rustybt.files._missing import Filler
from rustybt.files._names import STAMP_COLUMNS, tick_volume
from rustybt.files._notes import Notes
from rustybt.files._reading import is_something, names_here, read_text
from rustybt.files._sheets import check_sheets

type Cut = Callable[[int, int], pl.DataFrame]
"""Some rows of a table: from which on, and how many."""


def table_of(item: Path, kind: str, dialect: Dialect, notes: Notes) -> tuple[Cut, int, list[str], list[str]]:
    """Rows of a file, how many there are, and its columns' names there and here.

    kind: one of `KINDS` but CSV. Raises InputError, MissingExtra, and what Polars raises where it can't be read.
    """
    if kind == "Parquet":
        return _lazy(pl.scan_parquet(_source(item), glob=False), dialect, item, notes)
    if kind == "Arrow":
        return _arrow(item, dialect, notes)
    frame = _json(item, dialect, notes) if kind == "JSON" else _workbook(item, dialect, notes)
    return frame[0].slice, frame[0].height, frame[1], frame[0].columns


def _source(item: Path) -> Path | io.BytesIO:
    return io.BytesIO(item.read_bytes()) if isinstance(item, Member) else item


def _lazy(rows: pl.LazyFrame, dialect: Dialect, item: Path, notes: Notes) -> tuple[Cut, int, list[str], list[str]]:
    if dialect.missing is not None:  # what stands for a row hangs on those before it
        return _held(rows.collect(engine="in-memory"), dialect, item, notes)
    height = int(rows.select(pl.len()).collect(engine="in-memory").item())
    before = rows.collect_schema().names()
    renamed = _renamed(_sample(rows, before), dialect, item, notes).columns

    def cut(start: int, length: int) -> pl.DataFrame:
        return rows.slice(start, length).collect(engine="in-memory").rename(dict(zip(before, renamed, strict=True)))

    return cut, height, before, renamed


def _sample(rows: pl.LazyFrame, names: Sequence[str]) -> pl.DataFrame:
    """The first row; where a column counts changes of the price, for each column one more that is not 0 there."""
    first = rows.head(1).collect(engine="in-memory")
    if tick_volume(names) is None:
        return first
    more = [rows.filter(is_something(name)).head(1).collect(engine="in-memory") for name in names]
    return pl.concat([first, *more])


def _arrow(item: Path, dialect: Dialect, notes: Notes) -> tuple[Cut, int, list[str], list[str]]:
    """An Arrow file, which Feather is, or a stream."""
    try:
        return _lazy(pl.scan_ipc(_source(item)), dialect, item, notes)
    except pl.exceptions.ComputeError:
        return _held(pl.read_ipc_stream(_source(item)), dialect, item, notes)


def _held(frame: pl.DataFrame, dialect: Dialect, item: Path, notes: Notes) -> tuple[Cut, int, list[str], list[str]]:
    """A table of numbers that is in memory."""
    renamed = _filled(_renamed(frame, dialect, item, notes), dialect, item, notes)
    return renamed.slice, renamed.height, frame.columns, renamed.columns


def _filled(frame: pl.DataFrame, dialect: Dialect, item: Path, notes: Notes) -> pl.DataFrame:
    """Numbers after what is to be done where one is missing. Raises InputError for "interpolate"."""
    if dialect.missing in (None, "fail"):
        return frame
    if dialect.missing == "interpolate":
        raise InputError(
            f"{item}: missing='interpolate' (--missing) is for text, as CSV and JSON have it. Pass 'skip' or "
            "'forward', or save the table as CSV."
        )
    filler = Filler(dialect.missing)
    frame = filler.fill(frame)
    for note in filler.notes:
        notes.add(note, item.name)
    return frame


def _renamed(frame: pl.DataFrame, dialect: Dialect, item: Path, notes: Notes) -> pl.DataFrame:
    """The columns under the names that the caller gave or vendors have; other names stay as they are."""
    ours, told = names_here(frame, dialect, item)
    for note in told:
        notes.add(note, item.name)
    return frame.rename(
        {old: new for old, new in ours.items() if new not in (old, old.strip().strip("<>").strip().lower())}
    )


def _json(item: Path, dialect: Dialect, notes: Notes) -> tuple[pl.DataFrame, list[str]]:
    given = dialect.columns
    names = None if given is None or isinstance(given, Mapping) else list(given)
    raw = read_json(item, dialect.encoding, names)
    frame, found = read_text(raw, dialect, item)
    filler = Filler(dialect.missing)
    if dialect.missing == "interpolate":
        filler.look(frame)
    frame = filler.fill(frame)
    for note in (*found, *filler.notes):
        notes.add(note, item.name)
    before = raw.columns if len(raw.columns) == frame.width else frame.columns
    return frame, before


def _workbook(item: Path, dialect: Dialect, notes: Notes) -> tuple[pl.DataFrame, list[str]]:
    """The first sheet. Its numbers are floats; dates that are text are read as those of CSV are."""
    try:
        import fastexcel
    except ImportError:
        raise MissingExtra(
            f"{item} is a workbook, and fastexcel, which reads them, is not installed. Install it with: "
            "pip install 'rustybt[excel]'; or save the sheet as CSV."
        ) from None
    data = item.read_bytes()
    check_sheets(data, item)
    try:
        book = fastexcel.read_excel(data)
        names = book.sheet_names
        raw = pl.DataFrame(book.load_sheet(0))
    except fastexcel.FastExcelError as error:
        raise InputError(f"{item} can't be read ({str(error).splitlines()[0]}). Check that it is whole.") from None
    if len(names) > 1:
        notes.add(f"the sheet {names[0]} was read; {', '.join(names[1:])} were not", item.name)
    frame = _filled(_renamed(raw, dialect, item, notes), dialect, item, notes)
    lower = {name.strip().lower(): name for name in frame.columns}
    stamp = next((lower[name] for name in (*STAMP_COLUMNS, "datetime", "time") if name in lower), None)
    if stamp is not None and frame.schema[stamp] == pl.String:
        alone = replace(dialect, columns=None)
        dated, found = read_text(frame.select(stamp), alone, item)
        for note in found:
            notes.add(note, item.name)
        frame = frame.with_columns(dated.to_series().alias(stamp))
    return frame, raw.columns if raw.width == frame.width else frame.columns
