"""Reading what the caller gave: Polars, pandas or Arrow frames, files of many kinds. Numbers keep all of their digits.

CSV and JSON are read as text.
"""

from __future__ import annotations

import contextlib
import glob
import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.core import check_process
from rustybt.errors import InputError
from rustybt.files._archive import Member, members_of
from rustybt.files._csv import CsvFile
from rustybt.files._dates import iso_stamps
from rustybt.files._dialect import Dialect
from rustybt.files._encoding import UTF16_MARKS, as_utf8
from rustybt.files._form import plain_form
from rustybt.files._kinds import ARCHIVE, CSV, PARQUET, ending_of, kind_of
from rustybt.files._names import known_names
from rustybt.files._notes import Notes
from rustybt.files._order import LOOKED_AT, TURNED, newest_first
from rustybt.files._others import table_of
from rustybt.files._pandas import from_pandas, text_of
from rustybt.files._plain import frame_of_columns, frame_of_rows
from rustybt.files._uneven import UnevenLine

_SHOWN_DATES: Final = 1_000
_SHORT_YEAR: Final = r"[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2}$"
_SHORT_DATES: Final = tuple(
    mark.join(parts) for mark in "/.-" for parts in (("%d", "%m", "%y"), ("%m", "%d", "%y"), ("%y", "%m", "%d"))
)
_WIDE: Final = "decimal256"
FRAME_ROWS: Final = 250_000
"""Rows of a frame or Parquet file that are checked at a time."""


@dataclass(frozen=True, slots=True)
class Table:
    """A frame with lower-case column names, where it came from, and the symbol that a file's name stands for.

    uneven: lines of a CSV file among these rows that could not be told apart into fields.
    others: files that were read together with the one where it came from.
    unit: what its prices are whole numbers of, where its maker has such a form.
    """

    frame: pl.DataFrame
    source: str
    stem: str | None = None
    uneven: Sequence[UnevenLine] = ()
    others: Sequence[str] = ()
    unit: str | None = None


def read_tables(source: Any, what: str) -> list[Table]:
    """The tables that one argument stands for, whole; CSV files are plain ones, with commas and a header.

    source: a Polars, pandas or Arrow frame, anything else that gives an Arrow stream, a path, or a list of those; a
    mapping of symbols to frames, or of names to columns; a list of records, or of rows of stamp, open, high, low, close
    and volume. A folder stands for all CSV and Parquet files in it, by name; a path with * or ? for
    the files that fit.
    what: the argument's name, for messages. Raises InputError.
    """
    check_process()
    return [
        _read_file(item, what) if isinstance(item, Path) else Table(item, what) for item in given_items(source, what)
    ]


def given_items(source: Any, what: str) -> list[Path | pl.DataFrame]:
    """The files and frames (with lower-case names) that one argument stands for; see `read_tables`."""
    if isinstance(source, str) and not source.strip():
        # as a path it would be the folder that the process is in
        raise InputError(f"{what} is an empty text. Pass a path, or leave it out.")
    if isinstance(source, Member):
        return [source]
    if isinstance(source, str | Path):
        return list(_files(Path(source).expanduser(), what))
    if isinstance(source, list | tuple):
        if not source:
            raise InputError(f"{what} is an empty list. Pass a frame, or the paths of files.")
        rows = frame_of_rows(source, what)
        if rows is not None:
            return [with_lower_names(rows, what)]
        return [table for item in source for table in given_items(item, what)]
    if isinstance(source, Mapping):
        if not source:
            raise InputError(f"{what} is an empty mapping. Pass symbols, each with its frame; or a frame.")
        columns = frame_of_columns(source, what)
        if columns is not None:
            return [with_lower_names(columns, what)]
        return [table for symbol, item in source.items() for table in _of_symbol(symbol, item, what)]
    return [with_lower_names(_frame(source, what), what)]


def _of_symbol(symbol: Any, source: Any, what: str) -> list[Path | pl.DataFrame]:
    """The frames of a mapping of symbols to frames, each with its column symbol."""
    if not isinstance(symbol, str) or not symbol.strip():
        raise InputError(f"{what} is a mapping with the key {symbol!r}. Pass symbols as text, each with its frame.")
    if not symbol.isprintable():
        raise InputError(
            f"{what} has the key {symbol!r}, with characters that can't be printed. Pass names without them."
        )
    found = given_items(source, f"{what}[{symbol!r}]")
    for item in found:
        if isinstance(item, Path):
            raise InputError(
                f"{what}[{symbol!r}] is the path {item}. A mapping holds frames; pass the files themselves, each named "
                "after its symbol."
            )
    frames = [item for item in found if isinstance(item, pl.DataFrame)]
    for frame in frames:
        if not frame.height:
            raise InputError(f"{what}[{symbol!r}] holds no rows. Leave it out.")
        others = set(frame["symbol"].unique().to_list()) - {symbol} if "symbol" in frame.columns else set()
        if others:
            raise InputError(
                f"{what}[{symbol!r}] has a column symbol with {min(map(str, others))!r} in it. Pass the frame "
                "itself, without the mapping, or drop the column."
            )
    return [frame.with_columns(symbol=pl.lit(symbol)) for frame in frames]


