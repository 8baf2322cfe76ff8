"""`data.current` and its neighbours: values, shapes, and what there is where there is nothing."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import math
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from rustybt._kernels import PYTHON
from rustybt.errors import InputError, NoData
from rustybt.view import BarData, _price_cache
from tests.unit._small import DAYS, ingest, run, seen

D = Decimal
BARS = {
    # open, high, low, close, volume
    "A": [
        ("10.00", "11.50", "9.25", "10.75", 500),
        None,
        ("11.00", "12.00", "10.00", "11.25", 0),
        ("12", 13, 11, 12, 7),
    ],
    "B": [None, "0.5", "0.625", None],
    "Z": ["1"] * 5,
}


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest(BARS)


def one(field: str, bar: int, symbol: str = "A", **how: Any) -> Any:
    numbers = how.pop("numbers", "decimal")
    return seen(lambda c, d: d.current(c.symbol(symbol), field, **how), bar=bar, numbers=numbers)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        # price is the last close; the others are of the bar alone
        ("price", [D("10.75"), D("10.75"), D("11.25"), D("12.00")]),
        ("close", [D("10.75"), None, D("11.25"), D("12.00")]),
        ("open", [D("10.00"), None, D("11.00"), D("12.00")]),
        ("high", [D("11.50"), None, D("12.00"), D("13.00")]),
        ("low", [D("9.25"), None, D("10.00"), D("11.00")]),
        ("volume", [D(500), D(0), D(0), D(7)]),
    ],
)
def test_each_field_bar_by_bar(field: str, values: list[Any]) -> None:
    assert [one(field, bar) for bar in range(4)] == values
    floats = [one(field, bar, numbers="float") for bar in range(4)]
    for got, expected in zip(floats, values, strict=True):
        assert (expected is None and math.isnan(got)) or got == float(expected)
        assert not isinstance(got, Decimal)


def test_before_its_first_bar_and_after_its_last_an_asset_has_no_price() -> None:
    assert [one("price", bar, "B") for bar in range(4)] == [None, D("0.500"), D("0.625"), None]
    assert [one("volume", bar, "B") for bar in range(4)] == [D(0), D(1_000_000), D(1_000_000), D(0)]


def test_prices_asked_with_every_bar_are_those_of_the_bar_one_by_one_and_in_a_list() -> None:
    one_by_one: list[list[Any]] = []
    together: list[list[Any]] = []

    def look(context: Any, data: Any) -> None:
        assets = context.symbols("A", "B", "Z")
        for _ in range(2):
            one_by_one.append([data.current(asset, "price", default="none") for asset in assets])
            together.append(list(data.current(assets, "price", default="none").values()))
            assert data.current(assets[::2], "price") == dict(zip(assets[::2], one_by_one[-1][::2], strict=True))

    # B starts with the second bar and ends with the third, within the run
    run(look, days=4)
    a, b = [D("10.75"), D("10.75"), D("11.25"), D("12.00")], ["none", D("0.500"), D("0.625"), "none"]
    expected = [[*both, D(1)] for both in zip(a, b, strict=True) for _ in range(2)]
    assert one_by_one == together == expected


def test_an_interrupt_while_a_price_is_made_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ingest({"I": ["1", "2", "3", "4", "5"]})
    make, prices = _price_cache.Numbers.__missing__, []

    def interrupted(numbers: Any, price: int) -> Any:
        if len(prices) == 2:
            raise KeyboardInterrupt
        return make(numbers, price)

    monkeypatch.setattr(_price_cache.Numbers, "__missing__", interrupted)

    def ask(context: Any, data: Any) -> None:
        prices.append(data.current(context.symbol("I"), "price"))

    with pytest.raises(KeyboardInterrupt):
        run(dict.fromkeys(range(5), ask), initialize=lambda context: None)
    assert prices == [D(1), D(2)]


def test_last_traded_is_the_stamp_of_the_last_bar_with_volume() -> None:
    # of a daily bar that is its session's midnight, as in Zipline
    first, fourth = dt.datetime(2021, 2, 1, tzinfo=dt.UTC), dt.datetime(2021, 2, 4, tzinfo=dt.UTC)
    assert [one("last_traded", bar) for bar in range(4)] == [first, first, first, fourth]
    assert one("last_traded", 0, "B") is None
    assert one("last_traded", 0, "B", default="never") == "never"


def test_a_default_stands_where_there_is_nothing() -> None:
    assert one("close", 1, default=D(7)) == D(7)
    assert one("close", 0, default=D(7)) == D("10.75")
    assert one("close", 1, default=None, numbers="float") is None


def test_the_kind_of_number_can_be_asked_for() -> None:
    assert repr(one("price", 0, dtype=float)) == "10.75"
    assert one("price", 0, dtype=Decimal, numbers="float") == D("10.75")
    assert math.isnan(one("close", 1, dtype=float))
    assert one("close", 1, dtype=Decimal, numbers="float") is None
    with pytest.raises(TypeError, match="float or Decimal"):
        one("price", 0, dtype=int)


def test_called_of_the_class_without_an_object_it_says_so_however_often() -> None:
    def look(context: Any, data: Any) -> int:
        said = 0
        for _ in range(100):
            with pytest.raises(TypeError, match="current"):
                type(data).current()  # type: ignore[call-arg]
            said += 1
        return said

    assert seen(look, bar=1) == 100


def test_several_assets_or_fields_give_a_dict_and_both_a_frame() -> None:
    def look(context: Any, data: Any) -> Any:
        a, b = assets = context.symbols("A", "B")
        return (
            a,
            b,
            data.current(assets, "price"),
            data.current(a, ["open", "volume"]),
            data.current(assets, ["price", "close", "volume", "last_traded"]),
        )

    a, b, by_asset, by_field, frame = seen(look, bar=1)
    assert by_asset == {a: D("10.75"), b: D("0.500")}
    assert by_field == {"open": None, "volume": D(0)}
    assert frame.columns == ["symbol", "price", "close", "volume", "last_traded"]
    assert frame.rows()[0][:4] == ("A", D("10.75"), None, D(0))
    assert frame.rows()[1][:4] == ("B", D("0.5"), D("0.5"), D(1_000_000))
    assert isinstance(frame.schema["price"], pl.Decimal)
    assert frame["last_traded"].to_list()[1] == dt.datetime(2021, 2, 2, tzinfo=dt.UTC)


def test_a_frame_takes_a_kind_of_number_and_a_default() -> None:
    def look(context: Any, data: Any) -> Any:
        return data.current(context.symbols("A", "B"), ["close"], dtype=float, default=-1)

    frame = seen(look, bar=1)
    assert frame.schema["close"] == pl.Float64
    assert frame["close"].to_list() == [-1.0, 0.5]


def test_what_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(NoData, match="'bid'"):
        one("bid", 0)
    for assets, fields in (("A", "price"), (5, "price")):
        with pytest.raises(InputError, match="assets"):
            seen(lambda c, d, a=assets, f=fields: d.current(a, f))
    with pytest.raises(InputError, match="not an asset"):
        seen(lambda c, d: d.current(["A"], "price"))


def test_can_trade_asks_for_life_and_a_price() -> None:
    def look(context: Any, data: Any) -> Any:
        return list(data.can_trade(context.symbols("A", "B")).values())

    assert [seen(look, bar=bar, days=5) for bar in range(5)] == [
        [True, False],
        [True, True],  # A has no bar, but lives and has a price
        [True, True],
        [True, False],
        [False, False],
    ]


def test_an_asset_that_was_closed_out_can_not_be_traded() -> None:
    ingest({"A": ["1"] * 5}, assets=pl.DataFrame({"symbol": ["A"], "auto_close_date": [DAYS[2]]}))
    assert [seen(lambda c, d: d.can_trade(c.symbol("A")), bar=bar) for bar in (2, 3)] == [True, False]
    # and where it was asked before
    found: list[bool] = []
    run(lambda context, data: found.append(data.can_trade(context.symbol("A"))))
    assert found == [True, True, True, False, False]


def test_stale_is_what_lives_and_traded_before_but_not_now() -> None:
    def look(context: Any, data: Any) -> Any:
        return list(data.is_stale(context.symbols("A", "B")).values())

    assert [seen(look, bar=bar, days=5) for bar in range(5)] == [
        [False, False],
        [True, False],
        [True, False],  # a bar without volume is no trade
        [False, False],
        [False, False],
    ]


def test_the_moment_of_a_daily_bar_is_the_close() -> None:
    found = seen(lambda c, d: (d.current_dt, d.current_session, c.get_datetime("America/New_York").hour), bar=0)
    assert found == (dt.datetime(2021, 2, 2, tzinfo=dt.UTC), dt.date(2021, 2, 1), 19)


def test_before_the_session_prices_are_those_of_the_one_before_restated() -> None:
    ingest({"A": ["10", "12", "6", "6"]}, splits=[("A", DAYS[2], "1/2")], dividends=[("A", DAYS[3], "1.5", None)])
    found = []

    def before(context: Any, data: Any) -> None:
        a = context.symbol("A")
        found.append((data.current(a, "price"), data.current(a, "volume"), data.history(a, "price", 1, "1d").to_list()))

    seen(lambda c, d: None, before_trading_start=before, start=DAYS[1], days=4)
    # 12 x 1/2; twice the units traded; then 6 less 1.5 a unit
    assert found == [
        (D(10), D(1_000_000), [10.0]),
        (D(6), D(2_000_000), [6.0]),
        (D("4.5"), D(1_000_000), [4.5]),
    ]


def test_before_the_first_session_there_is_no_price() -> None:
    found = []
    seen(
        lambda c, d: None,
        before_trading_start=lambda c, d: found.append(d.current(c.symbols("A"), ["price", "volume"]).rows()),
        days=1,
    )
    assert found == [[("A", None, D(0))]]


def test_before_the_session_after_an_assets_end_its_last_price_is_still_seen() -> None:
    ingest({"A": ["10", "10", "10", "10"], "B": ["5", "6"]})
    before, within = [], []
    run(
        lambda c, d: within.append(d.current(c.symbol("B"), "price")),
        before_trading_start=lambda c, d: before.append(d.current(c.symbol("B"), "price")),
        start=DAYS[1],
        days=4,
    )
    assert (before, within) == ([D(5), D(6), None], [D(6), None, None])


def test_current_tells_what_it_takes_and_takes_it_by_name() -> None:
    described = inspect.signature(BarData.current)
    assert list(described.parameters) == ["self", "assets", "fields", "dtype", "default"]
    assert inspect.getdoc(BarData.current).startswith("The last value of a field.\n\nassets: an Asset or a list")  # type: ignore[union-attr]

    def ask(context: Any, data: Any) -> Any:
        a = context.symbol("A")
        assert list(inspect.signature(data.current).parameters) == ["assets", "fields", "dtype", "default"]
        by_name = (
            data.current(fields="price", assets=a),
            data.current(a, fields="price"),
            data.current(a, fields="close"),
        )
        with pytest.raises(TypeError, match=r"^BarData.current\(\) missing 1 required positional argument: 'fields'$"):
            data.current(a)
        with pytest.raises(TypeError, match=r"^BarData.current\(\) got an unexpected keyword argument 'field'$"):
            data.current(a, "price", field="price")
        return *by_name, data.current(a, "close"), data.current(a, "close", float), copy.copy(data).current(a, "price")

    assert seen(ask, bar=2) == (*[D("11.25")] * 4, 11.25, D("11.25"))


def test_a_field_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'close' was asked for twice"):
        seen(lambda c, d: d.current([c.symbol("A")], ["close", "close"]), bar=0)


def test_a_subclass_can_answer_itself() -> None:
    class Doubled(BarData):
        __slots__ = ()

        def current(self, assets: Any, fields: Any, dtype: Any = None, default: Any = None) -> Any:
            return 2 * super().current(assets, fields)

    def ask(context: Any, data: Any) -> Any:
        doubled = Doubled(data._market, kernel=PYTHON)
        return [doubled.current(context.symbol("A"), "price") for _ in range(3)]

    assert seen(ask, bar=2) == [D("22.50")] * 3
