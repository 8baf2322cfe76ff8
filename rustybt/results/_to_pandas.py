"""Zipline's performance frame, made from a Result. The one place where results become floats."""

from __future__ import annotations

import contextlib
import functools
import gc
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import polars as pl

from rustybt.core import Asset, pandas
from rustybt.metrics import ALWAYS_ZERO, BENCHMARK_STATISTICS, STATISTICS
from rustybt.results._assets import assets_by_sid
from rustybt.results._floats import amounts, floats, optional_floats
from rustybt.results._order_days import OrderDays

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.results._result import Result

_NAN = float("nan")

NOT_ZIPLINES = ("session", "benchmark_returns")
ALWAYS = ("period_open", "period_close")
"""The columns that Zipline's frame has whatever the metrics set is."""
CUMULATIVE = frozenset((*STATISTICS, *BENCHMARK_STATISTICS, *ALWAYS_ZERO, "trading_days", "period_label"))
"""The columns that a recorded name does not hide: Zipline puts them into its rows after the records."""
LEVERAGES = ("gross_leverage", "net_leverage")
"""Infinite in Zipline where the portfolio value is 0."""

type Stamps = Callable[[int], Any]
type Assets = dict[int, Asset]


def performance_frame(result: Result) -> pd.DataFrame:
    """The frame that `zipline.run_algorithm` returns."""
    pd = pandas("to_pandas()")

    @functools.cache  # fills and orders share few moments, and a Timestamp takes microseconds
    def stamp(ns: int) -> Any:
        return pd.Timestamp(ns, tz="UTC")

    with _no_collections():
        columns, index = _columns(pd, result, stamp)
        return pd.DataFrame({name: pd.Series(values, index=index) for name, values in columns.items()}, index=index)


@contextlib.contextmanager
def _no_collections() -> Iterator[None]:
    """No garbage is looked for: hundreds of thousands of rows are made that stay, and none that refer to each other."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _columns(pd: Any, result: Result, stamp: Stamps) -> tuple[dict[str, Any], Any]:
    """The frame's columns, and its index."""
    daily = result.daily
    columns: dict[str, Any] = {}
    for name in daily.columns:
        if name in NOT_ZIPLINES:
            continue
        column = daily[name]
        if isinstance(column.dtype, pl.Datetime):
            columns[name] = _times(pd, column)
        elif isinstance(column.dtype, pl.Decimal):
            columns[name] = _infinite(column) if name in LEVERAGES else _statistic(column)
        else:
            columns[name] = column.to_list()
    if "gross_leverage" in daily.columns:
        columns["max_leverage"] = [*accumulate(columns["gross_leverage"], max, initial=0.0)][1:]
    sessions = {day: row for row, day in enumerate(daily["session"].to_list())}
    closes = daily["period_close"].to_physical().to_list()
    assets = assets_by_sid(result.assets)
    columns["positions"] = _positions(result, sessions, assets)
    columns["transactions"] = _transactions(result, sessions, stamp, assets)
    columns["orders"] = OrderDays(result, closes, stamp, assets).lists(len(sessions))
    if "DailyColumns" not in result.manifest.get("metrics", ["DailyColumns"]):
        columns = {name: columns[name] for name in ALWAYS}
    columns |= _by_session(result.measures, sessions)
    hidden = {name: values for name, values in columns.items() if name in CUMULATIVE}
    columns |= _by_session(result.recorded, sessions) | hidden
    return columns, _times(pd, daily["period_close"])


def _times(pd: Any, column: pl.Series) -> Any:
    return pd.DatetimeIndex(pd.to_datetime(column.to_physical().to_list(), unit="ns", utc=True))


def _statistic(column: pl.Series) -> list[Any]:
    """Floats; None for null where there is nothing else, as pandas makes it of Zipline's dicts."""
    return [None] * len(column) if column.null_count() == len(column) else floats(column)


def _infinite(column: pl.Series) -> list[float]:
    return [math.inf if math.isnan(value) else value for value in floats(column)]


def _positions(result: Result, sessions: dict[Any, int], assets: Assets) -> list[list[dict[str, Any]]]:
    frame = result.positions
    rows = [
        {"sid": asset, "amount": amount, "cost_basis": basis, "last_sale_price": price}
        for asset, amount, basis, price in zip(
            [assets.get(sid, sid) for sid in frame["sid"].to_list()],
            amounts(frame["amount"]),
            optional_floats(frame["cost_basis"]),
            optional_floats(frame["last_sale_price"]),
            strict=True,
        )
    ]
    return _by_day(rows, frame["session"], sessions)


def _transactions(
    result: Result, sessions: dict[Any, int], stamp: Stamps, assets: Assets
) -> list[list[dict[str, Any]]]:
    frame = result.transactions
    rows = [
        {"amount": amount, "dt": when, "price": price, "order_id": order, "sid": asset, "commission": None}
        for amount, when, price, order, asset in zip(
            amounts(frame["amount"]),
            map(stamp, frame["dt"].to_physical().to_list()),
            optional_floats(frame["price"]),
            frame["order_id"].to_list(),
            [assets.get(sid, sid) for sid in frame["sid"].to_list()],
            strict=True,
        )
    ]
    return _by_day(rows, frame["session"], sessions)


def _by_day(rows: list[dict[str, Any]], column: pl.Series, sessions: dict[Any, int]) -> list[list[dict[str, Any]]]:
    """Rows in the order of their sessions, as a list for each session of the run."""
    days: list[list[dict[str, Any]]] = [[] for _ in sessions]
    begin = 0
    for session, count in column.rle().struct.unnest().select("value", "len").iter_rows():
        days[sessions[session]] += rows[begin : begin + count]
        begin += count
    return days


def _by_session(frame: pl.DataFrame, sessions: dict[Any, int]) -> dict[str, list[Any]]:
    """Recorded names as columns over all sessions; None before the first record, NaN in columns of numbers."""
    rows = [sessions[day] for day in frame["session"].to_list()]
    columns: dict[str, list[Any]] = {}
    for name in frame.columns:
        if name == "session":
            continue
        column = frame[name]
        values = floats(column) if isinstance(column.dtype, pl.Decimal) else column.to_list()
        numeric = all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in values if v is not None)
        spread: list[Any] = [_NAN if numeric else None] * len(sessions)
        for row, value in zip(rows, values, strict=True):
            spread[row] = _NAN if value is None and numeric else float(value) if isinstance(value, Decimal) else value
        columns[name] = spread
    return columns
