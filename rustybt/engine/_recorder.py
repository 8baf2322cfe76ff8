"""What a run leaves behind, gathered as integers while it goes and turned into frames once, at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from rustybt.core import (
    MINUTE_NS,
    MONEY_SCALE,
    RATIO_SCALE,
    datetime_column,
    decimal_column,
    div_half_even,
    exact_number,
    scaled,
)
from rustybt.execution import WHY_OPEN, Blotter, Execution
from rustybt.ledger import Ledger
from rustybt.strategy import Desk, cost_per_unit

MONEY_COLUMNS = (
    "portfolio_value",
    "pnl",
    "capital_used",
    "starting_cash",
    "ending_cash",
    "starting_value",
    "ending_value",
    "starting_exposure",
    "ending_exposure",
    "long_value",
    "short_value",
    "long_exposure",
    "short_exposure",
)
RATIO_COLUMNS = ("returns", "gross_leverage", "net_leverage")
ONE = 10**RATIO_SCALE
MAX_RECORDED_SCALE = 28


class Recorder:
    """Rows of a run. The engine tells it when a session opens and closes, and what was filled."""

    def __init__(self, desk: Desk, ledger: Ledger, blotter: Blotter) -> None:
        self._desk = desk
        self._ledger = ledger
        self._blotter = blotter
        self._daily: list[tuple[Any, ...]] = []
        self._positions: list[tuple[Any, ...]] = []
        self._recorded: list[dict[str, Any]] = []
        self._previous = (desk.capital, desk.capital, 0)
        self._opening = self._previous
        self.transactions: list[tuple[int, int, Execution]] = []
        self.closed: list[tuple[int, int, Any, int, int]] = []

    def open_session(self) -> None:
        """Remembers what the session starts from: value, cash, positions."""
        self._opening = self._previous

    def after_dividends(self, paid: int) -> None:
        """Zipline's way: what a dividend pays belongs to the start of its day."""
        value, cash, positions = self._opening
        self._opening = (value + paid, cash + paid, positions)

    def close_session(self, session: int) -> None:
        """Takes the day's row at its last bar."""
        books = self._desk.books
        long_value, short_value, longs, shorts = books.long_and_short()
        positions = long_value + short_value
        cash = books.cash
        value = cash + positions
        before_value, before_cash, _ = self._previous
        start_value, start_cash, start_positions = self._opening
        gross = div_half_even((long_value - short_value) * ONE, value) if value else None
        net = div_half_even(positions * ONE, value) if value else None
        returns = div_half_even((value - before_value) * ONE, before_value) if before_value else 0
        self._daily.append(
            (
                session,
                (
                    value,
                    value - start_value,
                    cash - before_cash,
                    start_cash,
                    cash,
                    start_positions,
                    positions,
                    start_positions,
                    positions,
                    long_value,
                    short_value,
                    long_value,
                    short_value,
                ),
                (returns, gross, net),
                longs,
                shorts,
            )
        )
        self._previous = (value, cash, positions)
        listings = self._desk.listing_of_slot
        for slot, quantity, cost, mark in books.positions():
            self._positions.append((session, listings[slot], quantity, cost, mark))
        if self._desk.recorded:
            self._recorded.append({"session": session, **self._desk.recorded})

    def frames(self) -> dict[str, pl.DataFrame]:
        """All frames of a result, by name."""
        return {
            "daily": self._daily_frame(),
            "orders": self._orders_frame(),
            "order_events": self._events_frame(),
            "transactions": self._transactions_frame(),
            "positions": self._positions_frame(),
            "recorded": self._recorded_frame(),
            "entries": self._entries_frame(),
            "assets": self._assets_frame(),
        }

    def _sessions(self, sessions: list[int]) -> pl.Series:
        axis = self._desk.market.axis
        days = axis.calendar.days[axis.first_session : axis.first_session + axis.sessions]
        return pl.Series("session", days[np.array(sessions, dtype=np.int64)].astype(np.int32)).cast(pl.Date)

    def _daily_frame(self) -> pl.DataFrame:
        axis = self._desk.market.axis
        rows = self._daily
        sessions = np.array([row[0] for row in rows], dtype=np.int64) + axis.first_session
        columns = [
            self._sessions([row[0] for row in rows]),
            # the first minute bar, as in Zipline: bars are stamped with their end
            datetime_column("period_open", axis.calendar.opens[sessions] + MINUTE_NS),
            datetime_column("period_close", axis.calendar.closes[sessions]),
        ]
        money = zip(*[row[1] for row in rows], strict=True)
        columns += [decimal_column(n, list(v), MONEY_SCALE) for n, v in zip(MONEY_COLUMNS, money, strict=True)]
        ratios = zip(*[row[2] for row in rows], strict=True)
        columns += [decimal_column(n, list(v), RATIO_SCALE) for n, v in zip(RATIO_COLUMNS, ratios, strict=True)]
        columns.append(pl.Series("longs_count", [row[3] for row in rows], dtype=pl.Int64))
        columns.append(pl.Series("shorts_count", [row[4] for row in rows], dtype=pl.Int64))
        return pl.DataFrame(columns)

    def _orders_frame(self) -> pl.DataFrame:
        orders = self._blotter.orders
        listings = [order.listing for order in orders]
        return pl.DataFrame(
            [
                pl.Series("id", [self._blotter.order_id(order.number) for order in orders], dtype=pl.String),
                datetime_column("created", [order.created for order in orders]),
                *self._asset_columns(listings),
                _quantities("amount", [order.amount for order in orders], listings),
                _quantities("filled", [order.filled for order in orders], listings),
                _prices("limit", [order.limit for order in orders], listings),
                _prices("stop", [None] * len(orders), listings),
                pl.Series("status", [order.status.name.lower() for order in orders], dtype=pl.String),
                decimal_column("commission", [order.commission for order in orders], MONEY_SCALE),
                pl.Series("reason", [why(order) for order in orders], dtype=pl.String),
                datetime_column("dt", [order.changed for order in orders]),
            ]
        )

    def _events_frame(self) -> pl.DataFrame:
        events = self._blotter.events
        listings = [event.order.listing for event in events]
        return pl.DataFrame(
            [
                pl.Series("seq", range(len(events)), dtype=pl.Int64),
                pl.Series("order_id", [self._blotter.order_id(e.order.number) for e in events], dtype=pl.String),
                datetime_column("stamp", [event.stamp for event in events]),
                pl.Series("kind", [event.kind for event in events], dtype=pl.String),
                _quantities("quantity", [event.quantity for event in events], listings),
                _prices("price", [event.price for event in events], listings),
                pl.Series("reason", [event.reason for event in events], dtype=pl.String),
            ]
        )

    def _transactions_frame(self) -> pl.DataFrame:
        rows: list[tuple[int, int, Any, int, int, str | None, int]] = [
            (stamp, session, x.order.listing, x.quantity, x.price, self._blotter.order_id(x.order.number), x.fee)
            for session, stamp, x in self.transactions
        ]
        if self.closed:
            rows += [
                (stamp, session, x, quantity, price, None, 0) for session, stamp, x, quantity, price in self.closed
            ]
            rows.sort(key=lambda row: row[0])
        listings = [row[2] for row in rows]
        return pl.DataFrame(
            [
                datetime_column("dt", [row[0] for row in rows]),
                self._sessions([row[1] for row in rows]),
                pl.Series("order_id", [row[5] for row in rows], dtype=pl.String),
                *self._asset_columns(listings),
                _quantities("amount", [row[3] for row in rows], listings),
                _prices("price", [row[4] for row in rows], listings),
                decimal_column("commission", [row[6] for row in rows], MONEY_SCALE),
            ]
        )

    def _positions_frame(self) -> pl.DataFrame:
        rows = self._positions
        listings = [row[1] for row in rows]
        basis = [cost_per_unit(row[3], row[2], row[1]) for row in rows]
        worth = [self._desk.books.gross(row[1].slot, row[2], row[4]) for row in rows]
        return pl.DataFrame(
            [
                self._sessions([row[0] for row in rows]),
                *self._asset_columns(listings),
                _quantities("amount", [row[2] for row in rows], listings),
                _prices("cost_basis", basis, listings),
                _prices("last_sale_price", [row[4] for row in rows], listings),
                decimal_column("value", worth, MONEY_SCALE),
            ]
        )

    def _recorded_frame(self) -> pl.DataFrame:
        if not self._recorded:
            return pl.DataFrame({"session": pl.Series([], dtype=pl.Date)})
        names = [name for name in self._recorded[-1] if name != "session"]
        columns = [self._sessions([row["session"] for row in self._recorded])]
        columns += [_recorded_column(name, [row.get(name) for row in self._recorded]) for name in names]
        return pl.DataFrame(columns)

    def _entries_frame(self) -> pl.DataFrame:
        rows = self._ledger.entries
        listings = [row.listing for row in rows]
        orders = [None if row.order is None else self._blotter.order_id(row.order) for row in rows]
        return pl.DataFrame(
            [
                datetime_column("stamp", [row.stamp for row in rows]),
                pl.Series("kind", [row.kind for row in rows], dtype=pl.String),
                pl.Series("asset", [None if x is None else x.asset.key for x in listings], dtype=pl.String),
                pl.Series("sid", [None if x is None else x.asset.sid for x in listings], dtype=pl.Int64),
                _quantities("quantity", [row.quantity for row in rows], listings),
                decimal_column("amount", [row.amount for row in rows], MONEY_SCALE),
                pl.Series("currency", [row.currency for row in rows], dtype=pl.String),
                pl.Series("account", [row.account for row in rows], dtype=pl.String),
                pl.Series("order_id", orders, dtype=pl.String),
                pl.Series("reason", [row.reason for row in rows], dtype=pl.String),
            ]
        )

    def _assets_frame(self) -> pl.DataFrame:
        assets = sorted((x.asset for x in self._desk.listing_of_slot), key=lambda asset: asset.sid)
        fields = {"sid": pl.Int64, "key": pl.String, "symbol": pl.String, "name": pl.String, "currency": pl.String}
        return pl.DataFrame([pl.Series(n, [getattr(a, n) for a in assets], dtype=t) for n, t in fields.items()])

    def _asset_columns(self, listings: list[Any]) -> list[pl.Series]:
        label = {x.slot: self._desk.labels.of(x.asset) for x in self._desk.listing_of_slot}
        return [
            pl.Series("symbol", [label[x.slot] for x in listings], dtype=pl.String),
            pl.Series("sid", [x.asset.sid for x in listings], dtype=pl.Int64),
        ]


