"""The frames of a result, made when they are first looked at, of what recorder, order book and ledger gathered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import (
    MINUTE_NS,
    MONEY_SCALE,
    RATIO_SCALE,
    Cause,
    ExactColumn,
    OrderStatus,
    check_process,
    datetime_column,
    decimal_column,
    frame_of,
    series_of,
)
from rustybt.engine._currency_frames import frames_of_currencies, in_base
from rustybt.engine._exact_columns import (
    Values,
    column_of,
    columns_of,
    costs_per_unit,
    exposures,
    in_128_bits,
    listed,
    of_slots,
    shortest_column,
)
from rustybt.engine._frame_builder import AssetTable, column, frame_of_rows, places
from rustybt.engine._recorded_column import recorded_column
from rustybt.engine._recorder import Recorder
from rustybt.engine._slot_terms import terms_of
from rustybt.engine._state import RunState
from rustybt.ledger import Ledger
from rustybt.metrics import ALWAYS_ZERO, BENCHMARK_STATISTICS, STATISTICS, statistics_columns, without_meaning
from rustybt.orders import OrderBook
from rustybt.results import assets_frame

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
COUNT_COLUMNS = ("longs_count", "shorts_count")
DAILY = (
    *("session", "period_open", "period_close"),
    *MONEY_COLUMNS,
    *RATIO_COLUMNS,
    *COUNT_COLUMNS,
    *STATISTICS,
    *BENCHMARK_STATISTICS,
    *ALWAYS_ZERO,
    *("trading_days", "period_label"),
)
"""The columns of the daily frame of a run without a benchmark."""
ORDERS = (
    column("id", "number"),
    column("created", "stamp", 1),
    column("symbol", "symbol"),
    column("sid", "sid"),
    column("amount", "quantity", 2),
    column("filled", "quantity", 3),
    column("limit", "price", 4),
    column("stop", "price", 5),
    column("status", "text", 6),
    column("commission", "money", 7),
    column("cause", "text", 9),
    column("reason", "text", 10),
    column("dt", "stamp", 8),
)
EVENTS = (
    column("seq", "count"),
    column("order_id", "id", 0),
    column("stamp", "stamp", 1),
    column("kind", "text", 2),
    column("quantity", "quantity", 3),
    column("price", "price", 4),
    column("stop", "price", 5),
    column("cause", "text", 6),
    column("ratio", "text", 7),
    column("reason", "text", 8),
)
TRANSACTIONS = (
    column("dt", "stamp", 1),
    column("session", "date", 0),
    column("order_id", "id", 2),
    column("symbol", "symbol"),
    column("sid", "sid"),
    column("amount", "quantity", 4),
    column("price", "price", 5),
    column("commission", "money", 6),
)
ENTRIES = (
    column("stamp", "stamp", 0),
    column("kind", "text", 1),
    column("asset", "key"),
    column("sid", "sid"),
    column("quantity", "quantity", 3),
    column("amount", "money", 4),
)
POCKET = 8
ENTRIES_FROM_ORDERS = (column("order_id", "id", 5), column("detail", "text", 6), column("reason", "text", 7))
POSITIONS = ("session", "symbol", "sid", "amount", "cost_basis", "last_sale_price", "value", "exposure")
NARROW = 2**16
STATUS_NAMES = tuple(status.name.lower() for status in sorted(OrderStatus))
CAUSE_LABELS = tuple(cause.label for cause in sorted(Cause))
CAUSE_SENTENCES = tuple(cause.sentence for cause in sorted(Cause))

type Places = npt.NDArray[np.int64]


class RunFrames(Mapping[str, pl.DataFrame]):
    """The frames of a run's result, each made when it is first asked for.

    It holds the rows that the run gathered, the assets that it touched and their prices at the closes; neither the
    strategy nor the market. Of a run in several currencies all frames are made at once: their rates are the market's.
    """

    def __init__(
        self,
        run: RunState,
        recorder: Recorder,
        ledger: Ledger,
        blotter: OrderBook,
        periods: int,
        written: Callable[[], pl.DataFrame] | None = None,
    ) -> None:
        axis, count = run.market.axis, len(recorder.days)
        self._periods = periods
        self._figures_below_zero = run.compat.figures_below_zero
        self._run = None if run.converter is None else run
        self._entry_rows, self._pockets = ledger.rows, ledger.books.pockets()
        self._recorder = recorder.gathered()
        self._events = blotter.rows
        why = {order.number: int(blotter.why(order, None)) for queue in blotter.open.values() for order in queue}
        self._orders = orders = blotter.store.rows(STATUS_NAMES, CAUSE_LABELS, CAUSE_SENTENCES, why)
        self._instruments = terms_of(run.account.instruments, recorder)
        covered = slice(axis.first_session, axis.first_session + count)
        # the first minute bar, as in Zipline: bars are stamped with their end
        self._bounds = axis.calendar.opens[covered] + MINUTE_NS, axis.calendar.run_closes[covered]
        assets = [instrument.asset for instrument in self._instruments]
        self._table = AssetTable(
            symbols=[run.lookup.labels.of(asset) for asset in assets],
            keys=[asset.key for asset in assets],
            sids=[asset.sid for asset in assets],
            quantity_scales=[instrument.quantity_scale for instrument in self._instruments],
            fill_scales=[instrument.fill_scale for instrument in self._instruments],
            days=axis.calendar.days[axis.first_session : axis.first_session + axis.sessions],
            prefix=blotter.prefix,
            orders=len(orders),
            kernel=run.kernel,
        )
        self._lock, kernel = threading.Lock(), run.kernel
        self._made: dict[str, pl.DataFrame] = {}
        self._makers: dict[str, Callable[[], pl.DataFrame]] = {
            "daily": self._daily,
            "orders": lambda: frame_of_rows(orders, self._table, 0, ORDERS),
            "order_events": lambda: frame_of_rows(self._events, self._table, 0, EVENTS, orders),
            "transactions": self._transactions,
            "positions": self._positions,
            "recorded": self._recorded,
            "measures": written or (lambda: pl.DataFrame(schema={"session": pl.Date()})),
            "entries": self._entries,
            "assets": lambda: assets_frame(assets, kernel),
        }
        if run.converter is not None:
            self._made |= frames_of_currencies(run, recorder)
            self._make_all()

    def __getitem__(self, name: str) -> pl.DataFrame:
        frame = self._made.get(name)
        return self._make(name) if frame is None else frame

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._makers, *self._made)))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _make(self, name: str) -> pl.DataFrame:
        check_process()
        with self._lock:
            if name not in self._made:
                self._made[name] = self._makers[name]()
                if self._made.keys() >= self._makers.keys():
                    self._let_go()
            return self._made[name]

    def _make_all(self) -> None:
        for name in list(self):
            self[name]

    def _let_go(self) -> None:
        """Once all frames are there what they were made of is needed no more."""
        self._makers = dict.fromkeys(self._makers, pl.DataFrame)
        self._run = None
        del self._entry_rows, self._recorder, self._events, self._orders, self._instruments, self._bounds, self._table

    @property
    def orders_placed(self) -> int:
        """How many orders there were, without a frame of them."""
        return self["orders"].height if "orders" in self._made else len(self._orders)

    def _daily(self) -> pl.DataFrame:
        """The daily frame, without what an account that was ruined does not have."""
        frame = self._daily_of_rows()
        return frame if self._figures_below_zero else without_meaning(frame)

    def _daily_of_rows(self) -> pl.DataFrame:
        recorder, (opens, closes) = self._recorder, self._bounds
        days: Any = recorder.days
        count = len(days)
        if self._table.native is not None and recorder.benchmark is None:
            dates = self._table.days[:count].tolist()
            laid = days.frame(DAILY, dates, opens, np.ascontiguousarray(closes), self._periods)
            if laid is not None:
                return pl.DataFrame(laid)
        sessions = self._table.dates(np.arange(count)).alias("session")
        _, *values = columns_of(days.rows)
        money, ratios = values[: len(MONEY_COLUMNS)], values[len(MONEY_COLUMNS) : -2]
        columns: list[pl.Series | ExactColumn] = [
            sessions,
            datetime_column("period_open", opens),
            datetime_column("period_close", closes),
        ]
        columns += [ExactColumn(n, v, MONEY_SCALE) for n, v in zip(MONEY_COLUMNS, money, strict=True)]
        columns += [ExactColumn(n, v, RATIO_SCALE) for n, v in zip(RATIO_COLUMNS, ratios, strict=True)]
        benchmark = None if recorder.benchmark is None else recorder.benchmark.returns[:count]
        if benchmark is not None:
            columns.append(ExactColumn("benchmark_returns", benchmark, RATIO_SCALE))
        columns += [pl.Series(n, v, dtype=pl.Int64) for n, v in zip(COUNT_COLUMNS, values[-2:], strict=True)]
        (returns, leverage, _), (worth, pnl, *_) = map(listed, ratios), map(listed, money)
        more = statistics_columns(sessions, worth, pnl, returns, leverage, benchmark, periods=self._periods)
        return frame_of([*columns, *more])

    def _transactions(self) -> pl.DataFrame:
        rows = self._recorder.transactions
        frame = frame_of_rows(rows, self._table, 3, TRANSACTIONS)
        if self._run is None:
            return frame
        _, stamps, _, rows_slots, quantities, prices, fees = columns_of(rows)
        worth = exposures(places(rows_slots), quantities, prices, self._instruments)
        bars = np.searchsorted(self._run.market.axis.stamps, stamps, side="right") - 1
        return frame.hstack(
            [
                decimal_column(name, in_base(self._run, places(rows_slots), bars, money), MONEY_SCALE)
                for name, money in (("base_value", worth), ("base_commission", fees))
            ]
        )

    def _positions(self) -> pl.DataFrame:
        """A row for each position at each close."""
        positions_frame = self._table.kernel.positions_frame
        if positions_frame is not None:
            instruments, recorder = self._instruments, self._recorder
            laid = positions_frame(
                POSITIONS,
                self._table.native,
                recorder.holdings,
                recorder.holdings_from,
                recorder.last_bars,
                [x.price for x in instruments],
                [(x.multiplier, x.multiplier_scale, x.mark_to_fill_scale, x.daily_settled) for x in instruments],
            )
            if laid is not None:
                frame = pl.DataFrame(laid)
                return frame if self._run is None else self._counted(self._run, frame)
        return self._positions_in_columns()

    def _counted(self, run: RunState, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame of the positions with value and exposure in the run's currency."""
        sessions, rows = self._rows_of_positions()
        slots = places(column_of(self._recorder.holdings, 0))[places(rows)]
        exposure = self._at_closes(run, slots, sessions, frame["exposure"].to_physical())
        return frame.with_columns(
            decimal_column("value", self._market_value(exposure, slots), MONEY_SCALE),
            decimal_column("exposure", exposure, MONEY_SCALE),
        )

    def _at_closes(self, run: RunState, slots: pl.Series, sessions: Places, amounts: Values) -> Values:
        """Amounts in the run's currency at the rates of the closes."""
        return in_base(run, slots, np.array(self._recorder.bars, dtype=np.int64)[sessions], amounts)

    def _positions_in_columns(self) -> pl.DataFrame:
        instruments = self._instruments
        held_slots, held_quantities, costs = columns_of(self._recorder.holdings)
        basis = costs_per_unit(places(held_slots), held_quantities, costs, instruments)
        sessions, rows = self._rows_of_positions()
        slots = places(held_slots)[places(rows)]
        marks = self._marks(np.array(held_slots, dtype=np.int64)[rows], sessions)
        units = in_128_bits(held_quantities)
        quantities = _taken(held_quantities if units is None else units, rows)
        exposure = exposures(slots, quantities, marks, instruments)
        if self._run is not None:
            exposure = self._at_closes(self._run, slots, sessions, exposure)
        return pl.DataFrame(
            [
                self._table.dates(sessions).alias("session"),
                self._table.series["symbol"][slots].alias("symbol"),
                self._table.series["sid"][slots].alias("sid"),
                self._quantities("amount", quantities, slots),
                self._prices("cost_basis", _taken(basis, rows), slots),
                self._prices("last_sale_price", marks, slots),
                decimal_column("value", self._market_value(exposure, slots), MONEY_SCALE),
                decimal_column("exposure", exposure, MONEY_SCALE),
            ]
        )

    def _rows_of_positions(self) -> tuple[Places, Places]:
        """For each row of the positions its session, and its place among all that was ever held."""
        holdings, count = self._recorder.holdings_from, len(self._recorder.days)
        firsts = np.array([session for session, _ in holdings], dtype=np.int64)
        ends = np.array([end for _, end in holdings], dtype=np.int64)
        sizes = np.diff(ends, prepend=0)
        which = np.searchsorted(firsts, np.arange(count), side="right") - 1
        of_session = np.where(which >= 0, sizes[which], 0) if len(sizes) else np.zeros(count, dtype=np.int64)
        sessions = np.repeat(np.arange(count), of_session)
        begins = np.cumsum(of_session) - of_session
        offsets = ends - sizes
        return sessions, np.arange(len(sessions)) - begins[sessions] + offsets[which[sessions]]

    def _marks(self, slots: Places, sessions: Places) -> Values:
        """The price of each slot at the close of each session, at its fill scale."""
        bars = np.array(self._recorder.last_bars, dtype=np.int64)[sessions]
        counts = np.bincount(slots, minlength=1)
        held = np.flatnonzero(counts).tolist()
        columns = [self._instruments[slot].price for slot in held]
        if not all(isinstance(one, memoryview) for one in columns):
            pairs = zip(slots.tolist(), bars.tolist(), strict=True)
            return [
                self._instruments[slot].price[bar] * self._instruments[slot].mark_to_fill_scale for slot, bar in pairs
            ]
        closes = np.empty(len(slots), dtype=np.int64)
        # sorts of narrow integers count them
        by_slot = np.argsort(slots.astype(np.uint16) if len(counts) <= NARROW else slots, kind="stable")
        ends = np.cumsum(counts).tolist()
        for slot, prices in zip(held, columns, strict=True):
            rows = by_slot[ends[slot] - counts[slot] : ends[slot]]
            closes[rows] = np.asarray(prices)[bars[rows]]
        marks = series_of(closes).cast(pl.Int128)
        return marks * of_slots([x.mark_to_fill_scale for x in self._instruments], series_of(slots).cast(pl.UInt32))

    def _market_value(self, exposure: Values, slots: pl.Series) -> Values:
        """What counts as value of what is held: all of its exposure, but nothing of what settles."""
        daily_settled = [instrument.daily_settled for instrument in self._instruments]
        if not any(daily_settled):
            return exposure
        if isinstance(exposure, pl.Series):
            return exposure * of_slots([int(not settled) for settled in daily_settled], slots)
        return [0 if daily_settled[slot] else value for slot, value in zip(slots.to_list(), exposure, strict=True)]

    def _recorded(self) -> pl.DataFrame:
        rows = self._recorder.recorded
        if not rows:
            return pl.DataFrame({"session": pl.Series([], dtype=pl.Date)})
        names = [name for name in rows[-1] if name != "session"]
        columns = [self._table.dates([row["session"] for row in rows]).alias("session")]
        columns += [recorded_column(name, [row.get(name) for row in rows]) for name in names]
        return pl.DataFrame(columns)

    def _entries(self) -> pl.DataFrame:
        account, currency = self._pockets[0]
        whose = (column("currency", "constant", None, currency), column("account", "constant", None, account))
        frame = frame_of_rows(self._entry_rows, self._table, 2, (*ENTRIES, *whose, *ENTRIES_FROM_ORDERS))
        if len(self._pockets) == 1:
            return frame
        of_rows = places(column_of(self._entry_rows, POCKET))
        names = pl.DataFrame(self._pockets, schema=["account", "currency"], orient="row")
        return frame.with_columns(names["currency"][of_rows], names["account"][of_rows])

    def _quantities(self, name: str, values: Values, slots: pl.Series) -> pl.Series:
        return shortest_column(name, values, slots, self._table.quantity_scales)

    def _prices(self, name: str, values: Values, slots: pl.Series) -> pl.Series:
        return shortest_column(name, values, slots, self._table.fill_scales)


def _taken(values: Values, rows: Places) -> Values:
    """The values at some places."""
    return values[places(rows)] if isinstance(values, pl.Series) else [values[row] for row in rows.tolist()]
