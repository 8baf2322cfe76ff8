"""Tables whose rows begin with the newest, as many vendors write them."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.errors import InputError
from rustybt.files._moments import parsed_stamps
from rustybt.files._names import STAMP_COLUMNS

LOOKED_AT: Final = 25_000
"""Rows of a table at its beginning that tell its order."""
_RARE: Final = 20
"""Of so many steps one may go the other way."""
TURNED: Final = "its rows begin with the newest; they were read from the last to the first"


def asset_column(frame: pl.DataFrame) -> str | None:
    """The column that tells the assets of a table apart; None where all rows are one asset's."""
    return next((name for name in ("asset_key", "symbol") if name in frame.columns), None)


def newest_first(frame: pl.DataFrame) -> bool:
    """Whether the rows of each asset go back in time, a mistyped date in a long table aside.

    frame: the first rows of a table.
    """
    name = next((name for name in STAMP_COLUMNS if name in frame.columns), None)
    if name is None or frame.height < 2:
        return False
    column, by = frame[name], asset_column(frame)
    first, last = column[0], column[-1]
    if by is None and type(first) is type(last) and first is not None and first <= last:
        return False
    moments = moments_of(column)
    if moments is None:
        return False
    steps = moments.to_frame("at").select(pl.col("at").diff()) if by is None else _steps(moments, frame[by])
    back, forth = steps.select((pl.col("at") < 0).sum(), (pl.col("at") > 0).sum().alias("forth")).row(0)
    return bool(back > forth * _RARE)


def moments_of(column: pl.Series) -> pl.Series | None:
    """Stamps of one file as integers that tell which is earlier; None where they can't be read."""
    if column.dtype == pl.Date:
        return column.to_physical().cast(pl.Int64)
    try:
        return parsed_stamps(column, daily=False, tz="UTC", source="")["instant"]
    except InputError:
        return None


def _steps(moments: pl.Series, by: pl.Series) -> pl.DataFrame:
    if by.dtype == pl.Object:
        by = pl.Series([str(one) for one in by.to_list()])
    return pl.DataFrame([moments.rename("at"), by.rename("by")]).select(pl.col("at").diff().over("by"))
