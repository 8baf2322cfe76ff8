"""A small run, written by hand: three sessions, two assets, a partial fill, a limit order that is cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from rustybt.core import datetime_column, decimal_column
from rustybt.results import Result

HOUR = 3_600 * 10**9
DAY = 24 * HOUR
MONDAY = 19_723 * DAY + 7 * DAY  # 2024-01-08
OPENS = [MONDAY + day * DAY + 14 * HOUR + HOUR // 2 for day in range(3)]
CLOSES = [MONDAY + day * DAY + 21 * HOUR for day in range(3)]
SESSIONS = [dt.date(2024, 1, 8) + dt.timedelta(days=day) for day in range(3)]
ZERO, CENT = [0, 0, 0], 10**18
VALUES = [10_000_000 * CENT, 10_099_990 * CENT, 9_594_990 * CENT]  # 100,000.00, then 100,999.90, then 95,949.90


def money(name: str, values: list[int]) -> pl.Series:
    return decimal_column(name, values, 20)


def daily_frame() -> pl.DataFrame:
    held = [0, 5_050_000 * CENT, 4_545_000 * CENT]
    cash = [value - worth for value, worth in zip(VALUES, held, strict=True)]
    before = [10_000_000 * CENT, *VALUES[:-1]]
    columns = [
        pl.Series("session", SESSIONS, dtype=pl.Date),
        datetime_column("period_open", OPENS),
        datetime_column("period_close", CLOSES),
        money("portfolio_value", VALUES),
        money("pnl", [value - start for value, start in zip(VALUES, before, strict=True)]),
        money("capital_used", [0, cash[1] - cash[0], cash[2] - cash[1]]),
        money("starting_cash", [10_000_000 * CENT, *cash[:-1]]),
        money("ending_cash", cash),
    ]
    for name in ("value", "exposure"):
        columns += [money(f"starting_{name}", [0, *held[:-1]]), money(f"ending_{name}", held)]
        columns += [money(f"long_{name}", held), money(f"short_{name}", ZERO)]
    returns = [0, 9_999_000_000_000_000, -50_000_049_504_999_510]  # 999.90 of 100,000.00, -5,050.00 of 100,999.90
    leverage = [0, 5 * 10**17, 47 * 10**16]
    columns += [decimal_column("returns", returns, 18)]
    columns += [decimal_column(name, leverage, 18) for name in ("gross_leverage", "net_leverage")]
    columns += [pl.Series("longs_count", [0, 1, 1]), pl.Series("shorts_count", [0, 0, 0])]
    return pl.DataFrame(columns)


def orders_frame() -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series("id", ["main-1", "main-2"]),
            datetime_column("created", [CLOSES[0], CLOSES[1]]),
            pl.Series("symbol", ["ABC", "XYZ"]),
            pl.Series("sid", [0, 7]),
            decimal_column("amount", [10_000, -30], 1),
            decimal_column("filled", [10_000, 0], 1),
            decimal_column("limit", [None, 12_345], 2),
            decimal_column("stop", [None, 125], 0),
            pl.Series("status", ["filled", "cancelled"]),
            money("commission", [110 * CENT, 0]),
            pl.Series("cause", [None, "session_ended"], dtype=pl.String),
            pl.Series("reason", [None, "the session ended"], dtype=pl.String),
            datetime_column("dt", [CLOSES[2], CLOSES[2]]),
        ]
    )


def events_frame() -> pl.DataFrame:
    rows = [
        ("main-1", CLOSES[0], "accepted", 10_000, None, None, None),
        ("main-1", CLOSES[1], "partially_filled", 6_005, 10_125, None, None),
        ("main-2", CLOSES[1], "accepted", -30, 12_345, 1_250, None),
        ("main-1", CLOSES[2], "filled", 3_995, 9_000, None, None),
        ("main-2", CLOSES[2], "cancelled", -30, 12_345, None, "the session ended"),
    ]
    return pl.DataFrame(
        [
            pl.Series("seq", range(len(rows)), dtype=pl.Int64),
            pl.Series("order_id", [row[0] for row in rows]),
            datetime_column("stamp", [row[1] for row in rows]),
            pl.Series("kind", [row[2] for row in rows]),
            decimal_column("quantity", [row[3] for row in rows], 1),
            decimal_column("price", [row[4] for row in rows], 2),
            decimal_column("stop", [row[5] for row in rows], 1),
            pl.Series("cause", [row[6] and "session_ended" for row in rows], dtype=pl.String),
            pl.Series("ratio", [None] * len(rows), dtype=pl.String),
            pl.Series("reason", [row[6] for row in rows], dtype=pl.String),
        ]
    )


def transactions_frame() -> pl.DataFrame:
    return pl.DataFrame(
        [
            datetime_column("dt", [CLOSES[1], CLOSES[2]]),
            pl.Series("session", SESSIONS[1:], dtype=pl.Date),
            pl.Series("order_id", ["main-1", "main-1"]),
            pl.Series("symbol", ["ABC", "ABC"]),
            pl.Series("sid", [0, 0]),
            decimal_column("amount", [6_005, 3_995], 1),
            decimal_column("price", [10_125, 9_000], 2),
            money("commission", [10 * CENT, 100 * CENT]),
        ]
    )


def positions_frame() -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series("session", SESSIONS[1:], dtype=pl.Date),
            pl.Series("symbol", ["ABC", "ABC"]),
            pl.Series("sid", [0, 0]),
            decimal_column("amount", [6_005, 10_000], 1),
            decimal_column("cost_basis", [101_25, 96_755], 3),
            decimal_column("last_sale_price", [10_125, 9_000], 2),
            money("value", [5_050_000 * CENT, 4_545_000 * CENT]),
        ]
    )


def entries_frame() -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = [
        (OPENS[0], "capital", None, None, 0, 10_000_000 * CENT, None, None),
        (CLOSES[1], "fill", "XNYS:ABC", 0, 6_005, -6_080_062 * CENT - CENT // 2, "main-1", None),
        (CLOSES[1], "fee", "XNYS:ABC", 0, 0, -10 * CENT, "main-1", "per share"),
    ]
    return pl.DataFrame(
        [
            datetime_column("stamp", [row[0] for row in rows]),
            pl.Series("kind", [row[1] for row in rows]),
            pl.Series("asset", [row[2] for row in rows], dtype=pl.String),
            pl.Series("sid", [row[3] for row in rows], dtype=pl.Int64),
            decimal_column("quantity", [row[4] for row in rows], 1),
            money("amount", [row[5] for row in rows]),
            pl.Series("currency", ["USD"] * 3),
            pl.Series("account", ["main"] * 3),
            pl.Series("order_id", [row[6] for row in rows], dtype=pl.String),
            pl.Series("reason", [row[7] for row in rows], dtype=pl.String),
        ]
    )


def assets_frame() -> pl.DataFrame:
    texts = {"key": ["XNYS:ABC", "XNYS:XYZ"], "symbol": ["ABC", "XYZ"], "name": ["A", "X"], "currency": ["USD", "USD"]}
    return pl.DataFrame([pl.Series("sid", [0, 7]), *[pl.Series(name, values) for name, values in texts.items()]])


def recorded_frame() -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series("session", SESSIONS[1:], dtype=pl.Date),
            decimal_column("price", [10_125, 9_000], 2),
            pl.Series("regime", ["calm", None], dtype=pl.String),
            pl.Series("signal", [0.1, float("nan")]),
        ]
    )


def measures_frame() -> pl.DataFrame:
    columns = [pl.Series("session", SESSIONS, dtype=pl.Date), decimal_column("turnover", [0, 6, 4], 1)]
    return pl.DataFrame(columns)


@pytest.fixture
def make_result() -> Callable[..., Result]:
    def make(**changes: Any) -> Result:
        manifest = {
            "strategy": "golden cross",
            "currency": "USD",
            "seed": 0,
            "params": {"fast": 20},
            "bundle": "sample",
        }
        parts: dict[str, Any] = {
            "daily": daily_frame(),
            "orders": orders_frame(),
            "order_events": events_frame(),
            "transactions": transactions_frame(),
            "positions": positions_frame(),
            "recorded": recorded_frame(),
            "measures": measures_frame(),
            "entries": entries_frame(),
            "assets": assets_frame(),
        }
        spared = ("cash_by_currency", "conversions", "cost_rows", "ambiguous")
        frames = {name: changes.pop(name) for name in (*parts, *spared) if name in changes}
        frames = parts | frames
        beside: dict[str, Any] = {
            "manifest": manifest | changes.pop("manifest", {}),
            "periods": 252,
        }
        return Result(frames, **(beside | changes))

    return make
