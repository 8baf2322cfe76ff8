"""The tables of a result as files of other programs: each digit as it is."""

from __future__ import annotations

import json
import math
import re
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from polars import selectors as cs

from rustybt.core import check_process, decimal_column, text_of_object, writing
from rustybt.errors import InputError, MissingExtra, ResultError, ResultExists
from rustybt.results._floats import as_floats
from rustybt.results._frame import FRAMES

if TYPE_CHECKING:
    from rustybt.results._result import Result

FORMATS: Final = ("csv", "xlsx", "parquet", "arrow", "json")
IN_ONE_FILE: Final = ("xlsx", "json")
USUAL: Final = ("metrics", "daily", "trades", "costs", "orders", "transactions", "positions", "recorded", "entries")
"""What is written where no tables are named; costs where the result knows them."""
_FORMULAS: Final = r"^[=+\-@\t\r]"
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"
_LOOKS: Final = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
_MOST_ROWS: Final = 2**20 - 1
"""Of a sheet, below the names of its columns."""


def export(
    result: Result,
    path: Path,
    form: str | None,
    tables: Sequence[str] | None,
    *,
    floats: bool,
    escape: bool,
    overwrite: bool,
) -> Path:
    """Writes what `Result.export` writes. All of it appears, or nothing."""
    check_process()
    place = path.expanduser()
    kind = _format(place, form)
    if kind in IN_ONE_FILE and not place.suffix and not place.is_dir():
        place = place.with_name(f"{place.name}.{kind}")
    names = _names(result, _table_of(place, kind) if tables is None else tables)
    single = kind in IN_ONE_FILE or (len(names) == 1 and place.suffix.lower() == f".{kind}")
    if place.exists() and (not overwrite or place.is_dir() == single):
        there = "there already" if not overwrite else "a folder" if single else "a file"
        raise ResultExists(
            f"{place} is {there}. Choose another place{'' if overwrite else ', or say overwrite=True (--overwrite)'}."
        )
    frames = {name: _table(result, name) for name in names}
    if floats:
        frames = {name: as_floats(frame) for name, frame in frames.items()}
    temporary = place.parent / f".{place.name}.tmp-{uuid.uuid4().hex[:12]}"
    with writing(ResultError, place, "pass another path."):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(frames, temporary, kind, single=single, escape=escape)
            _publish(temporary, place)
        finally:
            if temporary.is_dir():
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink(missing_ok=True)
    return place


def _format(place: Path, form: str | None) -> str:
    kind = form or place.suffix[1:].lower()
    if kind not in FORMATS:
        said = f"format={form!r}" if form else f"{place.name!r} names no format"
        raise InputError(f"{said}: choose among {', '.join(FORMATS)}, by format= or the ending of the path.")
    return kind


def _table_of(place: Path, kind: str) -> list[str] | None:
    """The table that a file of one table is named after; None for a folder, or a file that holds several.

    Raises InputError for a file whose name is no table's.
    """
    if kind in IN_ONE_FILE or place.suffix.lower() != f".{kind}":
        return None
    name = place.stem.lower()
    if name not in _known():
        raise InputError(
            f"{place}: a file of {kind} holds one table. Name it by tables=['trades'] (-t trades), or pass a folder "
            f"and format={kind!r} (-f {kind})."
        )
    return [name]


def _known() -> list[str]:
    return [*MADE, *(name for name in FRAMES if name != "cost_rows")]


def _names(result: Result, tables: Sequence[str] | None) -> list[str]:
    if tables is None:
        return [name for name in USUAL if name != "costs" or result.has_costs]
    known = _known()
    unknown = [name for name in tables if name not in known]
    if unknown or not tables or isinstance(tables, str):
        raise InputError(f"tables={tables!r}: pass a list of names out of {', '.join(known)}.")
    return list(dict.fromkeys(tables))


def _table(result: Result, name: str) -> pl.DataFrame:
    made = MADE.get(name)
    frame: pl.DataFrame = getattr(result, name) if made is None else made(result)
    objects = [column for column, kind in frame.schema.items() if kind == pl.Object]
    return frame.with_columns(
        pl.Series(name, [None if value is None else text_of_object(value) for value in frame[name]], dtype=pl.String)
        for name in objects
    )


def _figures(result: Result) -> pl.DataFrame:
    figures = result.metrics
    texts = [
        None if value is None else str(value) if isinstance(value, int) else f"{value:f}" for value in figures.values()
    ]
    return pl.DataFrame({"figure": list(figures), "value": texts}, schema={"figure": pl.String, "value": pl.String})


MADE: Final[dict[str, Callable[[Result], pl.DataFrame]]] = {
    "metrics": _figures,
    "trades": lambda result: result.trades,
    "costs": lambda result: result.costs.by_kind,
    "costs_daily": lambda result: result.costs.daily,
    "costs_fills": lambda result: result.costs.fills,
}
"""Tables that are no frames of a result, but made of it."""


