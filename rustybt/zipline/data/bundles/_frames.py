"""What ingest functions hand to the writers: pandas frames of floats, as columns that keep every digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import DAY_NS, decimal_column
from rustybt.errors import InputError
from rustybt.zipline._pandas import pandas
from rustybt.zipline.reader import day_of_stamp

PRICES: Final = ("open", "high", "low", "close")
THOUSANDTHS: Final = 3
"""What Zipline rounds every price to; here only those that no decimal of 15 digits stands for."""
_FLOAT_DIGITS: Final = 15


def bar_columns(
    sid: int, stamps: Any, columns: Mapping[str, Any], *, daily: bool, decimals: int | None
) -> pl.DataFrame:
    """Bars of one asset: `stamp` (Date, or Datetime in UTC) and numbers as text, null where there is none.

    decimals: prices are rounded to them, half-even; None rounds to thousandths, and only where a price is a float of
    more than 15 digits, which came out of a computation. Rows without any price are left out.
    Raises InputError for a missing column.
    """
    missing = [name for name in (*PRICES, "volume") if name not in columns]
    if missing:
        raise InputError(
            f"The bars of sid {sid} have no column {', '.join(missing)}; they have {', '.join(map(str, columns))}. "
            "Zipline's writers take open, high, low, close, volume."
        )
    stamp = _stamps(stamps, daily=daily)
    values = {name: np.asarray(columns[name], dtype=np.float64) for name in (*PRICES, "volume")}
    traded = np.logical_or.reduce([np.nan_to_num(values[name]) != 0 for name in PRICES])
    prices = {name: values[name][traded] for name in PRICES}
    places = decimals if decimals is not None else _places(prices)
    volume = np.trunc(np.nan_to_num(values["volume"][traded]))
    return pl.DataFrame(
        [
            stamp.filter(pl.Series(traded)),
            *(_price_text(name, column, places) for name, column in prices.items()),
            _volume_text(volume),
        ]
    )


def _stamps(stamps: Any, *, daily: bool) -> pl.Series:
    index = pandas().DatetimeIndex(stamps)
    if index.tz is not None:
        index = (index if daily and _midnights(index) else index.tz_convert("UTC")).tz_localize(None)
    nanoseconds = index.to_numpy().astype("datetime64[ns]").astype(np.int64)
    if daily:
        return pl.Series("date", (nanoseconds // DAY_NS).astype(np.int32)).cast(pl.Date)
    return pl.Series("timestamp", nanoseconds).cast(pl.Datetime("ns", "UTC"))


def _midnights(index: Any) -> bool:
    """Whether the stamps are dates of their own zone, as they are in an index that yfinance gives."""
    return bool((index == index.normalize()).all())


def _places(prices: Mapping[str, npt.NDArray[np.float64]]) -> int | None:
    """None where the shortest text of every price is short, else the decimals that Zipline keeps."""
    for column in prices.values():
        digits = (
            pl.Series(column)
            .drop_nans()
            .cast(pl.String)
            .str.replace(r"e.*$", "")
            .str.replace_all(r"[^0-9]", "")
            .str.strip_chars("0")
            .str.len_chars()
        )
        if len(digits) and (digits > _FLOAT_DIGITS).any():
            return THOUSANDTHS
    return None


def _price_text(name: str, column: npt.NDArray[np.float64], places: int | None) -> pl.Series:
    """Zero and NaN stand for no price, as they do in Zipline."""
    gone = pl.Series(~np.isfinite(column) | (column == 0))
    if places is None:
        text = pl.Series(name, column).cast(pl.String)
    else:
        units = np.round(np.where(np.isfinite(column), column, 0) * 10.0**places)
        text = decimal_column(name, [int(unit) for unit in units], places).cast(pl.String)
    return text.to_frame().select(pl.when(~gone).then(pl.col(name))).to_series()


def _volume_text(volume: npt.NDArray[np.float64]) -> pl.Series:
    return pl.Series("volume", [str(int(one)) for one in volume], dtype=pl.String)


def records(frame: Any, index: str) -> Iterator[dict[str, Any]]:
    """The rows of a frame; `index` is what its index stands for where it is no column, as Zipline has it."""
    if frame is None:
        return
    if index not in frame.columns:
        frame = frame.rename_axis(index).reset_index()
    names = [str(name) for name in frame.columns]
    for values in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
        yield dict(zip(names, values, strict=True))


def day_of_value(value: Any) -> int | None:
    """The day of what stands for a date: a Timestamp, a date, text, or seconds or nanoseconds; None for none."""
    if value is None or isinstance(value, int | np.integer):
        return day_of_stamp(value)
    if isinstance(value, float):
        return None if np.isnan(value) else day_of_stamp(int(value))
    stamp = pandas().Timestamp(value)
    if stamp is pandas().NaT:
        return None
    if stamp.tzinfo is not None:
        stamp = (stamp if stamp == stamp.normalize() else stamp.tz_convert("UTC")).tz_localize(None)
    return int(stamp.as_unit("ns").value) // DAY_NS


def text_of(value: Any) -> str | None:
    """A cell as text; None for what pandas counts as missing."""
    if value is None or pandas().isna(value):
        return None
    return str(value) or None
