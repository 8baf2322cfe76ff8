"""Tables in JSON: numbers keep the digits with which they are written."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._encoding import as_utf8
from rustybt.files._names import STAMP_COLUMNS, known_names

MOST_BYTES: Final = 2**30
"""It is read at once."""
SHORT_NAMES: Final = {"t": "timestamp", "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
_NEEDED_SHORT: Final = {"t", "o", "h", "l", "c"}
OHLCV: Final = ("timestamp", "open", "high", "low", "close", "volume")
"""The columns of rows without names that exchanges give; more of them may follow."""
_NUMBERED: Final = re.compile(r"^[0-9]+[.:] ")
_DEEPEST: Final = 4
_GIVE: Final = (
    'Pass records ([{"date": "2024-07-04", "open": 1, ...}, ...]), columns ({"date": [...], "open": [...], ...}) or '
    "one record a line."
)

type Rows = list[Mapping[str, Any]]


def read_json(path: Path, encoding: str | None, names: Sequence[str | None] | None) -> pl.DataFrame:
    """The table as text, under the file's names. names: of the columns of rows that are lists.

    Raises InputError where there is none, or more than one.
    """
    text = _text(path, encoding)
    rows = _rows(_parsed(text, path), names, path, 0)
    if rows is None:
        raise InputError(f"{path}: there is no table of bars in this JSON. {_GIVE}")
    if not rows:
        raise InputError(f"{path} holds no rows. Check the file.")
    columns = dict.fromkeys(_NUMBERED.sub("", name) for row in rows for name in row)
    plain = [{_NUMBERED.sub("", name): value for name, value in row.items()} for row in rows]
    return pl.DataFrame(
        [pl.Series(name, [_as_text(row.get(name), name, path) for row in plain], dtype=pl.String) for name in columns]
    )


def _text(path: Path, encoding: str | None) -> str:
    with path.open("rb") as raw:
        data = (gzip.GzipFile(fileobj=raw) if path.name.lower().endswith(".gz") else raw).read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(f"{path} has more than {MOST_BYTES // 2**20:,} MB of JSON. Make CSV or Parquet of it.")
    return b"".join(as_utf8(iter([data]), encoding, path)).decode("utf-8", "surrogatepass")


def _parsed(text: str, path: Path) -> Any:
    """The value; of several, one a line, a list."""
    try:
        return _loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and getattr(error, "msg", "") == "Extra data":
            return [_line(line, number, path) for number, line in enumerate(lines, 1)]
        raise InputError(f"{path} is no JSON ({error}). Check that it is whole.") from None


def _line(line: str, number: int, path: Path) -> Any:
    try:
        return _loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: record {number} is no JSON ({error}). Check that the file is whole.") from None


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _rows(value: Any, names: Sequence[str | None] | None, path: Path, depth: int) -> Rows | None:
    """One mapping a row; None where a value is no table."""
    if isinstance(value, list):
        if value and all(isinstance(row, dict) for row in value):
            return [_with_long_names(row) for row in value] if _is_row(value[0]) else None
        if value and all(isinstance(row, list) for row in value):
            return _of_lists(value, names, path)
        return [] if depth == 0 and not value else None
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return _split(value, path)
    return _of_columns(value, path) or _by_key(value) or _within(value, names, path, depth)


def _is_row(row: Mapping[str, Any]) -> bool:
    lower = {_NUMBERED.sub("", str(name)).strip().lower() for name in row}
    return any("close" in name or "price" in name for name in lower) or lower >= _NEEDED_SHORT or len(lower) > 3


def _with_long_names(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {SHORT_NAMES.get(name, name): value for name, value in row.items()} if row.keys() >= _NEEDED_SHORT else row


def _of_lists(value: list[list[Any]], names: Sequence[str | None] | None, path: Path) -> Rows:
    width = len(value[0])
    given: Sequence[str | None] = names or (*OHLCV, *(f"column_{at}" for at in range(len(OHLCV) + 1, width + 1)))
    if names is None and (width < len(OHLCV) or not str(value[0][0]).isdigit()):
        raise InputError(
            f"{path}: its rows are lists without names, the first is {str(value[0])[:80]}. Name them in order: "
            "csv={'columns': ['date', 'open', ...]} (--columns date,open,...)."
        )
    if any(len(row) != width for row in value):
        raise InputError(f"{path}: its first row has {width} values, and others have more or fewer. Fix it.")
    if len(given) != width:
        raise InputError(f"{path} has {width} columns, and columns names {len(given)}. Name each once.")
    known = [name or f"column_{at}" for at, name in enumerate(given)]
    return [dict(zip(known, row, strict=True)) for row in value]


def _split(value: Mapping[str, Any], path: Path) -> Rows:
    """Rows of pandas' orient "split"."""
    columns, data, index = value["columns"], value["data"], value.get("index")
    if any(not isinstance(row, list) or len(row) != len(columns) for row in data):
        raise InputError(f"{path}: its rows have other lengths than its {len(columns)} columns. {_GIVE}")
    rows: Rows = [dict(zip(map(str, columns), row, strict=True)) for row in data]
    if isinstance(index, list) and len(index) == len(rows):
        return _dated(rows, index)
    return rows


def _of_columns(value: Mapping[str, Any], path: Path) -> Rows | None:
    """Columns, as lists or by the index of rows."""
    lists = {name: column for name, column in value.items() if isinstance(column, list)}
    if lists.keys() >= _NEEDED_SHORT or "close" in {name.strip().lower() for name in lists}:
        if len({len(column) for column in lists.values()}) > 1:
            raise InputError(f"{path}: its columns {', '.join(lists)} are not equally long. {_GIVE}")
        rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        return [_with_long_names(row) for row in rows]
    mappings = {name: column for name, column in value.items() if isinstance(column, dict)}
    if "close" in {name.strip().lower() for name in mappings}:
        keys = list(dict.fromkeys(key for column in mappings.values() for key in column))
        return _dated([{name: column.get(key) for name, column in mappings.items()} for key in keys], keys)
    return None


def _by_key(value: Mapping[str, Any]) -> Rows | None:
    """One record for each day, which is its key."""
    rows = [row for row in value.values() if isinstance(row, dict) and row and _is_row(row)]
    if not rows or len(rows) < len(value) or any(isinstance(one, dict | list) for one in rows[0].values()):
        return None
    return _dated([_with_long_names(row) for row in rows], list(value))


def _within(value: Mapping[str, Any], names: Sequence[str | None] | None, path: Path, depth: int) -> Rows | None:
    """The one table among what a mapping holds."""
    if depth >= _DEEPEST:
        return None
    found = {name: rows for name, one in value.items() if (rows := _rows(one, names, path, depth + 1))}
    if len(found) > 1:
        raise InputError(f"{path} holds several tables ({', '.join(found)}). Pass a file of one of them.")
    return next(iter(found.values()), None)


def _dated(rows: Rows, keys: Iterable[Any]) -> Rows:
    """Rows with a column of dates: their keys, where no column has any."""
    lower = {str(name).strip().lower(): name for name in rows[0]} if rows else {}
    named = known_names(list(lower), lambda name: _as_first(rows[0].get(lower[name])))
    if set(STAMP_COLUMNS) & set(named.values()):
        return rows
    return [{"date": key, **row} for key, row in zip(keys, rows, strict=True)]


def _as_first(value: Any) -> str | None:
    return None if value is None else str(value)


def _as_text(value: Any, name: str, path: Path) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    raise InputError(f"{path}: column {name} holds {str(value)[:60]}. Pass one number or text a row.")
