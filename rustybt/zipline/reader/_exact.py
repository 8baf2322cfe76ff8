"""Zipline's integers as exact decimals."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import decimal_column, div_half_even

_MOST_DECIMALS: Final = 18


def exact_prices(name: str, values: npt.NDArray[Any], factor: int) -> pl.Series:
    """`values / factor` as a Decimal column: exact where the quotient has an end, else to the factor's own resolution.

    factor: 1000 in all but few files. values: unsigned integers of 32 bits.
    """
    wide = values.astype(np.int64)
    for places in range(_MOST_DECIMALS):
        if 10**places % factor == 0:
            unit = 10**places // factor
            scaled = wide * unit if unit < 2**30 else [int(value) * unit for value in values]
            return decimal_column(name, scaled, places)
    places = len(str(factor))
    return decimal_column(name, [div_half_even(int(value) * 10**places, factor) for value in values], places)
