"""Tables that are no frames: mappings of columns, lists of records, and rows of lists as exchanges give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from rustybt.errors import InputError
from rustybt.files._json import OHLCV
from rustybt.files._moments import unit_of
from rustybt.files._pandas import from_pandas_column, of_objects


def frame_of_columns(source: Mapping[Any, Any], what: str) -> pl.DataFrame | None:
    """A mapping of names to columns as a frame; None where it is a mapping of something else.

    Columns are lists, arrays or Series of Polars or pandas. Raises InputError where they are not equally long.
    """
    names = {str(name).strip().lower() for name in source}
    if "close" not in names or not all(_is_column(column) for column in source.values()):
        return None
    return _frame({str(name): _column(str(name), column) for name, column in source.items()}, what)


def frame_of_rows(source: Sequence[Any], what: str) -> pl.DataFrame | None:
    """A list of records, or of rows of stamp, open, high, low, close, volume, as a frame; None where it is neither.

    The stamp of such a row is a whole number of seconds, milliseconds, microseconds or nanoseconds, as its digits tell.
    """
    first = source[0]
    if isinstance(first, Mapping) and first and all(isinstance(row, Mapping) for row in source):
        if any(_is_column(value) or hasattr(value, "columns") for value in first.values()):
            return None
        names = dict.fromkeys(str(name) for row in source for name in row)
        return _frame({name: of_objects(name, [_plain(row.get(name)) for row in source]) for name in names}, what)
    if not _is_ohlcv(first):
        return None
    if any(not isinstance(row, list | tuple) or len(row) != len(first) for row in source):
        raise InputError(f"{what}: its first row has {len(first)} values, and others have more or fewer. Fix it.")
    columns = zip(*source, strict=True)
    given = {name: of_objects(name, list(map(_plain, column))) for name, column in zip(OHLCV, columns, strict=False)}
    return _frame({**given, "timestamp": _moments(given["timestamp"], what)}, what)


def _is_column(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return not value or not isinstance(value[0], list | tuple | Mapping)
    return isinstance(value, pl.Series) or getattr(value, "ndim", None) == 1


def _is_ohlcv(row: Any) -> bool:
    return (
        isinstance(row, list | tuple)
        and len(row) >= len(OHLCV)
        and isinstance(row[0], int | np.integer)
        and not isinstance(row[0], bool)
    )


def _column(name: str, values: Any) -> pl.Series:
    if isinstance(values, pl.Series):
        return values.rename(name)
    if type(values).__module__.partition(".")[0] == "pandas":
        return from_pandas_column(name, values)
    if isinstance(values, np.ndarray):
        kind = values.dtype.kind
        if kind == "M":
            return pl.Series(name, values.astype("datetime64[ns]"))
        return pl.Series(name, values) if kind in "fiub" else of_objects(name, values.tolist())
    return of_objects(name, list(map(_plain, values)))


def _plain(value: Any) -> Any:
    """A NumPy scalar as what it stands for; NaN and NaT in a list are nothing."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[us]").item()
    if isinstance(value, np.generic):
        value = value.item()
    return None if value != value else value  # noqa: PLR0124 - NaN and NaT alone differ from themselves


def _frame(columns: dict[str, pl.Series], what: str) -> pl.DataFrame:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise InputError(f"{what}: its columns are not equally long ({told}). Pass a value for each row.")
    return pl.DataFrame(list(columns.values()))


def _moments(stamps: pl.Series, what: str) -> pl.Series:
    numbers = stamps.cast(pl.Int64, strict=False)
    if numbers.null_count() or unit_of(numbers) is None:
        raise InputError(
            f"{what}: its rows begin with {stamps[0]} to {stamps[-1]}, which are no seconds, milliseconds, "
            "microseconds or nanoseconds since 1970. Pass a frame with a column timestamp."
        )
    return numbers.rename("timestamp")
