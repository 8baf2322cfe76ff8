"""The frames of a result, made when they are first looked at, of the rows that its run left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sized

import numpy as np
import polars as pl

from rustybt.core import MONEY_SCALE, check_process, decimal_column
from rustybt.results._assets import assets_frame
from rustybt.results._frames._ambiguous import ambiguous_frame
from rustybt.results._frames._costs import costs_frame
from rustybt.results._frames._currencies import in_base, makers_of_currencies, rates_by_pocket
from rustybt.results._frames._daily import daily_frame
from rustybt.results._frames._exact_columns import columns_of, exposures
from rustybt.results._frames._frame_builder import AssetTable, column, frame_of_rows, places
from rustybt.results._frames._layouts import (
    ENTRIES,
    ENTRIES_FROM_ORDERS,
    EVENTS,
    ORDERS,
    POCKET,
    TRANSACTIONS,
    TRANSACTIONS_IN_BASE,
)
from rustybt.results._frames._positions import positions_frame
from rustybt.results._frames._recorded_column import recorded_column
from rustybt.results._frames._run_rows import Currencies, Places, RunRows

_STAMP = 1
"""The place of the stamp in the rows of transactions."""
_WITHOUT_ROWS: dict[str, pl.DataFrame] = {}
"""Frames of runs in one currency: one without a row is the same in each, and made once."""


class RunFrames(Mapping[str, pl.DataFrame]):
    """The frames of a run's result, each made when it is first asked for."""

    def __init__(self, rows: RunRows) -> None:
        self._orders_placed = len(rows.orders)
        self._lock = threading.Lock()
        self._made: dict[str, pl.DataFrame] = {}
        self._makers = _makers(rows, _table(rows))

    def __getitem__(self, name: str) -> pl.DataFrame:
        frame = self._made.get(name)
        return self._make(name) if frame is None else frame

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def _make(self, name: str) -> pl.DataFrame:
        check_process()
        with self._lock:
            if name not in self._made:
                self._made[name] = self._makers[name]()
                if self._made.keys() >= self._makers.keys():
                    # what they were made of is needed no more
                    self._makers = dict.fromkeys(self._makers, pl.DataFrame)
            return self._made[name]

    @property
    def orders_placed(self) -> int:
        """How many orders there were, without a frame of them."""
        return self._orders_placed


def _table(rows: RunRows) -> AssetTable:
    return AssetTable(
        symbols=[one.symbol for one in rows.slots],
        keys=[one.asset.key for one in rows.slots],
        sids=[one.asset.sid for one in rows.slots],
        quantity_scales=[one.quantity_scale for one in rows.slots],
        fill_scales=[one.fill_scale for one in rows.slots],
        days=rows.days,
        prefix=rows.prefix,
        orders=len(rows.orders),
        kernel=rows.kernel,
        pockets=rows.pockets,
    )


def _makers(rows: RunRows, table: AssetTable) -> dict[str, Callable[[], pl.DataFrame]]:
    """The makers of the frames, by name."""
    makers: dict[str, Callable[[], pl.DataFrame]] = {
        "daily": lambda: daily_frame(rows, table),
        "orders": lambda: _orders(rows, table),
        "order_events": lambda: frame_of_rows(rows.events, table, 0, EVENTS, rows.orders),
        "transactions": lambda: _transactions(rows, table),
        "positions": lambda: positions_frame(rows, table),
        "recorded": lambda: _recorded(rows, table),
        "measures": rows.written or (lambda: pl.DataFrame(schema={"session": pl.Date()})),
        "entries": lambda: _entries(rows, table),
        "cost_rows": lambda: costs_frame(rows, table),
        "assets": lambda: assets_frame([one.asset for one in rows.slots], rows.kernel),
    }
    if rows.ambiguous:
        makers["ambiguous"] = lambda: ambiguous_frame(rows)
    if rows.currencies is None:
        counted: dict[str, Sized] = {
            "orders": rows.orders,
            "order_events": rows.events,
            "transactions": rows.transactions,
            "positions": rows.holdings,
            "recorded": rows.recorded,
        }
        makers |= {name: _made_once(name, makers[name]) for name, of in counted.items() if not len(of)}
    return makers | makers_of_currencies(rows, table)


def _made_once(name: str, make: Callable[[], pl.DataFrame]) -> Callable[[], pl.DataFrame]:
    def made() -> pl.DataFrame:
        if name not in _WITHOUT_ROWS:
            _WITHOUT_ROWS[name] = make()
        return _WITHOUT_ROWS[name].clone()

    return made


def _orders(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    """With the tags of those that have one."""
    frame = frame_of_rows(rows.orders, table, 0, ORDERS)
    if not rows.tags:
        return frame.with_columns(pl.Series("tag", [None], dtype=pl.String).new_from_index(0, frame.height))
    tags: list[str | None] = [None] * frame.height
    for number, tag in rows.tags.items():
        tags[number - 1] = tag
    return frame.with_columns(pl.Series("tag", tags, dtype=pl.String))


def _transactions(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    currencies = rows.currencies
    if currencies is None:
        return frame_of_rows(rows.transactions, table, 3, TRANSACTIONS)
    if table.native is not None:
        changes = np.array(rows.transactions.changes(_STAMP), dtype=np.int64)
        base = rates_by_pocket(rows, currencies, _bars_at(currencies, changes)), _STAMP
        laid = rows.transactions.frame(table.native, 3, (*TRANSACTIONS, *TRANSACTIONS_IN_BASE), None, base)
        if laid is not None:
            return pl.DataFrame(laid)
    frame = frame_of_rows(rows.transactions, table, 3, TRANSACTIONS)
    _, stamps, _, slots, quantities, prices, fees = columns_of(rows.transactions)
    value = exposures(places(slots), quantities, prices, rows.slots)
    bars = _bars_at(currencies, stamps)
    return frame.hstack(
        [
            decimal_column(name, in_base(rows, currencies, places(slots), bars, money), MONEY_SCALE)
            for (name, *_), money in zip(TRANSACTIONS_IN_BASE, (value, fees), strict=True)
        ]
    )


def _bars_at(currencies: Currencies, stamps: Places) -> Places:
    """The last bars up to some moments."""
    return np.searchsorted(currencies.stamps, stamps, side="right") - 1


def _recorded(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    recorded = rows.recorded
    if not recorded:
        return pl.DataFrame({"session": pl.Series([], dtype=pl.Date)})
    names = [name for name in recorded[-1] if name != "session"]
    columns = [table.dates([row["session"] for row in recorded]).alias("session")]
    columns += [recorded_column(name, [row.get(name) for row in recorded]) for name in names]
    return pl.DataFrame(columns)


def _entries(rows: RunRows, table: AssetTable) -> pl.DataFrame:
    account, currency = rows.pockets[0]
    whose = (column("currency", "constant", None, currency), column("account", "constant", None, account))
    if len(rows.pockets) > 1:
        whose = column("currency", "currency", POCKET), column("account", "account", POCKET)
    return frame_of_rows(rows.entries, table, 2, (*ENTRIES, *whose, *ENTRIES_FROM_ORDERS))
