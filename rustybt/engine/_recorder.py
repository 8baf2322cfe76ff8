"""What a run leaves behind, gathered as integers while it goes and turned into frames once, at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from rustybt.core import (
    MINUTE_NS,
    MONEY_SCALE,
    RATIO_SCALE,
    OrderStatus,
    datetime_column,
    decimal_column,
    div_half_even,
    exact_number,
    scaled,
)
from rustybt.engine._benchmark import Benchmark
from rustybt.execution import WHY_OPEN, Blotter
from rustybt.ledger import Ledger
from rustybt.results import assets_frame
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
STATUS_NAMES = tuple(status.name.lower() for status in OrderStatus)


class Recorder:
    """Rows of a run. The engine tells it when a session opens and closes, and what was filled."""

    def __init__(self, desk: Desk, ledger: Ledger, blotter: Blotter) -> None:
        self._desk = desk
        self._ledger = ledger
        self._blotter = blotter
        self._daily: list[tuple[Any, ...]] = []
        self._positions: list[tuple[Any, ...]] = []
        self._recorded: list[dict[str, Any]] = []
        self._ids: list[str] = []
        self.benchmark: Benchmark | None = None
        self._previous = (desk.capital, desk.capital, 0, 0)
        self._opening = self._previous
        # what returns are taken on since capital came or went within the session, what they were before, how much came
        self._within: tuple[int, Fraction, int] | None = None
        # session, stamp, order number (None for a position that was closed out), slot, quantity, price, fee
        self.transactions: list[tuple[int, int, int | None, int, int, int, int]] = []

    def open_session(self) -> None:
        """Remembers what the session starts from: value, cash, value and exposure of the positions."""
        self._opening = self._previous

    def after_dividends(self, paid: int, in_shares: int) -> None:
        """Zipline's way: what a dividend pays, in cash and in shares, belongs to the start of its day."""
        value, cash, positions, exposure = self._opening
        self._opening = (value + paid + in_shares, cash + paid, positions + in_shares, exposure + in_shares)

    def capital_overnight(self, amount: int) -> None:
        """Capital that came or went before a session belongs to what it starts from."""
        value, cash, positions, exposure = self._previous
        self._previous = (value + amount, cash + amount, positions, exposure)

    def capital_within(self, value: int, amount: int) -> None:
        """Capital came or went within the session, when the portfolio was worth `value`."""
        base, grown, added = self._within or (self._previous[0], Fraction(1), 0)
        self._within = (value + amount, grown * Fraction(value, base) if base else Fraction(0), added + amount)

    def close_session(self, session: int) -> None:
        """Takes the day's row at its last bar."""
        books = self._desk.books
        long_value, short_value, longs, shorts = books.long_and_short()
        # without a future the one is the other
        settles = books.unsettled()
        long_exposure, short_exposure = books.long_and_short_exposure() if settles else (long_value, short_value)
        positions, exposure = long_value + short_value, long_exposure + short_exposure
        cash = books.cash
        value = cash + positions
        before_cash = self._previous[1]
        start_value, start_cash, start_positions, start_exposure = self._opening
        gross = div_half_even((long_exposure - short_exposure) * ONE, value) if value else None
        net = div_half_even(exposure * ONE, value) if value else None
        returns = self._return_at(value)
        added = 0 if self._within is None else self._within[2]
        self._within = None
        self._daily.append(
            (
                session,
                (
                    value,
                    value - start_value - added,
                    cash - before_cash - added,
                    start_cash,
                    cash,
                    start_positions,
                    positions,
                    start_exposure,
                    exposure,
                    long_value,
                    short_value,
                    long_exposure,
                    short_exposure,
                ),
                (returns, gross, net),
                longs,
                shorts,
            )
        )
        self._previous = (value, cash, positions, exposure)
        self._positions += [(session, *position) for position in books.positions()]
        if self._desk.recorded:
            self._recorded.append({"session": session, **self._desk.recorded})

    def _return_at(self, value: int) -> int:
        """The session's return where the portfolio is worth `value`."""
        if self._within is None:
            before = self._previous[0]
            return div_half_even((value - before) * ONE, before) if before else 0
        base, grown, _ = self._within
        linked = (grown * value / base - 1) * ONE if base else Fraction(0)
        return div_half_even(linked.numerator, linked.denominator)

    def returns_of(self, session: int) -> int:
        """The return of a session, so far where it is not over, at scale 18."""
        if session < len(self._daily):
            return int(self._daily[session][2][0])
        return self._return_at(self._desk.value())

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
            "assets": assets_frame([listing.asset for listing in self._desk.listing_of_slot]),
        }

    def sessions(self, sessions: Sequence[int]) -> pl.Series:
        """The dates of sessions of the run."""
        axis = self._desk.market.axis
        days = axis.calendar.days[axis.first_session : axis.first_session + axis.sessions]
        return pl.Series("session", days[np.array(sessions, dtype=np.int64)].astype(np.int32)).cast(pl.Date)

    def _daily_frame(self) -> pl.DataFrame:
        axis = self._desk.market.axis
        rows = self._daily
        sessions = np.array([row[0] for row in rows], dtype=np.int64) + axis.first_session
        columns = [
            self.sessions([row[0] for row in rows]),
            # the first minute bar, as in Zipline: bars are stamped with their end
            datetime_column("period_open", axis.calendar.opens[sessions] + MINUTE_NS),
            datetime_column("period_close", axis.calendar.run_closes[sessions]),
        ]
        money = zip(*[row[1] for row in rows], strict=True)
        columns += [decimal_column(n, list(v), MONEY_SCALE) for n, v in zip(MONEY_COLUMNS, money, strict=True)]
        ratios = zip(*[row[2] for row in rows], strict=True)
        columns += [decimal_column(n, list(v), RATIO_SCALE) for n, v in zip(RATIO_COLUMNS, ratios, strict=True)]
        if self.benchmark is not None:
            columns.append(decimal_column("benchmark_returns", self.benchmark.returns[: len(rows)], RATIO_SCALE))
        columns.append(pl.Series("longs_count", [row[3] for row in rows], dtype=pl.Int64))
        columns.append(pl.Series("shorts_count", [row[4] for row in rows], dtype=pl.Int64))
        return pl.DataFrame(columns)

    def _orders_frame(self) -> pl.DataFrame:
        orders = self._blotter.orders
        slots = [order.listing.slot for order in orders]
        return pl.DataFrame(
            [
                pl.Series("id", self._order_ids(), dtype=pl.String),
                datetime_column("created", [order.created for order in orders]),
                *self._asset_columns(slots),
                self._quantities("amount", [order.amount for order in orders], slots),
                self._quantities("filled", [order.filled for order in orders], slots),
                self._prices("limit", [order.limit for order in orders], slots),
                self._prices("stop", [order.stop for order in orders], slots),
                pl.Series("status", [STATUS_NAMES[order.status] for order in orders], dtype=pl.String),
                decimal_column("commission", [order.commission for order in orders], MONEY_SCALE),
                pl.Series("reason", [why(order) for order in orders], dtype=pl.String),
                datetime_column("dt", [order.changed for order in orders]),
            ]
        )

    def _events_frame(self) -> pl.DataFrame:
        numbers, stamps, kinds, quantities, prices, stops, reasons = _columns(self._blotter.rows, 7)
        orders, ids = self._blotter.orders, self._order_ids()
        slots = [orders[number - 1].listing.slot for number in numbers]
        return pl.DataFrame(
            [
                pl.Series("seq", range(len(numbers)), dtype=pl.Int64),
                pl.Series("order_id", [ids[number - 1] for number in numbers], dtype=pl.String),
                datetime_column("stamp", stamps),
                pl.Series("kind", kinds, dtype=pl.String),
                self._quantities("quantity", quantities, slots),
                self._prices("price", prices, slots),
                self._prices("stop", stops, slots),
                pl.Series("reason", reasons, dtype=pl.String),
            ]
        )

    def _transactions_frame(self) -> pl.DataFrame:
        ids = self._order_ids()
        sessions, stamps, numbers, slots, quantities, prices, fees = _columns(self.transactions, 7)
        order_ids = [None if number is None else ids[number - 1] for number in numbers]
        return pl.DataFrame(
            [
                datetime_column("dt", stamps),
                self.sessions(sessions),
                pl.Series("order_id", order_ids, dtype=pl.String),
                *self._asset_columns(slots),
                self._quantities("amount", quantities, slots),
                self._prices("price", prices, slots),
                decimal_column("commission", fees, MONEY_SCALE),
            ]
        )

    def _positions_frame(self) -> pl.DataFrame:
        listings, gross = self._desk.listing_of_slot, self._desk.books.gross
        sessions, slots, quantities, costs, marks = _columns(self._positions, 5)
        basis = [cost_per_unit(c, q, listings[s]) for s, q, c in zip(slots, quantities, costs, strict=True)]
        exposures = [gross(s, q, m) for s, q, m in zip(slots, quantities, marks, strict=True)]
        worth = [0 if listings[s].settles else exposure for s, exposure in zip(slots, exposures, strict=True)]
        return pl.DataFrame(
            [
                self.sessions(sessions),
                *self._asset_columns(slots),
                self._quantities("amount", quantities, slots),
                self._prices("cost_basis", basis, slots),
                self._prices("last_sale_price", marks, slots),
                decimal_column("value", worth, MONEY_SCALE),
                decimal_column("exposure", exposures, MONEY_SCALE),
            ]
        )

    def _recorded_frame(self) -> pl.DataFrame:
        if not self._recorded:
            return pl.DataFrame({"session": pl.Series([], dtype=pl.Date)})
        names = [name for name in self._recorded[-1] if name != "session"]
        columns = [self.sessions([row["session"] for row in self._recorded])]
        columns += [recorded_column(name, [row.get(name) for row in self._recorded]) for name in names]
        return pl.DataFrame(columns)

    def _entries_frame(self) -> pl.DataFrame:
        ledger, ids = self._ledger, self._order_ids()
        listings = self._desk.listing_of_slot
        stamps, kinds, slots, quantities, amounts, orders, reasons = _columns(ledger.rows, 7)
        return pl.DataFrame(
            [
                datetime_column("stamp", stamps),
                pl.Series("kind", kinds, dtype=pl.String),
                pl.Series("asset", [None if s is None else listings[s].asset.key for s in slots], dtype=pl.String),
                pl.Series("sid", [None if s is None else listings[s].asset.sid for s in slots], dtype=pl.Int64),
                self._quantities("quantity", quantities, slots),
                decimal_column("amount", amounts, MONEY_SCALE),
                pl.Series("currency", [ledger.currency] * len(stamps), dtype=pl.String),
                pl.Series("account", [ledger.account] * len(stamps), dtype=pl.String),
                pl.Series("order_id", [None if n is None else ids[n - 1] for n in orders], dtype=pl.String),
                pl.Series("reason", reasons, dtype=pl.String),
            ]
        )

    def _order_ids(self) -> list[str]:
        """The ids of all orders, made once."""
        if len(self._ids) != len(self._blotter.orders):
            self._ids = [self._blotter.order_id(order.number) for order in self._blotter.orders]
        return self._ids

    def _asset_columns(self, slots: Sequence[int]) -> list[pl.Series]:
        listings = self._desk.listing_of_slot
        labels = [self._desk.labels.of(listing.asset) for listing in listings]
        sids = [listing.asset.sid for listing in listings]
        return [
            pl.Series("symbol", [labels[slot] for slot in slots], dtype=pl.String),
            pl.Series("sid", [sids[slot] for slot in slots], dtype=pl.Int64),
        ]

    def _quantities(self, name: str, values: Sequence[int], slots: Sequence[int | None]) -> pl.Series:
        return _shortest(name, values, slots, [x.quantity_scale for x in self._desk.listing_of_slot])

    def _prices(self, name: str, values: Sequence[int | None], slots: Sequence[int]) -> pl.Series:
        return _shortest(name, values, slots, [x.fill_scale for x in self._desk.listing_of_slot])


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as columns. (`zip(*rows)` makes an iterator per row, for the garbage collector to look through.)"""
    return [[row[place] for row in rows] for place in range(width)]


def why(order: Any) -> str | None:
    """Why an order was refused or cancelled, or did not fill on the last bar; None for one that is filled."""
    if order.reason is not None:
        return str(order.reason)
    return WHY_OPEN[order.why] if order.status is OrderStatus.OPEN else None


def _shortest(name: str, values: Any, slots: Sequence[int | None], scales: list[int]) -> pl.Series:
    """A column of values, each at the scale of its slot, at the smallest scale that shows all of them."""
    widest = max(scales, default=0)
    if scales and min(scales) != widest:
        ups = [10 ** (widest - scale) for scale in scales]
        # what belongs to no asset is zero
        values = [v if v is None or s is None else v * ups[s] for v, s in zip(values, slots, strict=True)]
    shared = math.gcd(*[v for v in values if v is not None])
    spare = 0
    while spare < widest and shared and shared % 10 ** (spare + 1) == 0:
        spare += 1
    if not shared:
        spare = widest
    if spare:
        down = 10**spare
        values = [None if v is None else v // down for v in values]
    return decimal_column(name, values, widest - spare)


def recorded_column(name: str, values: list[Any]) -> pl.Series:
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
