"""Windows of assets or of continuous futures, one column or many, from whichever history has the bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import check_process, datetime_column, series_of
from rustybt.errors import InputError
from rustybt.view._asked import as_columns
from rustybt.view._continuous import Splice
from rustybt.view._history import History

if TYPE_CHECKING:
    from rustybt.view._sessions import SessionHistory

type Windows = History | SessionHistory


def cut(history: Windows, instrument: Any, field: str, start: int, count: int, exact: bool) -> pl.Series:
    """A window of one field of an asset, or of a continuous future."""
    if isinstance(instrument, Splice):
        return instrument.cut(history, field, start, count, exact)
    if exact:
        return history.exact(instrument, field, start, count)
    return history.series(instrument, field, start, count)


def long_frame(
    stamps: pl.Series, symbols: pl.Series, fields: dict[str, npt.NDArray[np.float64] | list[pl.Series]]
) -> pl.DataFrame:
    """A row for each bar and asset, a column for each field.

    fields: of each the windows of the assets: floats in the shape (bars, assets), NaN where there is no bar, or a
    Series for each asset.
    """
    check_process()
    # in arrays: Polars hands what it gathers to its threads, which costs a hundred times as much on a busy machine
    assets, count = len(symbols), len(stamps)
    if not assets:
        raise InputError("history of no asset: name one or more.")
    by_bar = datetime_column("timestamp", np.repeat(stamps.to_numpy().view(np.int64), assets))
    columns = [by_bar, pl.concat([symbols] * count)]
    order = None
    for field, windows in fields.items():
        if isinstance(windows, np.ndarray):
            columns.append(series_of(windows.ravel(), field, nan_to_null=True))
            continue
        if order is None:
            order = np.arange(assets * count).reshape(assets, count).T.ravel()
        columns.append(pl.concat(_of_one_scale(windows)).gather(order).alias(field))
    return as_columns(columns)


def _of_one_scale(windows: list[pl.Series]) -> list[pl.Series]:
    """A vertical concat of decimals rounds to the first one's scale: all of them at the widest."""
    scales = {window.dtype.scale for window in windows if isinstance(window.dtype, pl.Decimal)}
    if len(scales) < 2:
        return windows
    return [window.cast(pl.Decimal(38, max(scales))) for window in windows]
