"""Reading what the caller gave: Polars, pandas or Arrow frames, CSV or Parquet files. Numbers keep all of their digits.

CSV is read as text. Pandas frames are taken column by column, so that pyarrow is not needed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import glob
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.core import check_process
from rustybt.errors import InputError
from rustybt.files._csv import CsvFile
from rustybt.files._dialect import Dialect
from rustybt.files._encoding import UTF16_MARKS, as_utf8
from rustybt.files._uneven import UnevenLine

_CSV: Final = tuple(kind + packed for kind in (".csv", ".tsv", ".txt") for packed in ("", ".gz", ".zst"))
_PARQUET: Final = (".parquet", ".pq")
FRAME_ROWS: Final = 250_000
"""Rows of a frame or Parquet file that are checked at a time."""


@dataclass(frozen=True, slots=True)
class Table:
    """A frame with lower-case column names, where it came from, and the symbol that a file's name stands for.

    uneven: lines of a CSV file among these rows that could not be told apart into fields.
    """

    frame: pl.DataFrame
    source: str
    stem: str | None = None
    uneven: Sequence[UnevenLine] = ()


def read_tables(source: Any, what: str) -> list[Table]:
    """The tables that one argument stands for, whole; CSV files are plain ones, with commas and a header.

    source: a Polars, pandas or Arrow frame, anything else that gives an Arrow stream, a path, or a list of those.
    A folder stands for all CSV and Parquet files in it, by name; a path with * or ? for the files that fit.
    what: the argument's name, for messages. Raises InputError.
    """
    check_process()
    return [
        _read_file(item, what) if isinstance(item, Path) else Table(item, what) for item in given_items(source, what)
    ]


def given_items(source: Any, what: str) -> list[Path | pl.DataFrame]:
    """The files and frames (with lower-case names) that one argument stands for; see `read_tables`."""
    if isinstance(source, str | Path):
        return list(_files(Path(source).expanduser(), what))
    if isinstance(source, list | tuple):
        if not source:
            raise InputError(f"{what} is an empty list. Give a frame, or the paths of files.")
        return [table for item in source for table in given_items(item, what)]
    return [_lower(_frame(source, what), what)]


def read_pieces(item: Path | pl.DataFrame, what: str, dialect: Dialect, notes: list[str]) -> Iterator[Table]:
    """A file or frame piece by piece, so that no more than some 100,000 rows of a file lie in memory.

    notes: gets what was done to the rows of a CSV file. Raises InputError.
    """
    if isinstance(item, pl.DataFrame):
        for start in range(0, max(item.height, 1), FRAME_ROWS):
            yield Table(item.slice(start, FRAME_ROWS), what)
        return
    stem = item.name[: -len(_suffix(item, what))]
    with _readable(item, what):
        if item.name.lower().endswith(_PARQUET):
            yield from (Table(_lower(frame, str(item)), str(item), stem) for frame in _parquet_pieces(item))
            return
        file = CsvFile(item, dialect)
        for frame, uneven in file:
            yield Table(_lower(frame, str(item)), str(item), stem, uneven)
        notes += file.notes


def _parquet_pieces(path: Path) -> Iterator[pl.DataFrame]:
    rows = pl.scan_parquet(path, glob=False)
    height = int(rows.select(pl.len()).collect(engine="in-memory").item())
    for start in range(0, max(height, 1), FRAME_ROWS):
        yield rows.slice(start, FRAME_ROWS).collect(engine="in-memory")


def _frame(source: Any, what: str) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return source.collect(engine="in-memory")
    if type(source).__module__.partition(".")[0] == "pandas":
        return _from_pandas(source, what)
    if hasattr(source, "__arrow_c_stream__") or type(source).__module__.partition(".")[0] == "pyarrow":
        return pl.DataFrame(source)
    raise InputError(
        f"{what} is a {type(source).__name__}. "
        "Give a Polars, pandas or Arrow frame, or the path of CSV or Parquet files."
    )


def _files(path: Path, what: str) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.name.lower().endswith(_CSV + _PARQUET) and p.is_file())
        if not found:
            raise InputError(f"{what}: no CSV or Parquet file in {path}. One file per symbol, or one long file.")
        return found
    if not path.is_file():
        fitting = (
            sorted(Path(found) for found in glob.glob(str(path), recursive=True)) if glob.has_magic(str(path)) else []
        )
        if not fitting:
            raise InputError(f"{what}: there is no file {path}. Check the path.")
        return fitting
    return [path]


def _read_file(path: Path, what: str) -> Table:
    suffix = _suffix(path, what)
    with _readable(path, what):
        frame = pl.read_parquet(path, glob=False) if suffix.lower() in _PARQUET else _read_csv(path)
    return Table(_lower(frame, str(path)), str(path), path.name[: -len(suffix)])


def _read_csv(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(_as_utf8(path), infer_schema=False, glob=False)
    except pl.exceptions.ComputeError:
        for _, uneven in CsvFile(path, Dialect(delimiter=",", header=True)):
            if uneven:
                raise InputError(f"{uneven[0].message}. Mend the line.") from None
        raise


def _as_utf8(path: Path) -> Path | bytes:
    """The file, or its text where a mark says that it is UTF-16."""
    with path.open("rb") as file:
        marked = file.read(2) in UTF16_MARKS
    return b"".join(as_utf8(iter([path.read_bytes()]), None, path)) if marked else path


def _suffix(path: Path, what: str) -> str:
    name = path.name.lower()
    ending = next((ending for ending in _CSV + _PARQUET if name.endswith(ending)), None)
    if ending is None:
        raise InputError(f"{what}: {path} is neither CSV nor Parquet. Give a file that ends in .csv or .parquet.")
    return path.name[-len(ending) :]


@contextlib.contextmanager
def _readable(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, EOFError, OSError, zlib.error) as error:
        said = (str(error).splitlines() or ["it ends too early"])[0]
        raise InputError(f"{what}: {path} can't be read ({said}). Check that it is whole.") from error


def _lower(frame: pl.DataFrame, what: str) -> pl.DataFrame:
    names = [name.strip().lower() for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{what} has more than one column {', '.join(twice)} (case aside). Drop or rename one.")
    return frame.rename(dict(zip(frame.columns, names, strict=True)))


def need_columns(table: Table, needed: Iterable[str], what: str) -> None:
    """Raises InputError where the table lacks one of the columns."""
    missing = [name for name in needed if name not in table.frame.columns]
    if missing:
        raise InputError(
            f"{what}: {table.source} has no column {', '.join(missing)}; it has {', '.join(table.frame.columns)}. "
            "Rename its columns."
        )


def text_column(frame: pl.DataFrame, name: str) -> tuple[pl.Series, bool]:
    """A column as text without blanks around it, null where empty; and whether it was made of floats.

    Floats become their shortest repr.
    """
    column = frame[name]
    if column.dtype.is_nested():
        raise InputError(f"column {name!r} holds {column.dtype}, several values a row. Give one number or text a row.")
    if column.dtype == pl.Object:
        column = pl.Series(name, [_text_of(value) for value in column.to_list()], dtype=pl.String)
    is_float = column.dtype.is_float()
    text = column.cast(pl.String)
    if isinstance(column.dtype, pl.String | pl.Categorical | pl.Enum):
        text = text.str.strip_chars()
        text = text.to_frame().select(pl.when(pl.col(name) != "").then(pl.col(name))).to_series()
    return text.rename(name), is_float


def _text_of(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        return repr(float(value))
    return str(value)


# -- pandas ----------------------------------------------------------------------------------------------------------


def _from_pandas(source: Any, what: str) -> pl.DataFrame:
    if not hasattr(source, "columns"):
        raise InputError(f"{what} is a pandas {type(source).__name__}. Give a DataFrame.")
    return pl.DataFrame([_pandas_column(name, values) for name, values in _with_index(source).items()])


def _with_index(source: Any) -> dict[str, Any]:
    """The index's levels as columns too, where they say something: names, or dates."""
    index = source.index
    columns = {str(name): source[name] for name in source.columns}
    for level in range(index.nlevels):
        values = index.get_level_values(level)
        is_time = values.dtype.kind == "M" or hasattr(values.dtype, "tz")
        name = values.name if values.name is not None else ("timestamp" if is_time else None)
        if name is not None and str(name) not in columns:
            columns[str(name)] = values.to_series(index=index)
    return columns