def why(order: Any) -> str | None:
    """Why an order was refused or cancelled, or did not fill on the last bar; None for one that is filled."""
    if order.reason is not None:
        return str(order.reason)
    return WHY_OPEN[order.why] if order.status.name == "OPEN" else None


def _quantities(name: str, values: list[int], listings: list[Any]) -> pl.Series:
    return _shortest(name, values, [0 if x is None else x.quantity_scale for x in listings])


def _prices(name: str, values: Sequence[int | None], listings: list[Any]) -> pl.Series:
    return _shortest(name, values, [x.fill_scale for x in listings])


def _shortest(name: str, values: Any, scales: list[int]) -> pl.Series:
    """A column of values of different scales, at the smallest scale that shows all of them."""
    widest = max(scales, default=0)
    if scales and min(scales) != widest:
        values = [None if v is None else v * 10 ** (widest - s) for v, s in zip(values, scales, strict=True)]
    shared = math.gcd(*[v for v in values if v is not None])
    spare = 0
    while spare < widest and shared and shared % 10 ** (spare + 1) == 0:
        spare += 1
    if not shared:
        spare = widest
    if spare:
        values = [None if v is None else v // 10**spare for v in values]
    return decimal_column(name, values, widest - spare)


def _recorded_column(name: str, values: list[Any]) -> pl.Series:
    """A recorded name as a column: exact numbers where all are, floats where one is, else what Polars makes of them."""
    kinds = {type(value) for value in values if value is not None}
    if kinds and all(kind.__name__ == "Decimal" or kind is int for kind in kinds) and kinds != {int}:
        pairs = [None if v is None or not _is_finite(v) else scaled(exact_number(v)) for v in values]
        scale = max((pair[1] for pair in pairs if pair is not None), default=0)
        if scale <= MAX_RECORDED_SCALE:
            return decimal_column(name, [None if p is None else p[0] * 10 ** (scale - p[1]) for p in pairs], scale)
    if float in kinds and all(kind in (float, int) or kind.__name__ == "Decimal" for kind in kinds):
        return pl.Series(name, [None if v is None else float(v) for v in values], dtype=pl.Float64)
    try:
        return pl.Series(name, values)
    except (TypeError, pl.exceptions.PolarsError):
        return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int) or bool(value.is_finite())
