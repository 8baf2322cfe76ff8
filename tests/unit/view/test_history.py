"""`data.history`: shapes, kinds of numbers, gaps, and what is adjusted as of the moment."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from rustybt.errors import HistoryWindowStartsBeforeData, InputError, NoData
from tests.unit._small import DAYS, ingest, ingest_minutes, seen

D = Decimal
NIGHT = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


def history(assets: list[str] | str, fields: Any, count: int, *, bar: int = 4, **how: Any) -> Any:
    def look(context: Any, data: Any) -> Any:
        wanted = context.symbol(assets) if isinstance(assets, str) else context.symbols(*assets)
        return data.history(wanted, fields, count, "1d", **how)

    return seen(look, bar=bar, days=6)


@pytest.fixture
def plain() -> None:
    ingest({"A": ["1.5", "2", "3", None, "5", "6"], "B": ["10", "20", None, "40", "50", "60"]})


@pytest.mark.usefixtures("plain")
class TestShapes:
    def test_one_asset_and_field_is_a_series_oldest_first(self) -> None:
        series = history("A", "price", 3)
        assert isinstance(series, pl.Series)
        assert (series.name, series.dtype, series.to_list()) == ("price", pl.Float64, [3.0, 3.0, 5.0])

    def test_several_assets_are_a_column_each(self) -> None:
        frame = history(["B", "A"], "close", 3)
        assert frame.to_dict(as_series=False) == {"B": [None, 40.0, 50.0], "A": [3.0, None, 5.0]}

    def test_several_fields_are_a_column_each(self) -> None:
        frame = history("A", ["close", "volume"], 2)
        assert frame.to_dict(as_series=False) == {"close": [None, 5.0], "volume": [0.0, 1_000_000.0]}

    def test_several_of_both_are_long(self) -> None:
        frame = history(["A", "B"], ["close", "open"], 2)
        assert frame.columns == ["timestamp", "symbol", "close", "open"]
        assert [row[1:] for row in frame.rows()] == [
            ("A", None, None), ("B", 40.0, 40.0), ("A", 5.0, 5.0), ("B", 50.0, 50.0),
        ]  # fmt: skip

    @pytest.mark.parametrize(("assets", "fields"), [("A", "price"), (["A", "B"], "price"), ("A", ["price", "open"])])
    def test_timestamps_are_a_first_column_of_when_each_bar_was_over(self, assets: Any, fields: Any) -> None:
        frame = history(assets, fields, 2, timestamps=True)
        assert frame.columns[0] == "timestamp"
        assert frame["timestamp"].dtype == pl.Datetime("ns", "UTC")
        assert frame["timestamp"].to_list() == [NIGHT + dt.timedelta(days=4), NIGHT + dt.timedelta(days=5)]

    def test_exact_numbers_can_be_asked_for(self) -> None:
        series = history("A", "price", 5, dtype=Decimal)
        assert isinstance(series.dtype, pl.Decimal)
        assert series.to_list() == [D("1.5"), D(2), D(3), D(3), D(5)]
        frame = history(["A", "B"], ["close", "volume"], 2, dtype=Decimal)
        assert [row[1:] for row in frame.rows()] == [
            ("A", None, D(0)), ("B", D(40), D(10**6)), ("A", D(5), D(10**6)), ("B", D(50), D(10**6)),
        ]  # fmt: skip

    def test_a_window_ends_with_the_current_bar(self) -> None:
        assert [history("A", "price", 1, bar=bar).to_list() for bar in range(3)] == [[1.5], [2.0], [3.0]]

    def test_a_window_that_reaches_before_the_data_is_refused(self) -> None:
        with pytest.raises(HistoryWindowStartsBeforeData, match="2 bars of '1d' reaches 1 bar before"):
            history("A", "price", 2, bar=0)

    @pytest.mark.parametrize("bars", [2, 4])
    def test_the_message_names_the_first_day_on_which_the_run_can_start(self, bars: int) -> None:
        def look(context: Any, data: Any) -> Any:
            return data.history(context.symbol("A"), "price", bars, "1d")

        day = DAYS[bars - 1]
        with pytest.raises(HistoryWindowStartsBeforeData, match=f"later: start='{day}'"):
            seen(look, bar=0, days=6)
        assert len(seen(look, bar=0, days=6, start=day)) == bars
        with pytest.raises(HistoryWindowStartsBeforeData, match=r"start the run 95 bars later\."):
            history("A", "price", 96, bar=0)

    @pytest.mark.parametrize("count", [0, -1, 1.5, True, "3"])
    def test_a_window_has_one_bar_or_more(self, count: Any) -> None:
        with pytest.raises(InputError, match="bar_count"):
            history("A", "price", count)

    def test_what_does_not_exist_is_refused_by_name(self) -> None:
        with pytest.raises(NoData, match="'bid'"):
            history("A", "bid", 1)
        with pytest.raises(NoData, match="data_frequency='minute'"):
            seen(lambda c, d: d.history(c.symbol("A"), "price", 1, "1m"))
        with pytest.raises(NoData, match="'daily': this run has '1d'"):
            seen(lambda c, d: d.history(c.symbol("A"), "price", 1, "daily"))
        with pytest.raises(TypeError, match="float or Decimal"):
            history("A", "price", 1, dtype=int)
        with pytest.raises(InputError, match="assets"):
            seen(lambda c, d: d.history("A", "price", 1, "1d"))


@pytest.mark.usefixtures("plain")
class TestArrays:
    @pytest.mark.parametrize(
        ("assets", "fields"),
        [("A", "close"), (["B", "A"], "close"), (["A", "B"], "volume"), ("A", ["close", "volume"])],
    )
    def test_an_array_holds_what_the_frame_does_with_nan_for_none(self, assets: Any, fields: Any) -> None:
        array = history(assets, fields, 4, output="numpy")
        frame = history(assets, fields, 4)
        assert array.dtype == np.float64
        assert array.shape == (frame.shape if isinstance(frame, pl.DataFrame) else (4,))
        np.testing.assert_array_equal(array, frame.to_numpy())

    @pytest.mark.parametrize("assets", ["A", ["A", "B"]])
    def test_an_array_is_the_strategys_own_and_leads_to_nothing_later(self, assets: Any) -> None:
        def look(context: Any, data: Any) -> Any:
            wanted = context.symbol(assets) if isinstance(assets, str) else context.symbols(*assets)
            sizes = set()
            for _ in range(3):
                window = data.history(wanted, "price", 2, "1d", output="numpy")
                sizes |= {window.size, getattr(window.base, "size", window.size)}
                window[:] = -1.0
            return sizes, data.history(wanted, "price", 2, "1d", output="numpy").min()

        sizes, lowest = seen(look, bar=2, days=6)
        assert len(sizes) == 1
        assert lowest > 0

    def test_a_list_that_the_strategy_has_changed_since_is_another_question(self) -> None:
        def look(context: Any, data: Any) -> Any:
            wanted = context.symbols("A", "B")
            shapes = []
            for _ in range(2):
                shapes.append(data.history(wanted, "price", 2, "1d", output="numpy").shape)
                shapes.append(data.history(wanted, "price", 2, "1d").shape)
                wanted.pop()
            with pytest.raises(InputError, match="twice"):
                data.history(context.symbols("A", "A"), "price", 2, "1d", output="numpy")
            return shapes

        assert seen(look, bar=2, days=6) == [(2, 2), (2, 2), (2, 1), (2, 1)]

    def test_what_an_array_cannot_hold_is_refused(self) -> None:
        for wrong in ({"timestamps": True}, {"dtype": D}, {"output": "arrow"}):
            with pytest.raises(InputError, match=r"choose 'polars'; or, .* 'numpy'"):
                history(["A", "B"], "price", 2, **{"output": "numpy", **wrong})
        with pytest.raises(InputError, match="choose 'polars'; or,"):
            history(["A", "B"], ["price", "open"], 2, output="numpy")


def test_an_array_is_adjusted_as_the_frame_is() -> None:
    prices = {"A": ["10", "20", "30", "20", "25", "30"], "B": ["1", "2", "3", "4", "5", "6"]}
    ingest(prices, splits=[("A", DAYS[3], "1/2")])
    for bar in (2, 3, 5):
        array = history(["A", "B"], "close", 3, bar=bar, output="numpy")
        np.testing.assert_array_equal(array, history(["A", "B"], "close", 3, bar=bar).to_numpy())
    assert history(["A", "B"], "close", 3, bar=4, output="numpy")[:, 0].tolist() == [15.0, 20.0, 25.0]


@pytest.mark.parametrize("field", ["price", "close", "open", "volume"])
def test_an_array_of_many_assets_holds_what_their_own_windows_do(field: str) -> None:
    """More than are laid out at a time; some begin late, end early, have holes, other decimals or too many digits."""
    prices: dict[str, list[Any]] = {f"S{n:02d}": [f"{n + 1}.{day}" for day in range(6)] for n in range(40)}
    prices["S03"][0:2] = [None, None]
    prices["S20"][3] = None
    prices["S21"][4:] = [None, None]
    prices["S22"] = ["12345678901234567.1234"] * 6
    prices["S35"] = [f"0.{n}000001" for n in range(1, 7)]
    ingest(prices, splits=[("S36", DAYS[3], "1/2")])
    names = list(prices)
    for bar in (2, 4):
        array = history(names, field, 3, bar=bar, output="numpy")
        assert array.shape == (3, 40)
        assert array.flags.c_contiguous
        for place, name in enumerate(names):
            np.testing.assert_array_equal(array[:, place], history(name, field, 3, bar=bar).to_numpy(), err_msg=name)
    assert history(names, "price", 2, bar=4, output="numpy")[:, 39].tolist() == [40.3, 40.4]


def test_a_window_of_the_strategys_is_its_own_to_change() -> None:
    ingest({"A": ["1", "2", "3", "4", "5", "6"]})

    def look(context: Any, data: Any) -> Any:
        window = data.history(context.symbol("A"), "price", 1, "1d")
        window[0] = 99.0
        return data.history(context.symbol("A"), "price", 1, "1d").to_list()

    assert seen(look, bar=3) == [4.0]


def test_prices_are_adjusted_as_of_the_moment_and_not_before() -> None:
    # 3/1 backwards on day 3; a dividend of 3 on day 5, when the last close was 60: a factor of 57/60 = 0.95
    ingest(
        {"A": ["10", "20", "60", "60", "57", "57"]},
        splits=[("A", DAYS[2], "3")],
        dividends=[("A", DAYS[4], "3", None)],
    )
    assert history("A", "price", 2, bar=1).to_list() == [10.0, 20.0]
    assert history("A", "price", 3, bar=2).to_list() == [30.0, 60.0, 60.0]
    assert history("A", "price", 4, bar=3).to_list() == [30.0, 60.0, 60.0, 60.0]
    exact = history("A", "close", 5, bar=4, dtype=Decimal)
    # 10 x 3 x 0.95 and so on
    assert exact.to_list() == [D("28.5"), D(57), D(57), D(57), D(57)]
    assert history("A", "open", 2, bar=4).to_list() == [57.0, 57.0]
    # a split alone changes how many units an earlier volume was
    assert history("A", "volume", 3, bar=2, dtype=Decimal).to_list() == [
        D(1_000_000) / 3 // D("1e-10") * D("1e-10"),
        D("333333.3333333333"),
        D(1_000_000),
    ]


def test_an_adjusted_price_is_rounded_once_half_even_at_ten_decimals_more() -> None:
    # 10.01 x 5/7 = 7.15; 10.00 x 5/7 = 7.142857142857142857...
    ingest({"A": ["10.01", "10.00", "7.14"]}, splits=[("A", DAYS[2], "5/7")])
    assert history("A", "close", 3, bar=2, dtype=Decimal).to_list() == [D("7.15"), D("7.142857142857"), D("7.14")]


def test_a_price_carried_over_a_split_is_restated() -> None:
    ingest({"A": ["10", None, None, "6"], "Z": ["1"] * 6}, splits=[("A", DAYS[2], "1/2")])
    assert history("A", "price", 4, bar=3).to_list() == [5.0, 5.0, 5.0, 6.0]
    assert history("A", "price", 3, bar=2, dtype=Decimal).to_list() == [D(5), D(5), D(5)]
    assert seen(lambda c, d: d.current(c.symbol("A"), "price"), bar=2) == D(5)
    assert history("A", "price", 2, bar=1).to_list() == [10.0, 10.0]


def test_an_asset_of_the_future_and_one_of_the_past_have_no_prices() -> None:
    ingest({"A": [None, None, "3", "4", None, None], "Z": ["1"] * 6})
    assert history("A", "price", 2, bar=1).to_list() == [None, None]
    assert history("A", "price", 4, bar=3).to_list() == [None, None, 3.0, 4.0]
    assert history("A", "price", 2, bar=5).to_list() == [None, None]
    assert history("A", "price", 2, bar=5, dtype=Decimal).to_list() == [None, None]


def test_minutes_before_the_run_are_loaded_when_a_window_reaches_back() -> None:
    night = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    # eight days, a bar in each first minute, and all of the first hour of the last
    prices: list[Any] = [None] * (8 * 24 * 60)
    for day in range(8):
        prices[day * 1440] = 10 + day
    for minute in range(60):
        prices[7 * 1440 + minute] = 17 + minute
    ingest_minutes({"A": prices}, night)

    def look(context: Any, data: Any) -> Any:
        return data.history(context.symbol("A"), "price", 7 * 1440 + 3, "1m", timestamps=True)

    window = seen(look, bar=2, start=DAYS[7], end=DAYS[7], data_frequency="minute")
    assert window.height == 7 * 1440 + 3
    assert window.row(0) == (night + dt.timedelta(minutes=1), 10.0)
    assert window["price"].to_list()[-4:] == [16.0, 17.0, 18.0, 19.0]
    assert window["timestamp"].to_list()[-1] == night + dt.timedelta(days=7, minutes=3)


def test_reaching_back_does_not_change_what_else_can_be_read() -> None:
    prices: list[Any] = [None] * (8 * 1440)
    for day in range(8):
        prices[day * 1440] = 10 + day
    ingest_minutes({"A": prices}, NIGHT)

    def look(context: Any, data: Any) -> Any:
        asset = context.symbol("A")
        data.history(asset, "price", 7 * 1440 + 3, "1m")
        return data.current(asset, "last_traded"), data.current(asset, "price"), data.is_stale(asset)

    found = seen(look, bar=2, start=DAYS[7], end=DAYS[7], data_frequency="minute")
    assert found == (NIGHT + dt.timedelta(days=7, minutes=1), D(17), True)


def test_a_last_price_from_long_before_a_run_of_minutes_is_found() -> None:
    night = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    # A trades in the first minute and in the last; B on the last day. The run loads a few days before it at first.
    quiet: list[Any] = [None] * (9 * 1440)
    quiet[0], quiet[-1] = 10, 20
    busy: list[Any] = [None] * (8 * 1440) + [5] * 1440
    busy[0] = 4
    ingest_minutes({"A": quiet, "B": busy}, night)

    def look(context: Any, data: Any) -> Any:
        a = context.symbol("A")
        return data.current(a, "price"), data.is_stale(a), data.history(a, "price", 2, "1m").to_list()

    assert seen(look, bar=0, start=DAYS[8], end=DAYS[8], data_frequency="minute") == (D(10), True, [10.0, 10.0])
