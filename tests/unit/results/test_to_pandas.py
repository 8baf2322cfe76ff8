"""Zipline's performance frame, against one written by hand."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import pandas as pd
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rustybt.core import decimal_column
from rustybt.results import Result
from rustybt.results._floats import floats

type Make = Callable[..., Result]

ZIPLINE_COLUMNS = """
    period_open period_close returns pnl capital_used portfolio_value starting_cash ending_cash starting_value
    ending_value starting_exposure ending_exposure long_value short_value long_exposure short_exposure longs_count
    shorts_count gross_leverage net_leverage positions orders transactions algorithm_period_return algo_volatility
    sharpe sortino max_drawdown max_leverage trading_days period_label benchmark_period_return
    benchmark_volatility alpha beta excess_return treasury_period_return
"""
CLOSES = [pd.Timestamp(f"2024-01-{day:02} 21:00", tz="UTC") for day in (8, 9, 10)]


def test_the_frame_has_ziplines_columns_and_index(make_result: Make) -> None:
    frame = make_result().to_pandas()
    assert set(frame.columns) == {*ZIPLINE_COLUMNS.split(), "price", "regime", "signal", "turnover"}
    assert list(frame.index) == CLOSES
    assert str(frame.index.tz) == "UTC"
    assert list(frame["period_close"]) == CLOSES
    assert frame["period_open"].iloc[0] == pd.Timestamp("2024-01-08 14:30", tz="UTC")
    for name in ("portfolio_value", "returns", "sharpe", "max_leverage"):
        assert frame[name].dtype == "float64"


def test_numbers_are_floats_and_undefined_ones_are_nan(make_result: Make) -> None:
    frame = make_result().to_pandas()
    assert frame["portfolio_value"].tolist() == [100_000.0, 100_999.9, 95_949.9]
    assert frame["ending_cash"].tolist() == [100_000.0, 50_499.9, 50_499.9]
    assert frame["trading_days"].tolist() == [1, 2, 3]
    assert math.isnan(frame["sharpe"].iloc[0])
    assert math.isnan(frame["algo_volatility"].iloc[0])
    assert frame["max_drawdown"].tolist() == [0.0, 0.0, -5050 / 100_999.9]


def test_positions_and_transactions_are_ziplines_dicts(make_result: Make) -> None:
    frame = make_result().to_pandas()
    assert frame["positions"].iloc[0] == []
    assert frame["positions"].iloc[1] == [{"sid": 0, "amount": 600.5, "cost_basis": 10.125, "last_sale_price": 101.25}]
    assert frame["positions"].iloc[2][0]["amount"] == 1000
    assert isinstance(frame["positions"].iloc[2][0]["amount"], int)
    assert frame["transactions"].iloc[0] == []
    assert frame["transactions"].iloc[2] == [
        {"sid": 0, "amount": 399.5, "dt": CLOSES[2], "price": 90.0, "order_id": "main-1", "commission": None}
    ]


def test_orders_are_shown_as_they_stood_at_each_close(make_result: Make) -> None:
    first, second, third = make_result().to_pandas()["orders"]
    assert [(order["id"], order["filled"], order["status"]) for order in first] == [("main-1", 0, 0)]
    assert [(order["id"], order["filled"], order["status"]) for order in second] == [
        ("main-1", 600.5, 0),
        ("main-2", 0, 0),
    ]
    assert third == [
        {
            "id": "main-1",
            "dt": CLOSES[2],
            "reason": None,
            "created": CLOSES[0],
            "amount": 1000,
            "filled": 1000,
            "commission": 1.1,
            "stop": None,
            "limit": None,
            "stop_reached": False,
            "limit_reached": False,
            "sid": 0,
            "status": 1,
        },
        {
            "id": "main-2",
            "dt": CLOSES[2],
            "reason": "the session ended",
            "created": CLOSES[1],
            "amount": -3,
            "filled": 0,
            "commission": 0.0,
            "stop": 125.0,
            "limit": 123.45,
            "stop_reached": False,
            "limit_reached": False,
            "sid": 7,
            "status": 2,
        },
    ]


def test_recorded_names_start_with_their_first_record(make_result: Make) -> None:
    frame = make_result().to_pandas()
    assert math.isnan(frame["price"].iloc[0])
    assert frame["price"].tolist()[1:] == [101.25, 90.0]
    assert frame["regime"].tolist()[1] == "calm"
    assert frame["signal"].tolist()[1] == 0.1


def test_a_recorded_name_may_hide_a_column_as_in_zipline(make_result: Make) -> None:
    result = make_result()
    recorded = result.recorded.rename({"price": "pnl"})
    assert make_result(recorded=recorded).to_pandas()["pnl"].tolist()[1:] == [101.25, 90.0]


@given(st.lists(st.integers(-(10**38) + 1, 10**38 - 1)), st.integers(0, 30))
def test_each_float_is_the_nearest_one(values: list[int], scale: int) -> None:
    column = decimal_column("x", values, scale)
    assert floats(column) == [float(number) for number in column.to_list()]


def test_pyarrow_is_not_needed(make_result: Make, tmp_path: object) -> None:
    place = make_result().save(f"{tmp_path}/result")
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from rustybt.results import Result\n"
        f"result = Result.load({str(place)!r})\n"
        "assert 'pandas' not in sys.modules and 'matplotlib' not in sys.modules and 'rich' not in sys.modules\n"
        "print(result.to_pandas().shape)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "(3, 41)"


def test_objects_that_were_recorded_pass_through(make_result: Make) -> None:
    result = make_result()
    things = [{"a": 1}, object()]
    recorded = result.recorded.with_columns(pl.Series("thing", things, dtype=pl.Object))
    assert make_result(recorded=recorded).to_pandas()["thing"].tolist() == [None, *things]