def _pandas_column(name: str, values: Any) -> pl.Series:
    dtype = values.dtype
    if getattr(dtype, "tz", None) is not None:
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[ns]")
        return pl.Series(name, naive).dt.replace_time_zone("UTC")
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":
        return pl.Series(name, values.to_numpy())
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        return pl.Series(name, values.to_numpy().astype("datetime64[ns]"))
    missing = values.isna().to_numpy()
    plain = [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]
    kinds = {type(value) for value in plain if value is not None}
    if kinds and all(issubclass(kind, float | np.floating) for kind in kinds):
        return pl.Series(name, [None if v is None else float(v) for v in plain], dtype=pl.Float64)
    if kinds and all(issubclass(kind, dt.datetime) for kind in kinds):
        return pl.Series(name, [None if v is None else v.isoformat() for v in plain], dtype=pl.String)
    if kinds <= {dt.date} and kinds:
        return pl.Series(name, plain, dtype=pl.Date)
    return pl.Series(name, [_text_of(_plain(value)) for value in plain], dtype=pl.String)


def _plain(value: object) -> object:
    """A NumPy scalar as what it stands for, so that its text is the number alone."""
    if isinstance(value, Decimal | str | dt.date) or value is None:
        return value
    return value.item() if hasattr(value, "item") else value
