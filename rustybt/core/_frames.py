"""Frames from scaled integers: the one checked way in.

Polars rounds in casts and turns what does not fit into null without a word, so an exact column is built from
integers, by reinterpreting their bits, and from nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.errors import FloatInTheBooks, InputError, MoneyOverflow

_Native: Any = type(pl.Series()._s)
"""What a Series of Polars is inside."""

MAX_DIGITS: Final = 38
"""Digits that a Decimal column holds."""
UTC_NS: Final = pl.Datetime("ns", "UTC")
"""The type of every stamp in a frame."""

type Ints = Sequence[int | None] | np.ndarray | pl.Series


_MAKERS: Final = {
    np.dtype(kind): maker
    for kind, name in (
        (np.int64, "new_i64"),
        (np.int32, "new_i32"),
        (np.uint64, "new_u64"),
        (np.float64, "new_f64"),
        (np.bool_, "new_bool"),
    )
    if (maker := getattr(_Native, name, None)) is not None
}


def series_of(values: npt.NDArray[Any], name: str = "", *, nan_to_null: bool = False) -> pl.Series:
    """A plain array of one dimension as a Series, as `pl.Series` makes it: it may share the array's memory.

    Polars asks `numpy.ma` of every array whether it is a masked one, and so imports it with the first: 10 ms, and 35
    where bytecode may not be kept. It is spared that where Polars' own function for the type is where it was.
    """
    maker, flags = _MAKERS.get(values.dtype), values.flags
    if (
        maker is None
        or type(values) is not np.ndarray
        or values.ndim != 1
        or not (flags.c_contiguous and flags.aligned)
    ):
        return pl.Series(name, values, nan_to_null=nan_to_null)
    return pl.Series._from_pyseries(maker(name, values, nan_to_null))


def decimal_column(name: str, values: Ints, scale: int) -> pl.Series:
    """A Decimal(38, scale) column holding exactly `value * 10**-scale`, null where a value is None.

    values: Python ints and None, an int64 array, or a Series of integers.
    scale: 0 to 38.
    Raises MoneyOverflow where a value has more than 38 digits, FloatInTheBooks where one is no integer.

    >>> decimal_column("price", [12050, None], 2).to_list()
    [Decimal('120.50'), None]
    """
    try:
        return _in_128_bits(name, values, scale).reinterpret(dtype=pl.Decimal(MAX_DIGITS, scale))
    except (OverflowError, pl.exceptions.PolarsError):
        raise _refused(name, values, scale) from None


class ExactColumn(NamedTuple):
    """A Decimal(38, scale) column that `frame_of` is to make: what `decimal_column` takes."""

    name: str
    values: Ints
    scale: int


def frame_of(columns: Sequence[pl.Series | ExactColumn]) -> pl.DataFrame:
    """A frame of columns, all exact ones of which are made at once.

    Polars starts a query to reinterpret bits, some 20 us whatever the length: here it is one, not one a column.
    Raises what `decimal_column` raises.

    >>> frame_of([pl.Series("n", [1]), ExactColumn("price", [12050], 2), ExactColumn("ratio", [5], 1)]).row(0)
    (1, Decimal('120.50'), Decimal('0.5'))
    """
    exact = [column for column in columns if isinstance(column, ExactColumn)]
    wide = [column if isinstance(column, pl.Series) else _in_128_bits(*column) for column in columns]
    frame = pl.DataFrame(wide)
    if not exact:
        return frame
    try:
        return frame.with_columns([_reinterpreted(name, scale) for name, _, scale in exact])
    except (OverflowError, pl.exceptions.PolarsError):
        for name, values, scale in exact:
            decimal_column(name, values, scale)
        raise


@functools.lru_cache(maxsize=256)
def _reinterpreted(name: str, scale: int) -> pl.Expr:
    return pl.col(name).reinterpret(dtype=pl.Decimal(MAX_DIGITS, scale))


def _in_128_bits(name: str, values: Ints, scale: int) -> pl.Series:
    if isinstance(values, np.ndarray):
        if values.size and values.dtype.kind not in "iu":
            raise _refused(name, values.tolist(), scale)
        return series_of(values, name).cast(pl.Int128)
    if isinstance(values, pl.Series):
        return values.cast(pl.Int128).alias(name)
    try:
        # straight to 128 bits: trying 64 first costs five times as much where one value is too wide for them
        return pl.Series(name, values, dtype=pl.Int128)
    except (TypeError, OverflowError):
        raise _refused(name, values, scale) from None


def _refused(name: str, values: Ints, scale: int) -> Exception:
    """Which value can't stand in a Decimal column, and why."""
    limit = 10**MAX_DIGITS
    for row, value in enumerate(values):
        if value is None:
            continue
        if not isinstance(value, int | np.integer):
            return FloatInTheBooks(
                f"Column {name!r}, row {row}: {value!r} is a {type(value).__name__}, not a scaled integer. "
                "Convert it with exact_number and to_scale first."
            )
        if not -limit < value < limit:
            return MoneyOverflow(
                f"Column {name!r}, row {row}: {value}e-{scale} needs more than the {MAX_DIGITS} digits that a frame "
                "holds. Use smaller amounts or fewer decimals."
            )
    return InputError(f"Column {name!r}: scale {scale} is not between 0 and {MAX_DIGITS}. Pass one that is.")


def datetime_column(name: str, stamps: Ints) -> pl.Series:
    """A Datetime("ns", "UTC") column from int64 nanoseconds since 1970, null where a stamp is None.

    Raises InputError where a stamp is no integer of 64 bits.
    """
    return _integers(name, stamps, pl.Int64()).cast(UTC_NS)


def date_column(name: str, days: Ints) -> pl.Series:
    """A Date column from days since 1970-01-01, null where a day is None.

    Raises InputError where a day is no integer of 32 bits.
    """
    return _integers(name, days, pl.Int32()).cast(pl.Date)


def _integers(name: str, values: Ints, dtype: pl.DataType) -> pl.Series:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return series_of(values, name).cast(dtype)
    try:
        return pl.Series(name, values if isinstance(values, list) else list(values), dtype=dtype)
    except (TypeError, OverflowError) as error:
        raise InputError(f"Column {name!r}: {str(error).splitlines()[0]}. Pass integers or None.") from None


def scaled_ints(column: pl.Series) -> list[int | None]:
    """The integers behind a Decimal column, `value * 10**-scale` each, without making a Decimal of any.

    >>> scaled_ints(decimal_column("price", [12050, None], 2))
    [12050, None]
    """
    whole = column.to_physical()
    if whole.dtype == pl.Int128:
        # those of 64 bits, which most are, become Python's in a quarter of the time
        narrow = whole.cast(pl.Int64, strict=False)
        if narrow.null_count() == whole.null_count():
            return narrow.to_list()
    return whole.to_list()
