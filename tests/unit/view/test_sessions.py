"""`data.history(..., "1d")` in a run of minutes: past sessions, and today as far as it has come."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.errors import HistoryWindowStartsBeforeData
from tests.unit._small import DAYS, NAMES, ingest_minutes, run, seen

D = Decimal
NIGHT = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


def bars(symbol: str, day: int, *rows: tuple[int, str, str, str, str, int]) -> list[tuple[Any, ...]]:
    """Minute bars of a day: minute, open, high, low, close, volume."""
    return [(symbol, NIGHT + day * DAY + minute * MINUTE, *rest) for minute, *rest in rows]


def ingest(*rows: tuple[Any, ...], **more: Any) -> None:
    schema = dict.fromkeys(NAMES, pl.String) | {"timestamp": pl.Datetime("us", "UTC"), "volume": pl.Int64}
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    rustybt.ingest("small", frame, frequency="1m", stamp="end", mode="replace", calendar="24/7", **more)


TWO_DAYS = [
    *bars("A", 0, (1, "10", "12", "9", "11", 100), (3, "11", "11.5", "8", "9.25", 50)),
    *bars("A", 1, (2, "20", "21", "19.5", "20.5", 7), (3, "20", "20", "18", "19", 8), (5, "19", "25", "19", "24", 9)),
    *bars("B", 0, (1, "1", "1", "1", "1", 5)),
    *bars("B", 2, (1, "2", "2", "2", "2", 5)),
]


def window(field: Any, count: int, *, bar: int, asset: Any = "A", day: int = 1, **how: Any) -> Any:
    def look(context: Any, data: Any) -> Any:
        wanted = context.symbol(asset) if isinstance(asset, str) else context.symbols(*asset)
        return data.history(wanted, field, count, "1d", **how)

    return seen(look, bar=bar, start=DAYS[day], end=DAYS[day], data_frequency="minute")


class TestToday:
    def test_it_is_folded_from_the_minutes_up_to_the_moment(self) -> None:
        ingest(*TWO_DAYS)
        expected = {
            "open": [None, 20.0, 20.0, 20.0],
            "high": [None, 21.0, 21.0, 25.0],
            "low": [None, 19.5, 18.0, 18.0],
            "close": [None, 20.5, 19.0, 24.0],
            "volume": [0.0, 7.0, 15.0, 24.0],
        }
        yesterday = {"open": 10.0, "high": 12.0, "low": 8.0, "close": 9.25, "volume": 150.0}
        for field, today in expected.items():
            for bar, value in zip((0, 1, 2, 4), today, strict=True):
                assert window(field, 2, bar=bar).to_list() == [yesterday[field], value], (field, bar)
                assert window(field, 1, bar=bar).to_list() == [value], (field, bar)

    def test_it_grows_on_every_bar_whether_or_not_it_is_asked_for(self) -> None:
        ingest(*TWO_DAYS)

        highs: list[Any] = []
        volumes: list[Any] = []

        def look(context: Any, data: Any) -> None:
            asset = context.symbol("A")
            highs.append(data.history(asset, "high", 1, "1d")[0])
            if context.bar % 2:
                volumes.append(data.history(asset, "volume", 1, "1d")[0])

        run(look, start=DAYS[1], end=DAYS[1], data_frequency="minute")
        assert highs[:6] == [None, 21.0, 21.0, 21.0, 25.0, 25.0]
        assert volumes[:3] == [7.0, 15.0, 24.0]

    def test_its_price_is_the_last_one_before_it_until_it_has_its_own(self) -> None:
        ingest(*TWO_DAYS)
        assert window("price", 2, bar=0).to_list() == [9.25, 9.25]
        assert window("price", 1, bar=0).to_list() == [9.25]
        assert window("price", 1, bar=0, dtype=Decimal).to_list() == [D("9.25")]
        assert window("price", 2, bar=2).to_list() == [9.25, 19.0]

    def test_exact_numbers_and_shapes_are_as_elsewhere(self) -> None:
        ingest(*TWO_DAYS)
        assert window("low", 2, bar=4, dtype=Decimal).to_list() == [D(8), D(18)]
        frame = window("close", 2, bar=4, asset=["B", "A"])
        assert frame.to_dict(as_series=False) == {"B": [1.0, None], "A": [9.25, 24.0]}
        exact = window("close", 2, bar=4, asset=["B", "A"], dtype=Decimal)
        assert exact.to_dict(as_series=False) == {"B": [D(1), None], "A": [D("9.25"), D(24)]}
        several = window(["open", "volume"], 2, bar=4)
        assert several.to_dict(as_series=False) == {"open": [10.0, 20.0], "volume": [150.0, 24.0]}
        both = window(["open", "volume"], 2, bar=4, asset=["A", "B"])
        assert both.rows() == [
            (NIGHT + DAY, "A", 10.0, 150.0), (NIGHT + DAY, "B", 1.0, 5.0),
            (NIGHT + DAY + 5 * MINUTE, "A", 20.0, 24.0), (NIGHT + DAY + 5 * MINUTE, "B", None, 0.0),
        ]  # fmt: skip

    def test_a_window_of_the_strategys_is_its_own_to_change(self) -> None:
        ingest(*TWO_DAYS)

        def look(context: Any, data: Any) -> Any:
            assets = context.symbols("A", "B")
            data.history(assets, "price", 2, "1d")[0, "A"] = 99.0
            return data.history(assets, "price", 2, "1d")["A"].to_list()

        assert seen(look, bar=2, start=DAYS[1], end=DAYS[1], data_frequency="minute") == [9.25, 19.0]


def test_a_window_that_reaches_before_the_data_is_refused() -> None:
    ingest(*TWO_DAYS)
    with pytest.raises(HistoryWindowStartsBeforeData, match="window of 3 bars of '1d' reaches 1 bar before"):
        window("price", 3, bar=0)


def test_before_trading_start_sees_the_sessions_before() -> None:
    ingest(*TWO_DAYS)
    found: list[Any] = []

    def before(context: Any, data: Any) -> None:
        assets = context.symbols("A", "B")
        found.append([data.history(assets[0], "close", 1, "1d").to_list(), data.history(assets, "price", 1, "1d")])

    run(before_trading_start=before, start=DAYS[1], days=3, data_frequency="minute")
    assert [closes for closes, _ in found] == [[9.25], [24.0]]
    assert found[1][1].rows() == [(24.0, 1.0)]


def test_yesterday_is_adjusted_for_what_takes_effect_today() -> None:
    # two for one on day 1
    ingest(
        *TWO_DAYS,
        splits=pl.DataFrame([("A", DAYS[1], "0.5")], schema=["symbol", "ex_date", "ratio"], orient="row"),
    )
    assert window("close", 2, bar=4).to_list() == [4.625, 24.0]
    assert window("price", 1, bar=0).to_list() == [4.625]
    assert window("price", 1, bar=0, dtype=Decimal).to_list() == [D("4.625")]
    assert window("volume", 2, bar=1).to_list() == [300.0, 7.0]


def test_past_sessions_are_the_bundles_daily_bars_where_it_has_them() -> None:
    ingest(*TWO_DAYS, *bars("A", 2, (1, "30", "30", "30", "30", 1)), *bars("A", 3, (1, "40", "40", "40", "40", 1)))
    daily = [("A", DAYS[1], "100", "120", "90", "110", 5)]
    frame = pl.DataFrame(daily, schema=NAMES, orient="row")
    rustybt.ingest("small", frame, mode="append", calendar="24/7")
    # day 0 and 2 lie outside of the daily bars' range: their minutes count
    assert window("close", 4, bar=0, day=3).to_list() == [9.25, 110.0, 30.0, 40.0]
    assert window("volume", 4, bar=0, day=3).to_list() == [150.0, 5.0, 1.0, 1.0]


def test_a_long_window_before_the_run_is_found() -> None:
    days = 9
    rows = [row for day in range(days) for row in bars("A", day, (1, *[str(day + 1)] * 4, 10))]
    ingest(*rows)
    assert window("close", days, bar=0, day=days - 1).to_list() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]


def test_prices_wider_than_64_bits_are_folded_exactly() -> None:
    ingest_minutes({"A": ["100000000000.0000000001", "300000000000.0000000003"]}, NIGHT)

    def look(context: Any, data: Any) -> Any:
        asset = context.symbol("A")
        return [data.history(asset, field, 1, "1d", dtype=Decimal)[0] for field in ("open", "high", "low", "close")]

    low, high = D("100000000000.0000000001"), D("300000000000.0000000003")
    assert seen(look, bar=1, days=1, data_frequency="minute") == [low, high, low, high]
