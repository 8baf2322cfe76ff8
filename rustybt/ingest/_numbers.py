"""Text as scaled integers, exactly; and the one rounding that a caller can ask for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import EXACT, as_decimal, decimals, is_number, rescale_half_even, scaled
from rustybt.errors import InputError
from rustybt.validation import MOST_DECIMALS, MOST_INTEGER_DIGITS

_FIRST_ROWS: Final = 1_000
_TRIED_PLACES: Final = (0, 2, 4, 6, 8)
_FLOAT_LIMIT: Final = 1e15
"""Of 15 digits."""
_NOISE_LIMIT: Final = 1e11
_NOISE_ULPS: Final = 4
_MOST_NOISY_PLACES: Final = 8
"""A float that was computed meets one of these by chance in less than one of 10,000 rows, and all rows must."""


def plain_text(column: pl.Series, *, round_to: int | None = None) -> pl.Series:
    """Numbers without exponents; what is no number stays as it stands.

    round_to: decimals that the caller will have rounded to; digits that the catalog could not hold before that go here.
    """
    name = column.name
    odd = pl.col(name).str.contains("[eE]")
    if round_to is not None:
        odd |= decimals(name) > MOST_DECIMALS
    texts = column.to_frame().filter(is_number(name) & odd).to_series().unique().to_list()
    if not texts:
        return column
    return column.replace(texts, [_plain(text, round_to) for text in texts])


def _plain(text: str, round_to: int | None) -> str:
    number = EXACT.create_decimal(text)
    exponent = number.as_tuple().exponent
    if round_to is not None and isinstance(exponent, int) and exponent < -round_to:
        value, scale = scaled(number)
        number = as_decimal(rescale_half_even(value, scale, round_to), round_to)
    return format(number, "f")


def is_exact(column: pl.Series) -> bool:
    """Whether a column holds exact numbers, all within the digits that the catalog has room for."""
    places = column.dtype.scale if isinstance(column.dtype, pl.Decimal) else 0
    if not (column.dtype.is_integer() or isinstance(column.dtype, pl.Decimal)) or places > MOST_DECIMALS:
        return False
    low, high = (Decimal(str(number or 0)) for number in (column.min(), column.max()))
    return low > -(10**MOST_INTEGER_DIGITS) and high < 10**MOST_INTEGER_DIGITS


def exact_floats(column: pl.Series) -> pl.Series | None:
    """Floats as the decimals that their shortest reprs are, None where one has more than 15 digits or is no number.

    A number of at most 15 digits that reads back as a float is its shortest repr: no two of them read back as one. The
    quotient of two integers that floats hold is rounded as the text of that decimal is. So no text need be made.
    """
    if column.dtype != pl.Float64 or column.null_count() or not len(column):
        return None
    floats = column.to_numpy()
    for places in _TRIED_PLACES:
        with np.errstate(over="ignore", invalid="ignore"):
            units = np.rint(floats * 10.0**places)
            some = slice(0, _FIRST_ROWS)
            if not _reads_back(floats[some], units[some], places) or not _reads_back(floats, units, places):
                continue
        whole = pl.Series(column.name, units.astype(np.int64))
        return whole.cast(pl.Int128).reinterpret(dtype=pl.Decimal(38, places))
    return None


def without_noise(column: pl.Series) -> tuple[pl.Series, int] | None:
    """Floats of which each differs from a number of few decimals by the noise of floats alone, and how many decimals.

    The noise is that of numbers that were floats of 32 bits, such as 41.900001525878906, or of a few operations, such
    as 0.1 + 0.2. Numbers of more than 11 digits, as of a longer computation, are none of these: None.
    """
    if column.dtype != pl.Float64 or column.null_count() or not len(column):
        return None
    floats = column.to_numpy()
    if not np.isfinite(floats).all() or not (np.abs(floats) < _NOISE_LIMIT).all():
        return None
    singles = floats.astype(np.float32)
    of_singles = bool((singles == floats).all())
    for places in range(_MOST_NOISY_PLACES + 1):
        units = np.rint(floats * 10.0**places)
        if not (np.abs(units) < _NOISE_LIMIT).all():
            return None
        near = units / 10.0**places
        if of_singles:
            fits = near.astype(np.float32) == singles
        else:
            fits = np.abs(near - floats) <= _NOISE_ULPS * np.spacing(np.abs(floats))
        if bool(fits.all()):
            whole = pl.Series(column.name, units.astype(np.int64))
            return whole.cast(pl.Int128).reinterpret(dtype=pl.Decimal(38, places)), places
    return None


def _reads_back(floats: npt.NDArray[np.float64], units: npt.NDArray[np.float64], places: int) -> bool:
    return bool(((np.abs(units) < _FLOAT_LIMIT) & (units / 10.0**places == floats)).all())


def scale_of_plain(frame: pl.DataFrame, names: Sequence[str]) -> int | None:
    """The decimals of columns of text, where each of them is a number as nearly all files write them: digits, perhaps
    a sign and a point, nothing else, within what the catalog has room for. None elsewhere: they want a closer look.

    What the first rows need is tried before all rows are asked.
    """
    if not frame.height or any(frame.schema[name] != pl.String or frame[name].null_count() for name in names):
        return None
    tried = -1
    for rows in (frame.head(_FIRST_ROWS), frame):
        places = int(rows.select(pl.max_horizontal(decimals(name).max().fill_null(0) for name in names)).item())
        if not tried < places <= MOST_DECIMALS:
            return None
        form = rf"^[+-]?[0-9]{{1,{MOST_INTEGER_DIGITS}}}(?:\.[0-9]{{0,{places}}}0*)?$"
        if frame.select(pl.all_horizontal(pl.col(name).str.contains(form).all() for name in names)).item():
            return places
        tried = places
    return None


def scaled_columns(
    frame: pl.DataFrame,
    names: Sequence[str],
    good: pl.Series | None,
    *,
    round_to: int | None = None,
    places: int | None = None,
    factor: Decimal | None = None,
) -> tuple[pl.DataFrame, int]:
    """Plain texts or exact numbers as integers at their common scale, null where the row is not good; and that scale.

    All of them are Int64 where that is enough, else Int128.
    good: rows whose numbers are all within the digits that the catalog holds; None means all.
    round_to: decimals to round to, half-even: what `price_decimals` asks for, and nothing else does.
    places: of `scale_of_plain`, where it says. factor: what all of them are multiplied by before that.
    Raises InputError where the products have more digits than the catalog has room for.
    """
    kept = frame.select(names) if good is None else frame.select(pl.when(good).then(pl.col(name)) for name in names)
    texts = [name for name in names if kept.schema[name] == pl.String]
    scale = max(_places(dtype) for dtype in kept.schema.values())
    if places is not None:
        scale = places
    elif texts:
        needed = kept.select(pl.max_horizontal(decimals(name).max().fill_null(0) for name in texts)).item()
        scale = max(scale, int(needed or 0))
    # at a scale that shows every digit the cast is exact; at a smaller one it would cut without a word
    exact = kept.select(_scaled(name, kept.schema[name], scale) for name in names)
    if factor is not None:
        exact, scale = _multiplied(exact, scale, factor)
    if round_to is not None and scale > round_to:
        exact, scale = exact.select(_half_even(name, scale - round_to) for name in names), round_to
    narrow = exact.select(pl.col(name).cast(pl.Int64, strict=False) for name in names)
    return (narrow if narrow.null_count().equals(exact.null_count()) else exact), scale


def _multiplied(exact: pl.DataFrame, scale: int, factor: Decimal) -> tuple[pl.DataFrame, int]:
    value, places = scaled(factor)
    highest = exact.select(pl.max_horizontal(pl.all().abs().max())).item() or 0
    scale += places
    while value % 10 == 0 and scale > 0:
        value, scale = value // 10, scale - 1
    if scale > MOST_DECIMALS or int(highest) * value >= 10 ** (MOST_INTEGER_DIGITS + min(scale, MOST_DECIMALS)):
        raise InputError(
            f"price_scale={factor}: prices times it have more digits than the {MOST_INTEGER_DIGITS} before and the "
            f"{MOST_DECIMALS} after the point that the catalog has room for. Round them with price_decimals=, or pass "
            "another factor."
        )
    product = exact.select(pl.all().cast(pl.Int128) * pl.lit(value, dtype=pl.Int128))
    return product, scale


def _places(dtype: pl.DataType) -> int:
    return dtype.scale if isinstance(dtype, pl.Decimal) else 0


def _scaled(name: str, dtype: pl.DataType, scale: int) -> pl.Expr:
    if dtype == pl.String:
        return pl.col(name).str.to_decimal(scale=scale).to_physical()
    number = pl.col(name).to_physical().cast(pl.Int128)
    shift = scale - _places(dtype)
    return number * pl.lit(10**shift, dtype=pl.Int128) if shift else number


def _half_even(name: str, places: int) -> pl.Expr:
    """The integers without their last `places` digits, rounded half-even."""
    unit = pl.lit(10**places, dtype=pl.Int128)
    one, zero = pl.lit(1, dtype=pl.Int128), pl.lit(0, dtype=pl.Int128)
    quotient = pl.col(name) // unit
    rest = pl.col(name) - quotient * unit
    odd = (quotient % pl.lit(2, dtype=pl.Int128)) != zero
    up = (rest + rest > unit) | ((rest + rest == unit) & odd)
    return (quotient + pl.when(up).then(one).otherwise(zero)).alias(name)


def needed_decimals(frame: pl.DataFrame, names: Sequence[str], scale: int) -> npt.NDArray[np.int64]:
    """For each row, the smallest scale that shows all of its integers, which are of `scale`."""
    # a number that needs k decimals is uneven at 0 .. k-1
    uneven = [
        pl.any_horizontal(_rest(name, frame.schema[name], scale - places) for name in names).cast(pl.Int64)
        for places in range(scale)
    ]
    if not uneven:
        return np.zeros(frame.height, dtype=np.int64)
    return frame.select(pl.sum_horizontal(uneven)).to_series().to_numpy()


def _rest(name: str, dtype: pl.DataType, places: int) -> pl.Expr:
    """Whether a number has a digit in its last places."""
    # 64 bits hold no multiple of 10**19 but zero
    if dtype == pl.Int64 and places >= 19:
        return pl.col(name) != 0
    return pl.col(name) % pl.lit(10**places, dtype=dtype) != 0
