"""Buy and hold of a run's assets, against what a calculation by hand says."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import order, symbol, symbols
from rustybt.errors import ResultError
from tests.unit._small import DAYS, ingest, ingest_minutes, loaded_without_bars, run

PLACES = Decimal("1e-20")


def asks(*names: str) -> Any:
    return {0: lambda context, data: [data.current(asset, "price") for asset in symbols(*names)]}


def test_equal_parts_are_bought_at_the_first_close_and_held():
    # 10,000 in two: 500 units of A at 10, 250 of B at 20
    ingest({"A": [10, 11, 12, 9], "B": [20, 20, 30, 16]})
    held = run(asks("A", "B"), days=4).buy_and_hold
    assert held["session"].to_list() == DAYS[:4]
    assert held["value"].to_list() == [10_000, 10_500, 13_500, 8_500]
    assert held["returns"].to_list()[:2] == [0, Decimal("0.05")]


def test_splits_and_dividends_count_and_a_later_asset_waits_in_cash():
    # A: 500 units at 10; a dividend of 1 on day 3 (500), a two-for-one on day 4 (1000 units), a dividend of 0.5 (500)
    # on day 5. B is not there before day 3: its 5,000 are cash, then 100 units at 50
    ingest(
        {"A": [10, 11, 12, 6, 5], "B": [None, None, 50, 60, 40]},
        splits=[("A", DAYS[3], "0.5")],
        dividends=[("A", DAYS[2], "1", DAYS[4]), ("A", DAYS[4], "0.5", DAYS[4])],
    )
    held = run(asks("A", "B"), days=5).buy_and_hold
    assert held["value"].to_list() == [
        10_000,
        5_500 + 5_000,
        6_000 + 500 + 5_000,
        6_000 + 500 + 6_000,
        5_000 + 500 + 500 + 4_000,
    ]


def test_what_went_ex_on_the_day_of_the_purchase_is_not_had():
    ingest({"A": [10, 10]}, dividends=[("A", DAYS[0], "1", DAYS[1])])
    assert run(asks("A"), days=2).buy_and_hold["value"].to_list() == [10_000, 10_000]


def test_values_are_rounded_once():
    ingest({"A": [3, 7]})
    value = run(asks("A"), days=2).buy_and_hold["value"][1]
    exact = Fraction(10_000, 3) * 7
    assert value == (Decimal(exact.numerator) / exact.denominator).quantize(PLACES)
    assert abs(Fraction(value) - exact) <= Fraction(1, 2 * 10**20)


def test_it_is_what_the_books_say_of_a_run_that_does_so():
    """A run without costs that has all of its capital in the asset returns the same from its fill on."""
    ingest({"A": ["10.5", "8", "12.25", "5"]}, splits=[("A", DAYS[3], "0.5")])
    result = run({0: lambda context, data: order(symbol("A"), 1250)}, days=4)
    held, books = result.buy_and_hold["returns"].to_list(), result.daily["returns"].to_list()
    assert books[2:] == [Decimal("0.53125"), Decimal("-0.183673469387755102")]
    assert [abs(one - other) < Decimal("1e-17") for one, other in zip(held[2:], books[2:], strict=True)] == [True, True]


def test_where_the_bars_are_not_at_hand_it_says_so(tmp_path: Path):
    ingest({"A": [10, 11]})
    result = run(asks("A"), days=2)
    whole = rustybt.Result.load(result.save(tmp_path / "whole"))
    assert whole.buy_and_hold.equals(result.buy_and_hold)
    assert "Buy and hold" in str(whole)
    again = loaded_without_bars(result, tmp_path / "run")
    with pytest.raises(ResultError, match="not at hand"):
        again.buy_and_hold  # noqa: B018
    assert "Buy and hold" not in str(again)
    assert "Buy and hold" in str(result)


def test_a_run_without_an_asset_to_hold_says_so():
    ingest({"A": [10, 11]})
    with pytest.raises(ResultError, match="no asset that could be bought"):
        run(None, days=2).buy_and_hold  # noqa: B018
    assert "Buy and hold" not in str(run(None, days=2))


def test_where_the_data_are_gone_it_says_so_and_the_result_prints():
    ingest({"A": [10, 11]})
    result = run(asks("A"), days=2)
    shutil.rmtree(os.environ["RUSTYBT_ROOT"])
    with pytest.raises(ResultError, match="bars of the run are gone"):
        result.buy_and_hold  # noqa: B018
    assert "Total return" in str(result)
    assert "Buy and hold" not in result._repr_html_()


def test_minutes_weeks_and_data_at_hand():
    """Bought at the first bar's close: of a minute, a week or a day."""
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    ingest_minutes({"A": [10, 20, 30]}, opens)
    minutes = run(asks("A"), days=1, data_frequency="minute").buy_and_hold
    assert minutes.rows() == [(DAYS[0], 30_000, 2)]
    frame = pl.DataFrame({"date": DAYS, "close": [float(price) for price in range(10, 24)], "volume": 1_000})
    frame = frame.with_columns(pl.col("close").alias(name) for name in ("open", "high", "low"))
    days = rustybt.run(asks("A")[0], {"A": frame}, trading_calendar="24/7", progress=False)
    assert days.buy_and_hold["value"][-1] == days.buy_and_hold["value"][0] / 10 * 23
    ingest({"A": [*range(10, 24)]})
    weeks = run(asks("A"), days=14, data_frequency="1w").buy_and_hold
    # two weeks from Monday to Sunday, 1 to 7 and 8 to 14 February
    assert weeks["value"].to_list() == [10_000, Decimal(10_000) / 16 * 23]
