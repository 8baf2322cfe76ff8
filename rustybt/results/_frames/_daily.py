"""The daily frame: a row a session, with the statistics of Zipline's."""

from __future__ import annotations

import numpy as np
import polars as pl

from rustybt.core import MONEY_SCALE, RATIO_SCALE, ExactColumn, datetime_column, frame_of
from rustybt.results._frames._exact_columns import columns_of, listed
from rustybt.results._frames._frame_builder import AssetTable
from rustybt.results._frames._layouts import COUNT_COLUMNS, DAILY, MONEY_COLUMNS, RATIO_COLUMNS
from rustybt.results._frames._run_rows import RunRows


def daily_frame(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    """The daily frame, without what an account that was ruined does not have."""
    frame = _of_rows(rows, table)
    if rows.figures_below_zero:
        return frame
    from rustybt.metrics import without_meaning

    return without_meaning(frame)


def _of_rows(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    if table.native is not None and rows.benchmark_returns is None:
        dates = table.days[: rows.count].tolist()
        closes = np.ascontiguousarray(rows.closes)
        laid = rows.day_rows.frame(DAILY, dates, rows.opens, closes, rows.periods)
        if laid is not None:
            return pl.DataFrame(laid)
    sessions = table.dates(np.arange(rows.count)).alias("session")
    _, *values = columns_of(rows.day_rows.rows)
    money, ratios = values[: len(MONEY_COLUMNS)], values[len(MONEY_COLUMNS) : -2]
    columns: list[pl.Series | ExactColumn] = [
        sessions,
        datetime_column("period_open", rows.opens),
        datetime_column("period_close", rows.closes),
    ]
    columns += [ExactColumn(n, v, MONEY_SCALE) for n, v in zip(MONEY_COLUMNS, money, strict=True)]
    columns += [ExactColumn(n, v, RATIO_SCALE) for n, v in zip(RATIO_COLUMNS, ratios, strict=True)]
    benchmark = None if rows.benchmark_returns is None else list(rows.benchmark_returns[: rows.count])
    if benchmark is not None:
        columns.append(ExactColumn("benchmark_returns", benchmark, RATIO_SCALE))
    columns += [pl.Series(n, v, dtype=pl.Int64) for n, v in zip(COUNT_COLUMNS, values[-2:], strict=True)]
    (returns, leverage, _), (value, pnl, *_) = map(listed, ratios), map(listed, money)
    from rustybt.metrics import statistics_columns  # the native kernel has laid them already, where it is there

    more = statistics_columns(sessions, value, pnl, returns, leverage, benchmark, periods=rows.periods)
    return frame_of([*columns, *more])
