"""Zipline's performance frame, made from a Result. The one place where results become floats."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import polars as pl

from rustybt.core import Asset, OrderStatus, scaled_ints
from rustybt.errors import MissingExtra
from rustybt.metrics import ALWAYS_ZERO, BENCHMARK_STATISTICS, STATISTICS
from rustybt.results._assets import assets_by_sid

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.results._result import Result

_NAN = float("nan")
_CLOSED = {"filled": OrderStatus.FILLED, "cancelled": OrderStatus.CANCELLED, "rejected": OrderStatus.REJECTED}
_STATUS = {status.name.lower(): int(status) for status in OrderStatus}

NOT_ZIPLINES = ("session", "benchmark_returns")
ALWAYS = ("period_open", "period_close")
"""What Zipline's frame has whatever the metrics set is."""
CUMULATIVE = frozenset((*STATISTICS, *BENCHMARK_STATISTICS, *ALWAYS_ZERO, "trading_days", "period_label"))
"""What a recorded name does not hide in Zipline either, which puts them into its rows after the records."""
LEVERAGES = ("gross_leverage", "net_leverage")
"""Infinite in Zipline where the portfolio value is 0."""

type Stamps = Callable[[int], Any]
type Assets = dict[int, Asset]


def performance_frame(result: Result) -> pd.DataFrame:
    """The frame that `zipline.run_algorithm` returns."""
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtra('to_pandas() needs pandas. Install it with: pip install "rustybt[pandas]"') from None

    def stamp(ns: int) -> Any:
        return pd.Timestamp(ns, tz="UTC")

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
        columns["max_leverage"] = list(accumulate(columns["gross_leverage"], max))
    sessions = {day: row for row, day in enumerate(daily["session"].to_list())}
    closes = daily["period_close"].to_physical().to_list()
    assets = assets_by_sid(result.assets)
    columns["positions"] = _positions(result, sessions, assets)
    columns["transactions"] = _transactions(result, sessions, stamp, assets)
    columns["orders"] = _OrderDays(result, closes, stamp, assets).lists(len(sessions))
    if "DailyColumns" not in result.manifest.get("metrics", ["DailyColumns"]):
        columns = {name: columns[name] for name in ALWAYS}
    columns |= _by_session(result.measures, sessions)
    hidden = {name: values for name, values in columns.items() if name in CUMULATIVE}
    columns |= _by_session(result.recorded, sessions) | hidden
    index = _times(pd, daily["period_close"])
    return pd.DataFrame({name: pd.Series(values, index=index) for name, values in columns.items()}, index=index)


def _times(pd: Any, column: pl.Series) -> Any:
    return pd.DatetimeIndex(pd.to_datetime(column.to_physical().to_list(), unit="ns", utc=True))


def _floats(column: pl.Series) -> list[float]:
    """The nearest float to each Decimal; NaN for null."""
    unit = 10**column.dtype.scale  # type: ignore[attr-defined]
    return [_NAN if value is None else value / unit for value in scaled_ints(column)]


def _statistic(column: pl.Series) -> list[Any]:
    """Floats; None for null where there is nothing else, as pandas makes it of Zipline's dicts."""
    return [None] * len(column) if column.null_count() == len(column) else _floats(column)


def _infinite(column: pl.Series) -> list[float]:
    return [math.inf if math.isnan(value) else value for value in _floats(column)]


