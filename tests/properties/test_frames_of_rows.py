"""A frame made of rows: the native kernel lays out what the Python code does, and leaves to it what does not fit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt._kernels import PYTHON, kernel_named, twins
from rustybt.core import CryptoSpot, Equity, Future
from rustybt.errors import MoneyOverflow
from rustybt.results import assets_frame
from rustybt.results._frames import _frame_builder
from rustybt.results._frames._frame_builder import AssetTable, column
from tests._kernels import needs_native

pytestmark = needs_native
SLOTS, ORDERS, DAYS = 3, 4, 5
POCKETS = [("main", "USD"), ("main", "a currency of one's own"), ("other", "USD")]
COLUMNS = [
    column("n", "count"), column("at", "stamp", 2), column("day", "date", 3), column("by", "id", 1),
    column("symbol", "symbol"), column("key", "key"), column("sid", "sid"), column("units", "quantity", 4),
    column("price", "price", 5), column("paid", "money", 6), column("why", "text", 7),
    column("all", "constant", None, "the same in every row"), column("whose", "account", 0),
    column("of", "currency", 0),
]  # fmt: skip
TEXT = (
    st.none() | st.sampled_from(["fee", "", "twelve bytes", "thirteen bytes", "a\u00e9\u4e2d"]) | st.text(max_size=30)
)
NUMBER = st.none() | st.integers(-(10**5), 10**5).map(lambda n: n * 10**6)
LONG = st.integers(-(10**20), 10**20) | st.integers(-(2**127), 2**127 - 1) | st.integers(-(2**140), 2**140)
SCALES = st.lists(st.integers(0, 24), min_size=SLOTS, max_size=SLOTS)


def rows_of(number: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    places = st.none() | st.integers(0, SLOTS - 1), st.none() | st.integers(1, ORDERS)
    times = st.none() | st.integers(-(2**62), 2**62), st.integers(0, DAYS - 1)
    return st.lists(st.tuples(*places, *times, number, number, number, TEXT), max_size=20)


def kept(kinds: str, rows: Any) -> Any:
    found = twins()["rust"].Rows(kinds)
    for row in rows:
        found.add(row)
    return found


def table_of(scales: list[int], names: list[str]) -> AssetTable:
    tables: Any = (names, names[::-1], [7, 2**40, 0], scales, scales[::-1], np.arange(20_000, 20_000 + DAYS))
    return AssetTable(*tables, "an-account-", ORDERS, PYTHON, POCKETS)


def frames(rows: Any, table: AssetTable, slots: int, orders: Any) -> tuple[Any, Any]:
    """What the native kernel makes of rows, None where it leaves them, and what Python makes of them, or its error."""
    native = twins()["rust"].AssetTable(
        table.symbols, table.keys, table.sids, table.quantity_scales, table.fill_scales, table.days.tolist(),
        table.prefix, table.orders, table.pockets,
    )  # fmt: skip
    laid = rows.frame(native, slots, COLUMNS, orders)
    try:
        frame = _frame_builder._FrameBuilder(rows, table, slots, orders).frame(COLUMNS)
    except MoneyOverflow as error:
        return laid, error
    return None if laid is None else pl.DataFrame(laid), frame


def check_equal(one: pl.DataFrame, other: pl.DataFrame) -> None:
    assert one.schema == other.schema
    assert one.rows() == other.rows()
    assert one.null_count().row(0) == other.null_count().row(0)


NAMES = st.lists(st.text(max_size=16), min_size=SLOTS, max_size=SLOTS)


@given(
    rows_of(NUMBER), SCALES, NAMES, st.none() | st.lists(st.integers(0, SLOTS - 1), min_size=ORDERS, max_size=ORDERS)
)
def test_a_frame_of_ordinary_rows_is_the_same(rows: Any, scales: list[int], names: list[str], slots: Any) -> None:
    orders = None if slots is None else kept("n", [(slot,) for slot in slots])
    laid, frame = frames(kept("nnnnwwwt", rows), table_of(scales, names), 0 if slots is None else 1, orders)
    check_equal(laid, frame)


@given(rows_of(NUMBER | LONG), SCALES)
def test_a_frame_of_long_numbers_is_the_same_or_left_to_python(rows: Any, scales: list[int]) -> None:
    laid, frame = frames(kept("nnnnwwwt", rows), table_of(scales, ["A", "B", "C"]), 0, None)
    if isinstance(frame, MoneyOverflow):
        assert laid is None
    elif laid is not None:
        check_equal(laid, frame)


def test_a_frame_outlives_what_it_was_made_of() -> None:
    rows = kept("nnnnwwwt", [(n % SLOTS, 1 + n % ORDERS, n, 0, n, n, n, f"reason number {n}") for n in range(1000)])
    table = table_of([0, 0, 0], ["A", "B", "C"])
    made, frame = frames(rows, table, 0, None)
    part = made["why"].slice(500, 2)
    check_equal(made, frame)
    del rows, table, made
    assert part.to_list() == ["reason number 500", "reason number 501"]


def test_an_arrow_frame_is_taken_more_than_once_or_never() -> None:
    native = twins()["rust"].AssetTable(["A"], ["A"], [1], [0], [2], [20_000], "main-", 1, [])
    laid = kept("nw", [(0, 5), (0, 7)]).frame(native, 0, [column("price", "price", 1), column("symbol", "symbol")])
    capsules = laid.__arrow_c_array__()
    first, second = pl.DataFrame(laid), pl.DataFrame(laid)
    del laid, capsules
    assert first.equals(second)
    assert first["price"].dtype == pl.Decimal(38, 2)
    assert first.to_dicts()[1]["symbol"] == "A"


@pytest.mark.parametrize("wrong", [("x", "colour", 0), ("x", "text", 0), ("x", "money", 0), ("x", "stamp", 9)])
def test_a_column_that_is_not_there_is_refused(wrong: tuple[str, str, int]) -> None:
    native = twins()["rust"].AssetTable(["A"], ["A"], [1], [0], [0], [20_000], "main-", 1, [])
    with pytest.raises(ValueError, match=r"kind of column|is no|there is no column"):
        kept("n", [(0,)]).frame(native, 0, [column(*wrong)])


DAY = st.dates(dt.date(1, 1, 1))


@st.composite
def asset(draw: Any) -> Any:
    """An asset of some kind, with and without what may be absent."""
    kind = draw(st.sampled_from([Equity, Future, CryptoSpot]))
    decimal = st.decimals(0, 100, places=3)
    more = {"root_symbol": draw(TEXT) or "", "notice_date": draw(st.none() | DAY)} if kind is Future else {}
    return kind(
        draw(st.integers(0, 2**63 - 1)), *(draw(st.text(max_size=20)) for _ in range(6)), draw(DAY), draw(DAY),
        draw(st.none() | DAY), draw(decimal), draw(decimal), draw(decimal), draw(st.integers(0, 9)), 0, **more,
    )  # fmt: skip


@given(st.lists(asset(), max_size=5))
def test_assets_are_shown_alike(assets: Any) -> None:
    plain = assets_frame(assets, PYTHON)
    check_equal(assets_frame(assets, kernel_named("rust")), plain)
    assert plain["sid"].to_list() == sorted(one.sid for one in assets)
    assert set(plain["end_date"].to_list()) == {one.end_date for one in assets}
