"""`history` of several assets and several fields says what one field at a time says, in about the time of those."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError
from tests.unit._small import DAYS, ingest, ingest_minutes, seen

BARS = {
    "A": [("10", "12", "9", "11", "100"), ("11", "13", "10", "12", "200"), ("6", "7", "5", "6.5", "300")],
    "B": [("1.25", "1.5", "1", "1.125", "7"), None, ("2", "2", "2", "2", "9")],
}


def test_a_row_for_each_bar_and_symbol_oldest_first() -> None:
    ingest(BARS)
    frame = seen(lambda c, d: d.history([c.symbol("A"), c.symbol("B")], ["open", "volume"], 3, "1d"), bar=2, days=3)
    midnights = [dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC) for day in DAYS[:3]]
    assert frame.columns == ["timestamp", "symbol", "open", "volume"]
    assert frame.rows() == [
        (midnights[0], "A", 10.0, 100.0), (midnights[0], "B", 1.25, 7.0),
        (midnights[1], "A", 11.0, 200.0), (midnights[1], "B", None, 0.0),
        (midnights[2], "A", 6.0, 300.0), (midnights[2], "B", 2.0, 9.0),
    ]  # fmt: skip


def test_exact_ones_have_one_scale_and_a_split_restates_them() -> None:
    ingest(BARS, splits=[("A", DAYS[2], "1/3")])
    frame = seen(
        lambda c, d: d.history([c.symbol("B"), c.symbol("A")], ["close", "volume"], 3, "1d", dtype=Decimal),
        bar=2, days=3,
    )  # fmt: skip
    third = Decimal("3.66666666667")  # of 11, at the asset's price scale of one decimal and ten more
    assert frame.filter(pl.col("symbol") == "A")["close"].to_list() == [third, Decimal(4), Decimal("6.5")]
    assert frame.filter(pl.col("symbol") == "A")["volume"].to_list() == [300, 600, 300]
    assert frame.filter(pl.col("symbol") == "B")["close"].to_list() == [Decimal("1.125"), None, 2]
    assert frame["symbol"].to_list() == ["B", "A"] * 3


@pytest.mark.parametrize("kind", [float, Decimal])
@pytest.mark.parametrize("frequency", ["1d", "1m"])
def test_each_column_is_what_the_field_alone_gives(kind: Any, frequency: str) -> None:
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    prices = {
        "A": [f"{10 + k % 7}.5" for k in range(1500)],
        "B": [f"{k % 5 + 1}" if k % 3 else None for k in range(1500)],
    }
    ingest_minutes(prices, opens)
    fields = ["low", "price", "volume"]

    def look(context: Any, data: Any) -> Any:
        assets = [context.symbol("A"), context.symbol("B")]
        long = data.history(assets, fields, 2, frequency, dtype=kind)
        for field in fields:
            wide = data.history(assets, field, 2, frequency, dtype=kind)
            for name in ("A", "B"):
                assert long.filter(pl.col("symbol") == name)[field].to_list() == wide[name].to_list()
        return True

    assert seen(look, bar=1450, start=DAYS[0], end=DAYS[1], days=0, data_frequency="minute")


def test_a_field_or_no_asset_is_refused() -> None:
    ingest(BARS)
    with pytest.raises(InputError, match="twice"):
        seen(lambda c, d: d.history([c.symbol("A"), c.symbol("B")], ["open", "open"], 1, "1d"), bar=0)
    with pytest.raises(InputError, match="no asset"):
        seen(lambda c, d: d.history([], ["open", "close"], 1, "1d"), bar=0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [float, Decimal])
def test_two_fields_of_many_assets_take_at_most_twice_the_time_of_one_and_one(kind: Any) -> None:
    rows = [
        (f"S{n:03}", day, *[str(10 + (n + k) % 7)] * 4, "1000")
        for n in range(300)
        for k, day in enumerate(dt.date(2024, 3, 1) + dt.timedelta(days=k) for k in range(40))
    ]
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    rustybt.ingest("many", pl.DataFrame(rows, schema=names, orient="row"), calendar="24/7")
    spent: dict[str, list[float]] = {"alone": [], "together": []}

    def handle_data(context: Any, data: Any) -> None:
        begin = time.perf_counter()
        for field in ("open", "close"):
            data.history(context.assets, field, 20, "1d", dtype=kind)
        middle = time.perf_counter()
        data.history(context.assets, ["open", "close"], 20, "1d", dtype=kind)
        spent["alone"].append(middle - begin)
        spent["together"].append(time.perf_counter() - middle)

    def initialize(context: Any) -> None:
        context.assets = [context.symbol(f"S{n:03}") for n in range(300)]

    rustybt.run_algorithm("2024-03-25", "2024-04-08", initialize, 1000, handle_data, bundle="many", progress=False)
    assert min(spent["together"]) <= 2 * min(spent["alone"])