def _amounts(column: pl.Series) -> list[Any]:
    """Quantities: int where whole, as in Zipline, else float."""
    unit = 10**column.dtype.scale  # type: ignore[attr-defined]
    return [v if v is None else v // unit if v % unit == 0 else v / unit for v in scaled_ints(column)]


def _optional(column: pl.Series) -> list[Any]:
    """Floats, None for null."""
    if not isinstance(column.dtype, pl.Decimal):
        return column.to_list()
    unit = 10**column.dtype.scale
    return [None if value is None else value / unit for value in scaled_ints(column)]


def _positions(result: Result, sessions: dict[Any, int], assets: Assets) -> list[list[dict[str, Any]]]:
    days: list[list[dict[str, Any]]] = [[] for _ in sessions]
    frame = result.positions
    rows = zip(
        frame["session"].to_list(),
        frame["sid"].to_list(),
        _amounts(frame["amount"]),
        _optional(frame["cost_basis"]),
        _optional(frame["last_sale_price"]),
        strict=True,
    )
    for session, sid, amount, basis, price in rows:
        row = {"sid": assets.get(sid, sid), "amount": amount, "cost_basis": basis, "last_sale_price": price}
        days[sessions[session]].append(row)
    return days


def _transactions(
    result: Result, sessions: dict[Any, int], stamp: Stamps, assets: Assets
) -> list[list[dict[str, Any]]]:
    days: list[list[dict[str, Any]]] = [[] for _ in sessions]
    frame = result.transactions
    rows = zip(
        frame["session"].to_list(),
        frame["dt"].to_physical().to_list(),
        frame["sid"].to_list(),
        _amounts(frame["amount"]),
        _optional(frame["price"]),
        frame["order_id"].to_list(),
        strict=True,
    )
    for session, ns, sid, amount, price, order in rows:
        row = {"sid": assets.get(sid, sid), "amount": amount, "dt": stamp(ns), "price": price}
        days[sessions[session]].append(row | {"order_id": order, "commission": None})
    return days


@dataclass(slots=True)
class _Standing:
    """How an order stands while its events are replayed."""

    filled: Any
    status: int
    dt: int
    triggered: bool
    stopped: bool


class _OrderDays:
    """Per session the orders that something happened to in it, each as it stood at that session's close."""

    def __init__(self, result: Result, closes: list[int], stamp: Stamps, assets: Assets) -> None:
        self._assets = assets
        self._closes = closes
        self._stamp = stamp
        self._forgets = bool(result.manifest.get("compat", {}).get("stop_limits_become_limits"))
        orders, events = result.orders, result.order_events
        self._orders = {row["id"]: row for row in _order_rows(orders)}
        self._events = list(
            zip(
                events["order_id"].to_list(),
                events["stamp"].to_physical().to_list(),
                events["kind"].to_list(),
                _amounts(events["quantity"]),
                [reason == "stop" for reason in events["reason"].to_list()],
                strict=True,
            )
        )
        fills = result.transactions
        self._fees: dict[str, list[tuple[int, float]]] = {}
        fees = zip(
            fills["order_id"].to_list(), fills["dt"].to_physical().to_list(), _floats(fills["commission"]), strict=True
        )
        for order, ns, fee in fees:
            if order is not None:
                self._fees.setdefault(order, []).append((ns, fee))

    def lists(self, sessions: int) -> list[list[dict[str, Any]]]:
        """One list a session."""
        touched: list[dict[str, _Standing]] = [{} for _ in range(sessions)]
        last_day: dict[str, int] = {}
        standing: dict[str, _Standing] = {}
        for order, ns, kind, quantity, at_stop in self._events:
            if order not in self._orders:
                continue
            before = standing.get(order, _Standing(0, int(OrderStatus.OPEN), ns, False, False))
            quiet = at_stop and self._forgets and self._orders[order]["limit"] is not None
            filling = kind in ("filled", "partially_filled")
            now = _Standing(
                filled=before.filled + (quantity or 0) if filling else before.filled,
                status=int(_CLOSED.get(kind, OrderStatus(before.status))),
                dt=before.dt if quiet else ns,
                triggered=before.triggered or filling or (kind == "triggered" and not at_stop),
                stopped=before.stopped or at_stop,
            )
            standing[order] = now
            if kind == "triggered":
                continue  # as in Zipline, what only was triggered is not listed for that
            day = min(bisect_left(self._closes, ns), sessions - 1)
            touched[day][order] = now
            last_day[order] = day
        return [
            [self._row(order, now, day, last=last_day[order] == day) for order, now in orders.items()]
            for day, orders in enumerate(touched)
        ]

    def _row(self, order: str, now: _Standing, day: int, *, last: bool) -> dict[str, Any]:
        final = self._orders[order]
        close = self._closes[day]
        became_limit = now.stopped and final["limit"] is not None and self._forgets
        return {
            "id": order,
            "dt": self._stamp(now.dt),
            "reason": final["reason"] if last else None,
            "created": self._stamp(final["created"]),
            "amount": final["amount"],
            "filled": final["filled"] if last else now.filled,
            "commission": sum((fee for ns, fee in self._fees.get(order, ()) if ns <= close), 0.0),
            "stop": None if became_limit else final["stop"],
            "limit": final["limit"],
            "stop_reached": now.stopped and not became_limit,
            "limit_reached": final["limit"] is not None and now.triggered,
            "sid": self._assets.get(final["sid"], final["sid"]),
            "status": _STATUS[final["status"]] if last else now.status,
        }


def _order_rows(orders: pl.DataFrame) -> list[dict[str, Any]]:
    columns = {
        "id": orders["id"].to_list(),
        "created": orders["created"].to_physical().to_list(),
        "sid": orders["sid"].to_list(),
        "amount": _amounts(orders["amount"]),
        "filled": _amounts(orders["filled"]),
        "limit": _optional(orders["limit"]),
        "stop": _optional(orders["stop"]),
        "status": orders["status"].to_list(),
        "reason": orders["reason"].to_list(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _by_session(frame: pl.DataFrame, sessions: dict[Any, int]) -> dict[str, list[Any]]:
    """Recorded names as columns over all sessions; None before the first record, NaN in columns of numbers."""
    rows = [sessions[day] for day in frame["session"].to_list()]
    columns: dict[str, list[Any]] = {}
    for name in frame.columns:
        if name == "session":
            continue
        column = frame[name]
        values = _floats(column) if isinstance(column.dtype, pl.Decimal) else column.to_list()
        numeric = all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in values if v is not None)
        spread: list[Any] = [_NAN if numeric else None] * len(sessions)
        for row, value in zip(rows, values, strict=True):
            spread[row] = _NAN if value is None and numeric else float(value) if isinstance(value, Decimal) else value
        columns[name] = spread
    return columns
