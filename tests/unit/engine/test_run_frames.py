"""Frames of runs in which little happened."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from rustybt.api import order, symbol
from tests.unit._small import ingest, run

WITHOUT_ORDERS = ("orders", "order_events", "transactions", "positions")


def test_frames_without_rows_have_the_columns_of_those_with_some_and_are_the_results_own() -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})
    busy, first = run(on_bar={1: lambda context, data: order(symbol("A"), 1)}), run()
    for name in WITHOUT_ORDERS:
        some, none = getattr(busy, name), getattr(first, name)
        assert some.height > 0
        assert none.height == 0
        assert [dtype.base_type() for dtype in none.dtypes] == [dtype.base_type() for dtype in some.dtypes]
        assert none.columns == some.columns
        none.insert_column(0, pl.Series("mine", [], dtype=pl.Int64))
    second = run()
    assert all("mine" not in getattr(second, name).columns for name in WITHOUT_ORDERS)
    assert second.recorded.schema == {"session": pl.Date}
    assert second.daily["portfolio_value"].to_list() == [Decimal(10_000)] * 5
