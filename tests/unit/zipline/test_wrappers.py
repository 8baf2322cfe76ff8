"""What a Zipline script is given: pandas objects and floats, by arity. Expected: what zipline-reloaded gives."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pytest

from rustybt import zipline
from rustybt.core import ContinuousFuture as ContinuousFutureOfRun
from rustybt.errors import InputError, MissingExtra, NoActiveRun, NotYetAvailable, RustyBTError
from rustybt.zipline.api import (
    batch_market_order,
    cancel_order,
    get_open_orders,
    get_order,
    order,
    schedule_function,
    symbol,
)
from rustybt.zipline.assets import ContinuousFuture
from rustybt.zipline.errors import ScheduleFunctionInvalidCalendar
from tests.unit._small import DAYS, ingest


def seen(look: Callable[[Any, Any], Any], *, day: int = 3, **options: Any) -> Any:
    """What `look(context, data)` returns at the bar of a day."""
    found: list[Any] = []

    def initialize(context: Any) -> None:
        context.bar = 0
        context.assets = [symbol("A"), symbol("B")]

    def handle_data(context: Any, data: Any) -> None:
        if context.bar == 0:
            order(context.assets[0], 10)
        if context.bar == day:
            found.append(look(context, data))
        context.bar += 1

    zipline.run_algorithm(DAYS[0], DAYS[4], initialize, 10_000, handle_data, bundle="small", **options)
    return found[0]


@pytest.fixture(autouse=True)
def small() -> None:
    ingest({"A": ["10", "10.5", "11", "11.5", "12"], "B": ["20", "21", None, "23", "24"]}, volume=1_000)


def test_a_price_is_a_float_and_a_volume_an_int() -> None:
    value = seen(lambda context, data: [data.current(context.assets[0], f) for f in ("price", "close", "volume")])
    assert value == [11.5, 11.5, 1_000]
    assert [type(one) for one in value] == [float, float, int]


def test_several_assets_give_a_series_by_asset() -> None:
    value = seen(lambda context, data: data.current(context.assets, "open"), day=2)
    assert value.name == "open"
    assert [asset.symbol for asset in value.index] == ["A", "B"]
    assert value.iloc[0] == 11.0
    assert pd.isna(value.iloc[1])


def test_several_fields_give_a_series_by_field() -> None:
    value = seen(lambda context, data: data.current(context.assets[0], ["price", "volume"]))
    pd.testing.assert_series_equal(value, pd.Series([11.5, 1_000.0], index=["price", "volume"], name="A"))


def test_several_of_both_give_a_frame_with_a_row_per_asset() -> None:
    value = seen(lambda context, data: data.current(context.assets, ["price", "volume"]), day=2)
    assert value["price"].tolist() == [11.0, 21.0]
    assert value["volume"].tolist() == [1_000, 0]
    assert [asset.sid for asset in value.index] == [0, 1]


def test_a_window_of_one_asset_is_a_series_by_session() -> None:
    value = seen(lambda context, data: data.history(context.assets[0], "close", 3, "1d"))
    assert value.tolist() == [10.5, 11.0, 11.5]
    assert list(value.index) == [pd.Timestamp(day) for day in DAYS[1:4]]
    assert value.index.tz is None
    value.iloc[0] = 0.0  # it is the script's own


def test_a_window_of_several_assets_has_a_column_for_each() -> None:
    value = seen(lambda context, data: data.history(context.assets, "price", 2, "1d"))
    assert [asset.symbol for asset in value.columns] == ["A", "B"]
    assert value.to_numpy().tolist() == [[11.0, 21.0], [11.5, 23.0]]


def test_a_window_of_several_fields_has_rows_by_time_and_asset() -> None:
    value = seen(lambda context, data: data.history(context.assets, ["volume", "price"], 2, "1d"))
    assert value.index.names == ["date", None]
    assert list(value.columns) == ["volume", "price"]
    assert [(day.date(), asset.symbol) for day, asset in value.index] == [
        (day, name) for day in DAYS[2:4] for name in ("A", "B")
    ]
    assert value["volume"].tolist() == [1_000.0, 0.0, 1_000.0, 1_000.0]


def test_the_moment_is_a_timestamp() -> None:
    value = seen(lambda context, data: (context.get_datetime(), data.current_dt, data.current_session))
    assert value == (pd.Timestamp("2021-02-05", tz="UTC"),) * 2 + (pd.Timestamp("2021-02-04"),)
    assert {type(one) for one in value} == {pd.Timestamp}


def test_an_asset_has_zipline_s_attributes() -> None:
    asset = seen(lambda context, data: context.assets[0])
    assert repr(asset) == "Equity(0 [A])"
    assert (asset.start_date, asset.end_date) == (pd.Timestamp(DAYS[0]), pd.Timestamp(DAYS[4]))
    assert asset.to_dict()["tick_size"] == 0.01
    assert (asset == 0, int(asset), asset < 5, hash(asset)) == (True, 0, True, 0)
    with pytest.raises(AttributeError, match="can't be changed"):
        asset.note = 1


def test_a_position_is_the_one_of_whenever_it_is_asked() -> None:
    def look(context: Any, data: Any) -> Any:
        held = context.portfolio.positions
        position = held[context.assets[0]]
        assert context.assets[1] not in held
        assert held[context.assets[1]].amount == 0
        assert list(held) == [context.assets[0]]
        return type(position.amount), position.amount, position.last_sale_price, position.last_sale_date

    assert seen(look) == (int, 10, 11.5, pd.Timestamp("2021-02-05", tz="UTC"))


def test_positions_are_asked_for_with_assets() -> None:
    with pytest.raises(ValueError, match=r"ask with an asset, not with str"):
        seen(lambda context, data: context.portfolio.positions["A"])


def test_an_open_order_has_zipline_s_fields() -> None:
    def look(context: Any, data: Any) -> Any:
        made = order(context.assets[0], 5, limit_price=1.0)
        [found] = zipline.api.get_open_orders(context.assets[0])
        assert zipline.api.get_order(made) == found
        zipline.api.cancel_order(found)
        return found, zipline.api.get_order(made)

    before, after = seen(look)
    assert list(before.keys())[:5] == ["id", "dt", "reason", "created", "amount"]
    assert (before.amount, before.filled, before.limit, before.stop, int(before.status)) == (5, 0, 1.0, None, 0)
    assert (before.sid.symbol, before.reason) == ("A", None)
    assert int(after.status) == 2


def test_an_order_that_is_read_late_copied_or_pickled_is_as_it_was_when_it_was_asked_for() -> None:
    def look(context: Any, data: Any) -> Any:
        made = order(context.assets[0], 5, limit_price=1.0)
        late, early, copied, changed = (get_order(made) for _ in range(4))
        values = dict(vars(early))
        copies = copy.copy(copied), pickle.loads(pickle.dumps(copied))
        changed.limit = 2.5
        cancel_order(made)
        return values, [dict(vars(one)) for one in (early, late, copied, *copies)], changed, get_order(made)

    values, others, changed, after = seen(look)
    assert all(other == values and list(other) == list(values) for other in others)
    assert list(values) == list(changed.keys()) == list(after.to_series().index)
    assert (values["status"], values["limit"], values["commission"]) == (0, 1.0, 0)
    assert {name: (values[name], got) for name, got in vars(changed).items() if got != values[name]} == {
        "limit": (1.0, 2.5)
    }
    assert (int(after.status), "limit" in after, "price" in after, hasattr(after, "price")) == (2, True, False, False)


def test_the_frame_has_the_assets_of_the_script() -> None:
    def initialize(context: Any) -> None:
        context.asset = symbol("A")

    def handle_data(context: Any, data: Any) -> None:
        order(context.asset, 1)

    def analyze(context: Any, perf: Any) -> None:
        context.kept.append(perf)
        assert symbol("A") == context.asset  # the functions work there too

    kept: list[Any] = []
    perf = zipline.run_algorithm(
        DAYS[0],
        DAYS[2],
        lambda context: (setattr(context, "kept", kept), initialize(context)),
        10_000,
        handle_data,
        analyze=analyze,
        bundle="small",
    )
    assert kept[0] is perf
    assert [p["sid"].symbol for p in perf["positions"].iloc[1]] == ["A"]
    assert perf["transactions"].iloc[1][0]["sid"] == perf["orders"].iloc[0][0]["sid"]


def test_a_batch_gives_a_list_of_ids_and_takes_whole_units_alone() -> None:
    def look(context: Any, data: Any) -> list[Any]:
        first, second = context.assets
        ids = batch_market_order(pd.Series({first: 7, second: 0}))
        for wrong in (pd.Series({first: 1.5}), [1, 2]):
            with pytest.raises(InputError, match="batch_market_order"):
                batch_market_order(wrong)
        return ids

    found = seen(look)
    assert (type(found), len(found)) == (list, 1)


def test_cancelling_what_there_is_not_is_passed_over() -> None:
    def look(context: Any, data: Any) -> list[Any]:
        placed = order(context.assets[0], 5)
        for nothing in (None, order(context.assets[0], 0), "gone", placed, placed):
            cancel_order(nothing)
        return [get_order(placed).status, get_open_orders()]

    assert seen(look) == [2, {}]


def test_portfolio_and_account_print_what_they_hold() -> None:
    portfolio, account = seen(lambda context, data: [repr(context.portfolio), repr(context.account)], day=0)
    assert portfolio == (
        "Portfolio({'cash_flow': 0.0, 'starting_cash': 10000.0, 'portfolio_value': 10000.0, 'pnl': 0.0, "
        "'returns': 0.0, 'cash': 10000.0, 'positions': {}, 'start_date': Timestamp('" + str(DAYS[0]) + " 00:00:00'), "
        "'positions_value': 0.0, 'positions_exposure': 0.0})"
    )
    assert account == (
        "Account({'settled_cash': 10000.0, 'accrued_interest': 0.0, 'buying_power': inf, 'equity_with_loan': 10000.0, "
        "'total_positions_value': 0.0, 'total_positions_exposure': 0.0, 'regt_equity': 10000.0, 'regt_margin': inf, "
        "'initial_margin_requirement': 0.0, 'maintenance_margin_requirement': 0.0, 'available_funds': 10000.0, "
        "'excess_liquidity': 10000.0, 'cushion': 1.0, 'day_trades_remaining': inf, 'leverage': 0.0, "
        "'net_leverage': 0.0, 'net_liquidation': 10000.0, 'gross_leverage': 0.0})"
    )
    with pytest.raises(AttributeError, match="account"):
        seen(lambda context, data: setattr(context.account, "leverage", 1))


def test_the_run_s_calendar_and_the_assets_of_files_are_there() -> None:
    assert seen(lambda context, data: [context.trading_calendar.name, data.fetcher_assets]) == ["24/7", []]


def test_a_schedule_by_what_is_no_calendar_is_refused() -> None:
    with pytest.raises(ScheduleFunctionInvalidCalendar, match="calendar=5"):
        seen(lambda context, data: schedule_function(lambda c, d: None, calendar=5), day=0)


def test_a_continuous_future_prints_and_sorts_by_zipline_s_number() -> None:
    core = ContinuousFutureOfRun("CL", 1, "calendar", "mul", "CME", DAYS[0], DAYS[4])
    future = ContinuousFuture(core)
    # as zipline-reloaded prints it
    assert str(future) == "ContinuousFuture(11677601 [CL, 1, calendar, mul])"
    assert repr(future) == (
        "ContinuousFuture(11677601, root_symbol='CL', offset=1, roll_style='calendar', adjustment='mul')"
    )


def test_an_account_below_zero_has_no_leverage_to_be_the_highest() -> None:
    def initialize(context: Any) -> None:
        context.asset = symbol("A")

    def handle_data(context: Any, data: Any) -> None:
        # short at 10 and 10.5 of a price that goes up, with nothing to lose
        order(context.asset, -100)

    perf = zipline.run_algorithm(DAYS[0], DAYS[4], initialize, 10, handle_data, bundle="small")
    assert perf["portfolio_value"].iloc[-1] < 0
    assert perf["gross_leverage"].iloc[-1] < 0
    assert perf["max_leverage"].tolist() == [max(0.0, *perf["gross_leverage"].iloc[: n + 1]) for n in range(len(perf))]


def test_orders_of_the_frame_have_their_status_by_name() -> None:
    def handle_data(context: Any, data: Any) -> None:
        order(symbol("A"), 5)

    perf = zipline.run_algorithm(DAYS[0], DAYS[1], lambda context: None, 1_000, handle_data, bundle="small")
    assert [o["status"].name for o in perf["orders"].iloc[1]] == ["FILLED", "OPEN"]


def test_pipeline_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(NotYetAvailable, match=r"data\.history"):
        zipline.run_algorithm(
            DAYS[0], DAYS[1], lambda context: zipline.api.attach_pipeline(None, "p"), 10_000, bundle="small"
        )
    with pytest.raises(NotYetAvailable, match="Pipeline comes with a later version"):
        from rustybt.zipline.pipeline import CustomFactor  # noqa: F401


def test_a_function_outside_of_a_run_says_where_it_works() -> None:
    with pytest.raises(NoActiveRun, match=r"rustybt run --zipline"):
        symbol("A")
    assert zipline.errors.ZiplineError is RustyBTError


def test_without_pandas_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "import rustybt.zipline\n"
        "try: rustybt.zipline.run_algorithm('2020-01-02', '2020-01-03', None, 1)\n"
        "except ImportError as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(MissingExtra.__name__)
    assert 'pip install "rustybt[pandas]"' in done.stdout


def test_currencies_are_added_up_as_numbers_without_a_word_on_them() -> None:
    about = pl.DataFrame({"symbol": ["A"], "currency": ["EUR"]})
    ingest({"A": ["10", "10.5", "11", "11.5", "12"], "B": ["20"] * 5}, assets=about)
    value = seen(lambda context, data: (context.portfolio.cash, context.portfolio.portfolio_value))
    paid = 10 * 10.5 * 1.0005 + 0.01  # with the default slippage and commission
    assert value == (pytest.approx(10_000 - paid), pytest.approx(10_000 - paid + 115))