def read_pieces(item: Path | pl.DataFrame, what: str, dialect: Dialect, notes: Notes) -> Iterator[Table]:
    """A file or frame piece by piece, so that no more than some 100,000 rows of a file lie in memory.

    Rows that begin with the newest come from the last to the first. notes: gets what was done to the rows.
    Raises InputError.
    """
    if isinstance(item, pl.DataFrame):
        notes.forms.setdefault(what, plain_form("frame", item.columns, item.columns))
        yield from (Table(piece, what) for piece in _slices(item.slice, item.height, what, notes))
        return
    ending = ending_of(item, what)
    stem, kind = item.name[: -len(ending)] or None, str(kind_of(item))
    with _readable(item, what):
        if kind == "CSV":
            yield from _csv_pieces(item, stem, dialect, notes)
            return
        cut, height, before, after = table_of(item, kind, dialect, notes)
        ours = with_lower_names(cut(0, 1), str(item)).columns
        notes.forms[item.name] = plain_form(kind, before if len(before) == len(after) else after, ours)

        def lower(start: int, length: int) -> pl.DataFrame:
            return with_lower_names(cut(start, length), str(item))

        yield from (Table(frame, str(item), stem) for frame in _slices(lower, height, item.name, notes))


def _csv_pieces(item: Path, stem: str | None, dialect: Dialect, notes: Notes) -> Iterator[Table]:
    file = CsvFile(item, dialect)
    for frame, uneven in file:
        if file.form is not None:
            notes.forms[item.name] = file.form
        yield Table(with_lower_names(frame, str(item)), str(item), stem, uneven, unit=file.unit)
    for note in file.notes:
        notes.add(note, item.name)


def _slices(cut: Callable[[int, int], pl.DataFrame], height: int, source: str, notes: Notes) -> Iterator[pl.DataFrame]:
    """Pieces of a table, in the order of time where it goes back in it. cut: some rows of it, from which on."""
    if newest_first(cut(0, LOOKED_AT)):
        notes.add(TURNED, source)
        starts = ((max(end - FRAME_ROWS, 0), end) for end in range(height, 0, -FRAME_ROWS))
        yield from (cut(start, end - start).reverse() for start, end in starts)
        return
    yield from (cut(start, FRAME_ROWS) for start in range(0, max(height, 1), FRAME_ROWS))


def _frame(source: Any, what: str) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return source.collect(engine="in-memory")
    home = type(source).__module__.partition(".")[0]
    if home == "pandas":
        return from_pandas(source, what)
    if hasattr(source, "__arrow_c_stream__") or home == "pyarrow":
        return _from_arrow(source, what, home)
    raise InputError(
        f"{what} is a {type(source).__name__}. Pass a Polars, pandas or Arrow frame, or the path of files."
    )


def _from_arrow(source: Any, what: str, home: str) -> pl.DataFrame:
    """An Arrow table; its numbers of more than 38 digits as text, since Polars knows none."""
    schema = getattr(source, "schema", None)
    wide = [field.name for field in schema if str(field.type).startswith(_WIDE)] if home == "pyarrow" and schema else []
    if wide:
        table = source.read_all() if hasattr(source, "read_all") else source
        for name in wide:
            at = table.schema.get_field_index(name)
            table = table.set_column(at, name, table.column(at).cast("string"))
        source = table
    try:
        return pl.DataFrame(source)
    except BaseException as error:
        # what Polars can't do with an Arrow type ends in a panic, which is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise InputError(
            f"{what}: Polars can't read this Arrow data ({str(error)[:100]}). Cast its columns to decimal128, float64 "
            "or text first."
        ) from None


def _files(path: Path, what: str) -> list[Path]:
    if path.is_dir():
        # what begins with a point is none of the user's data: macOS leaves ._AAPL.csv beside AAPL.csv
        named = sorted(p for p in path.iterdir() if not p.name.startswith(".") and p.is_file())
        found = [p for p in named if p.name.lower().endswith(CSV + PARQUET)] or named
        found = [one for p in found if kind_of(p) or _is_archive(p) for one in _unpacked(p, what)]
        if not found:
            raise InputError(
                f"{what}: no CSV or Parquet file in {path}, those aside whose names begin with a point. "
                "Pass one file per symbol, or one long file."
            )
        return found
    if path.is_file():
        return _unpacked(path, what)
    fitting = sorted(Path(found) for found in glob.glob(str(path), recursive=True)) if glob.has_magic(str(path)) else []
    if not fitting:
        raise InputError(f"{what}: there is no file {path}. Check the path.")
    return [one for found in fitting for one in _unpacked(found, what)]


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith(ARCHIVE)


def _unpacked(path: Path, what: str) -> list[Path]:
    """The file, or those in it where it is an archive."""
    return members_of(path, what) if _is_archive(path) else [path]


