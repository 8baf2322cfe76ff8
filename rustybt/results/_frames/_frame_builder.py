"""A frame made of rows: its columns are told by name, kind and place, and laid out by the native kernel or here."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt._kernels import Kernel, Rows
from rustybt.core import MONEY_SCALE, Columns, datetime_column, decimal_column, series_of
from rustybt.results._frames._exact_columns import Values, all_none, columns_of, shortest_column

type Column = tuple[str, str, int | None, str | None]
"""Name and kind of a column, the place of its values in the rows, and what some kinds need beside.

count: 0, 1, 2 ... stamp: ns UTC. date: of a session of the run. text. number, id: of the order with the row's number,
or with that at the place. symbol, sid, key: of the row's slot. quantity, price: at the scale of the slot, shown at the
smallest one that shows all of them. money. constant: a text. account, currency: of the pocket at the place.
"""


def column(name: str, kind: str, place: int | None = None, beside: str | None = None) -> Column:
    """A column, as the table of a frame describes it."""
    return name, kind, place, str(MONEY_SCALE) if kind == "money" else beside


@dataclass(frozen=True, eq=False, repr=False)
class AssetTable:
    """Values to look up: by slot (symbols, keys, sids, scales), by the number of an order (ids), by session (days).

    prefix: of the ids of orders, of which there are so many. days: since 1970. kernel: of the run, and so of the rows.
    pockets: account and currency of each.
    """

    symbols: list[str]
    keys: list[str]
    sids: list[int]
    quantity_scales: list[int]
    fill_scales: list[int]
    days: npt.NDArray[np.int64]
    prefix: str
    orders: int
    kernel: Kernel
    pockets: list[tuple[str, str]]

    @functools.cached_property
    def native(self) -> Any:
        """The kernel's own copy; None where it has none."""
        if self.kernel.asset_table is None:
            return None
        by_slot = self.symbols, self.keys, self.sids, self.quantity_scales, self.fill_scales
        return self.kernel.asset_table(*by_slot, self.days.tolist(), self.prefix, self.orders, self.pockets)

    @functools.cached_property
    def ids(self) -> pl.Series:
        """The ids of all orders, in their order."""
        return self.prefix + series_of(np.arange(1, self.orders + 1)).cast(pl.String)

    @functools.cached_property
    def series(self) -> dict[str, pl.Series]:
        """The tables by slot, for the kinds that are one look into them."""
        return {
            "symbol": pl.Series(self.symbols, dtype=pl.String),
            "key": pl.Series(self.keys, dtype=pl.String),
            "sid": pl.Series(self.sids, dtype=pl.Int64),
        }

    def dates(self, sessions: Sequence[int] | npt.NDArray[np.int64]) -> pl.Series:
        """The dates of sessions of the run."""
        return series_of(self.days[np.asarray(sessions, dtype=np.int64)].astype(np.int32)).cast(pl.Date)


def frame_of_rows(
    rows: Any, table: AssetTable, slots: int, columns: Sequence[Column], orders: Rows | Columns | None = None
) -> pl.DataFrame:
    """The frame of rows.

    slots: the place of what is the slot of a row, or where `orders` are given, of the number of its order: their rows,
    in which the slot comes first.
    Raises MoneyOverflow where a number has more digits than a frame holds.
    """
    if table.native is not None:
        laid = rows.frame(table.native, slots, columns, orders)
        if laid is not None:
            return pl.DataFrame(laid)
    return _FrameBuilder(rows, table, slots, orders).frame(columns)


class _FrameBuilder:
    """The specification of the native kernel's `Rows.frame`."""

    def __init__(self, rows: Rows, table: AssetTable, slots: int, orders: Rows | Columns | None) -> None:
        self._len = len(rows)
        self._columns = columns_of(rows)
        self._table = table
        self._numbered: dict[int, pl.Series] = {}
        if orders is None:
            self._slots = places(self._columns[slots])
        else:
            self._slots = places(columns_of(orders)[0])[self._of_numbers(slots)]

    def _of_numbers(self, place: int) -> pl.Series:
        """The positions of the orders whose numbers are at a place."""
        if place not in self._numbered:
            self._numbered[place] = places(self._columns[place]) - 1
        return self._numbered[place]

    def frame(self, columns: Sequence[Column]) -> pl.DataFrame:
        return pl.DataFrame([self._made(*column).alias(column[0]) for column in columns])

    def _made(self, name: str, kind: str, place: int | None, beside: str | None) -> pl.Series:
        table, slots = self._table, self._slots
        if kind in table.series:
            return table.series[kind][slots]
        if kind == "count":
            return series_of(np.arange(self._len))
        if kind == "number":
            return table.ids
        if kind == "constant":
            return pl.Series([beside]).new_from_index(0, self._len)
        if kind == "id":
            return table.ids[self._of_numbers(place or 0)]
        if kind in ("account", "currency"):
            names = [pocket[kind == "currency"] for pocket in table.pockets]
            return pl.Series(names, dtype=pl.String)[places(self._columns[place or 0])]
        return self._of_values(name, kind, self._columns[place or 0])

    def _of_values(self, name: str, kind: str, values: Any) -> pl.Series:
        table, slots = self._table, self._slots
        if kind == "stamp":
            return datetime_column(name, values)
        if kind == "date":
            return table.dates(values)
        if kind == "text":
            if all_none(values):
                return pl.Series([None], dtype=pl.String).new_from_index(0, len(values))
            return pl.Series(values, dtype=pl.String)
        if kind == "money":
            return decimal_column(name, values, MONEY_SCALE)
        scales = table.quantity_scales if kind == "quantity" else table.fill_scales
        return shortest_column(name, values, slots, scales)


def places(numbers: Values | npt.NDArray[np.int64]) -> pl.Series:
    """The positions of a look-up; None for none."""
    if isinstance(numbers, np.ndarray):
        return series_of(numbers).cast(pl.UInt32)
    return pl.Series(numbers, dtype=pl.UInt32)
