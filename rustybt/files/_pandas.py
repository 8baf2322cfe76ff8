"""Pandas frames, column by column, so that pyarrow is not needed."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from decimal import Decimal
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.errors import InputError

_WHOLE: Final = 2**53
_HOUR: Final = dt.timedelta(hours=1)


def from_pandas(source: Any, what: str) -> pl.DataFrame:
    """The frame with its index, as far as that says something. Raises InputError."""
    if not hasattr(source, "columns"):
        raise InputError(f"{what} is a pandas {type(source).__name__}. Pass a DataFrame.")
    if not source.columns.is_unique:
        twice = list(dict.fromkeys(source.columns[source.columns.duplicated()]))
        raise InputError(f"{what} has more than one column {twice[0]!r}. Drop or rename one.")
    if source.columns.nlevels > 1:
        source = _stacked(source, what)
    return pl.DataFrame([_column(name, values) for name, values in _with_index(source).items()])


def _stacked(source: Any, what: str) -> Any:
    """Columns such as ("Close", "TSLA"), in either order, as yfinance.download gives them: a row a symbol and moment.

    A row without a value is that of an asset without a bar, and is left out.
    """
    levels = range(source.columns.nlevels)
    of_fields = [at for at in levels if "close" in {str(v).lower() for v in source.columns.get_level_values(at)}]
    if len(levels) != 2 or len(of_fields) != 1:
        raise InputError(
            f"{what}: its columns have {len(levels)} levels, the first is {source.columns[0]!r}. Pass two levels, "
            "one of them the fields (Open, High, Low, Close, Volume) and one the symbols, or a column symbol."
        )
    symbols = source.columns.get_level_values(1 - of_fields[0])
    parts = []
    for symbol in symbols.unique():
        part = source.loc[:, symbols == symbol].copy()
        part.columns = part.columns.get_level_values(of_fields[0])
        part = part.dropna(how="all")
        part["symbol"] = str(symbol)
        parts.append(part)
    import pandas as pd

    return pd.concat(parts)


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


def from_pandas_column(name: str, values: Any) -> pl.Series:
    """A Series or index."""
    return _column(name, values.to_series() if not hasattr(values, "dt") and hasattr(values, "to_series") else values)


def _column(name: str, values: Any) -> pl.Series:
    dtype = values.dtype
    zone = getattr(dtype, "tz", None)
    if zone is not None:
        known = _zone_name(zone)
        if known is None:
            return pl.Series(name, [None if v is None else v.isoformat() for v in _plain_list(values)], dtype=pl.String)
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[ns]")
        return pl.Series(name, naive).dt.replace_time_zone("UTC").dt.convert_time_zone(known)
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":
        return pl.Series(name, values.to_numpy())
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        return pl.Series(name, values.to_numpy().astype("datetime64[ns]"))
    return of_objects(name, _plain_list(values))


def _plain_list(values: Any) -> list[Any]:
    missing = values.isna().to_numpy()
    return [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]


def _zone_name(zone: dt.tzinfo) -> str | None:
    """The zone as Polars knows it: by its name, or as a whole number of hours; None for others."""
    if isinstance(zone, dt.timezone):
        hours, rest = divmod(zone.utcoffset(None), _HOUR)
        return None if rest or not -12 <= hours <= 14 else f"Etc/GMT{-hours:+d}" if hours else "UTC"
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    return name if name in zoneinfo.available_timezones() else None


def of_objects(name: str, plain: list[Any]) -> pl.Series:
    """Values of any kind, None where there is none: floats as such, dates as such, the rest as its text."""
    kinds = {type(value) for value in plain if value is not None}
    if _are_floats(kinds, plain):
        return pl.Series(name, [None if v is None else float(v) for v in plain], dtype=pl.Float64)
    if kinds and all(issubclass(kind, dt.datetime) for kind in kinds):
        return pl.Series(name, [None if v is None else v.isoformat() for v in plain], dtype=pl.String)
    if kinds <= {dt.date} and kinds:
        return pl.Series(name, plain, dtype=pl.Date)
    return pl.Series(name, [text_of(_plain(value)) for value in plain], dtype=pl.String)


def _are_floats(kinds: set[type], plain: list[Any]) -> bool:
    """Whether all are floats, or whole numbers among floats that floats hold."""
    if not any(issubclass(kind, float | np.floating) for kind in kinds):
        return False
    if not all(issubclass(kind, float | np.floating | int | np.integer) and kind is not bool for kind in kinds):
        return False
    return all(isinstance(v, float | np.floating) or abs(v) <= _WHOLE for v in plain if v is not None)


def text_of(value: object) -> str | None:
    """A value as text, a float by its shortest repr; None for None."""
    if value is None:
        return None
    if isinstance(value, float):
        return repr(float(value))
    return str(value)


def _plain(value: object) -> object:
    """A NumPy scalar as what it stands for, so that its text is the number alone."""
    if isinstance(value, Decimal | str | dt.date) or value is None:
        return value
    return value.item() if hasattr(value, "item") else value