def _read_file(path: Path, what: str) -> Table:
    ending, kind = ending_of(path, what), kind_of(path)
    with _readable(path, what):
        if kind == "CSV":
            frame = _read_csv(path)
        else:
            cut, height, *_ = table_of(path, str(kind), Dialect(), Notes())
            frame = cut(0, height)
    return Table(with_lower_names(frame, str(path)), str(path), path.name[: -len(ending)] or None)


def _read_csv(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(_as_utf8(path), infer_schema=False, glob=False)
    except pl.exceptions.ComputeError:
        for _, uneven in CsvFile(path, Dialect(delimiter=",", header=True)):
            if uneven:
                raise InputError(f"{uneven[0].message}. Fix the line.") from None
        raise


def _as_utf8(path: Path) -> Path | bytes:
    """The file, or its text where a mark says that it is UTF-16."""
    with path.open("rb") as file:
        marked = file.read(2) in UTF16_MARKS
    if isinstance(path, Member) and not marked:
        return gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
    return b"".join(as_utf8(iter([path.read_bytes()]), None, path)) if marked else path


@contextlib.contextmanager
def _readable(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
        said = (str(error).splitlines() or ["it ends too early"])[0]
        remedy = (
            "Write its numbers with 38 digits at most, or as text" if "precision" in said else "Check that it is whole"
        )
        raise InputError(f"{what}: {path} can't be read ({said}). {remedy}.") from error


def with_lower_names(frame: pl.DataFrame, what: str) -> pl.DataFrame:
    """The columns under our names, in lower case. Raises InputError where two have the same one."""
    names = [name.strip().lower() for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{what} has more than one column {', '.join(twice)} (case aside). Drop or rename one.")
    lower = frame.rename(dict(zip(frame.columns, names, strict=True)))
    ours = known_names(names, lambda name: _first_text(lower[name]))
    return lower.rename(ours) if any(name != other for name, other in ours.items()) else lower


def _first_text(column: pl.Series) -> str | None:
    first = column.drop_nulls().head(1)
    return None if first.is_empty() else str(first[0])


def place_of(table: Table, what: str) -> str:
    """The table as a message names it: the argument, and the file or the part of it where there is one."""
    return what if table.source == what else f"{what}: {table.source}"


def need_columns(table: Table, needed: Iterable[str], what: str) -> None:
    """Raises InputError where the table lacks one of the columns."""
    missing = [name for name in needed if name not in table.frame.columns]
    if missing:
        raise InputError(
            f"{place_of(table, what)} has no column {', '.join(missing)}; it has {', '.join(table.frame.columns)}. "
            "Rename its columns; for files of bars csv={'columns': {'Last': 'close'}} (--columns Last=close) says it."
        )


def check_dates(table: Table, column: pl.Series, moments: pl.DataFrame) -> None:
    """Raises InputError where not one of a file's stamps can be read. moments: what `parsed_stamps` made of them."""
    if column.dtype != pl.String or table.stem is None or column.null_count() == len(column):
        return
    if any(one.null_count() < len(one) for one in moments):
        return
    texts = column.drop_nulls().head(_SHOWN_DATES)
    if texts.str.contains(r"^[0-9]{4}-").any():
        return  # of another century, or no days: the findings say so
    kinds = _SHORT_DATES if re.match(_SHORT_YEAR, texts[0]) else ("us", "eu")
    fit = [kind for kind in kinds if iso_stamps(texts, kind).str.contains(r"^[0-9]{4}-").all()]
    ways = " or ".join(f"'{kind}' (--dates {kind})" for kind in fit)
    way = (
        f"csv={{'dates': ...}} with {ways}"
        if fit
        else "csv={'dates': '%d-%b-%Y'} (--dates), the format in which they are"
    )
    raise InputError(
        f"{table.source}: column {column.name} is in a form that can't be told, the first is {texts[0]!r}. Say how its "
        f"dates are written: {way}."
    )


def is_blank(column: pl.Series) -> bool:
    """Whether there is nothing in any row of a column."""
    if column.null_count() == len(column):
        return True
    return column.dtype == pl.String and bool((column.drop_nulls().str.strip_chars() == "").all())


def text_column(frame: pl.DataFrame, name: str) -> tuple[pl.Series, bool]:
    """A column as text without blanks around it, null where empty; and whether it was made of floats.

    Floats become their shortest repr.
    """
    column = frame[name]
    if column.dtype.is_nested():
        raise InputError(f"column {name!r} holds {column.dtype}, several values a row. Pass one number or text a row.")
    if column.dtype == pl.Object:
        column = pl.Series(name, [text_of(value) for value in column.to_list()], dtype=pl.String)
    is_float = column.dtype.is_float()
    text = column.cast(pl.String)
    if isinstance(column.dtype, pl.String | pl.Categorical | pl.Enum):
        text = text.str.strip_chars()
        text = text.to_frame().select(pl.when(pl.col(name) != "").then(pl.col(name))).to_series()
    return text.rename(name), is_float