def _write(frames: Mapping[str, pl.DataFrame], place: Path, kind: str, *, single: bool, escape: bool) -> None:
    if kind == "xlsx":
        _write_workbook(frames, place)
    elif kind == "json":
        # JSON has no NaN
        own = {name: _as_text(frame).with_columns(cs.float().fill_nan(None)) for name, frame in frames.items()}
        page = {name: frame.to_dicts() for name, frame in own.items()}
        place.write_bytes(f"{json.dumps(page, ensure_ascii=False, indent=1)}\n".encode(errors="backslashreplace"))
    elif single:
        _write_table(next(iter(frames.values())), place, kind, escape=escape)
    else:
        place.mkdir()
        for name, frame in frames.items():
            _write_table(frame, place / f"{name}.{kind}", kind, escape=escape)


def _write_table(frame: pl.DataFrame, place: Path, kind: str, *, escape: bool) -> None:
    if kind == "parquet":
        frame.write_parquet(place, compression="zstd")
    elif kind == "arrow":
        frame.write_ipc(place)
    else:
        texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and _is_text(frame, name)]
        own = _as_text(frame)
        if escape:
            # an apostrophe before what a spreadsheet would take for a formula
            own = own.with_columns(pl.col(texts).str.replace(_FORMULAS, "'${0}"))
            own = own.rename({name: f"'{name}" for name in own.columns if re.search(_FORMULAS, name)})
        own.write_csv(place)


def _is_text(frame: pl.DataFrame, name: str) -> bool:
    """Whether it is text of users, and not our numbers as text."""
    return frame.columns != ["figure", "value"] or name != "value"


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Numbers with decimals and moments as text, durations as seconds: each as it is."""
    return frame.with_columns(_column_as_text(column) for column in frame)


def _column_as_text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, pl.Duration):
        column = decimal_column(column.name, column.dt.total_nanoseconds(), 9)
        kind = column.dtype
    if isinstance(kind, pl.Decimal):
        text = column.cast(pl.String)
        return text.str.strip_chars_end("0").str.strip_chars_end(".") if kind.scale else text
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime(_MOMENT)
    return column.dt.strftime("%Y-%m-%d") if kind == pl.Date else column


def _write_workbook(frames: Mapping[str, pl.DataFrame], place: Path) -> None:
    """A sheet for each table. Text is written as text, so that no cell becomes a formula or a link."""
    try:
        from xlsxwriter import Workbook
        from xlsxwriter.exceptions import FileCreateError
    except ImportError:
        raise MissingExtra('format="xlsx" needs xlsxwriter. Install it with: pip install "rustybt[excel]"') from None
    for name, frame in frames.items():
        if frame.height > _MOST_ROWS:
            raise InputError(
                f"{name} has {frame.height:,} rows, and a sheet holds {_MOST_ROWS:,}. Leave it out with tables=, or "
                'write format="parquet" or "csv".'
            )
    book = Workbook(str(place), _LOOKS)
    try:
        with book:
            _write_sheets(book, frames)
    except FileCreateError as error:
        for sheet in book.worksheets():
            sheet._opt_close()  # the library leaves its own files open then
        # what it wraps: the error of the operating system
        raise error.args[0] from None


def _write_sheets(book: Any, frames: Mapping[str, pl.DataFrame]) -> None:
    head = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, frame in frames.items():
        sheet = book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(frame.columns):
            sheet.write_string(0, at, column, head)
        dates = {column for column, dtype in frame.schema.items() if dtype == pl.Date}
        own = _as_text(frame).with_columns(frame.select(sorted(dates)))
        for row, values in enumerate(own.iter_rows(), 1):
            for at, value in enumerate(values):
                if value is not None and _write_cell(sheet, row, at, value, day):
                    raise InputError(
                        f"{name}, row {row}: the text of {own.columns[at]} is longer than the 32,767 letters of a "
                        'cell. Write format="parquet" or "csv".'
                    )


def _write_cell(sheet: Any, row: int, at: int, value: Any, day: Any) -> int:
    """Returns 0 where it was written."""
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    if isinstance(value, str):
        return int(sheet.write_string(row, at, value))
    if isinstance(value, bool):
        return int(sheet.write_boolean(row, at, value))
    if isinstance(value, int | float):
        return int(sheet.write_number(row, at, value))
    return int(sheet.write_datetime(row, at, value, day))


def _publish(temporary: Path, place: Path) -> None:
    """Renames it to its place. Of a folder that is there only tables of ours are replaced."""
    if not temporary.is_dir() or not place.is_dir():
        temporary.replace(place)
        return
    for file in sorted(temporary.iterdir()):
        file.replace(place / file.name)
