"""What a run is given that can't be: it is refused by name, where it was given, and never counted as something else."""

from __future__ import annotations

import datetime as dt
import http.server
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import rustybt
from rustybt import errors
from rustybt.api import (
    HistoricalRestrictions,
    Restriction,
    StaticRestrictions,
    commission,
    continuous_future,
    date_rules,
    fetch_csv,
    get_datetime,
    get_environment,
    get_open_orders,
    order,
    record,
    schedule_function,
    set_asset_restrictions,
    set_do_not_order_list,
    set_max_order_count,
    set_max_order_size,
    set_max_position_size,
    set_slippage,
    set_symbol_lookup_date,
    sid,
    slippage,
    symbol,
    symbols,
    time_rules,
)
from tests.unit._small import DAYS, NAMES, ingest, run, seen

NAN = float("nan")


@pytest.fixture(autouse=True)
def _prices() -> None:
    ingest({"A": [100 + k for k in range(14)], "B": [10] * 14})


def refused(error: type[Exception], match: str, **settings: Any) -> None:
    with pytest.raises(error, match=match):
        run(settings.pop("on_bar", None), **settings)


class TestControlsThatWouldForbidNothing:
    @pytest.mark.parametrize("count", [NAN, 2.5, True, "5", None, Decimal("NaN"), -1])
    def test_a_count_that_is_no_whole_number(self, count: Any) -> None:
        refused(errors.InputError, "max_count=", initialize=lambda c: set_max_order_count(count))

    @pytest.mark.parametrize("asset", ["A", 0, True, ["A"]])
    @pytest.mark.parametrize("control", [set_max_order_size, set_max_position_size])
    def test_a_limit_for_what_is_no_asset(self, control: Callable[..., None], asset: Any) -> None:
        refused(errors.InputError, "is not an asset", initialize=lambda c: control(asset, 10))

    @pytest.mark.parametrize("listed", ["A", ["A"], [0], 5, None])
    def test_a_list_of_what_is_no_asset(self, listed: Any) -> None:
        match = "not an asset|is not a list of assets"
        refused(errors.InputError, match, initialize=lambda c: set_do_not_order_list(listed))
        refused(errors.InputError, match, initialize=lambda c: set_asset_restrictions(StaticRestrictions(listed)))

    @pytest.mark.parametrize("given", ["A", ["A"], 5, [("A", "2021-02-01", 1)], [(None, None)]])
    def test_restrictions_that_are_none(self, given: Any) -> None:
        refused(errors.InputError, "restriction|asset", initialize=lambda c: HistoricalRestrictions(given))

    def test_a_state_that_is_none(self) -> None:
        frozen: Any = "frozen"
        refused(
            errors.InputError,
            "state 'frozen' is neither",
            initialize=lambda c: HistoricalRestrictions([Restriction(symbol("A"), "2021-02-01", frozen)]),
        )


class TestAnAssetOfAnotherBundle:
    @pytest.fixture
    def foreign(self) -> Any:
        rows = [("Z", day, *["7"] * 4, "1000") for day in DAYS]
        rustybt.ingest("other", pl.DataFrame(rows, schema=NAMES, orient="row"), calendar="24/7", mode="replace")
        kept: list[Any] = []
        rustybt.run_algorithm(
            DAYS[0], DAYS[1], lambda c: kept.append(symbol("Z")), 100, None, bundle="other", progress=False
        )
        assert kept[0].sid == 0
        return kept[0]

    @pytest.mark.parametrize("known", [True, False])
    @pytest.mark.parametrize(
        "use",
        [
            lambda d, z: order(z, 1),
            lambda d, z: d.current(z, "price"),
            lambda d, z: d.current(z, "close"),
            lambda d, z: d.current([z], "price"),
            lambda d, z: d.history(z, "close", 1, "1d"),
            lambda d, z: d.history([z], "close", 1, "1d"),
            lambda d, z: d.can_trade(z),
        ],
    )
    def test_is_not_taken_for_the_one_that_has_its_number_here(self, foreign: Any, use: Any, known: bool) -> None:
        def on_bar(context: Any, data: Any) -> None:
            if known:
                assert data.current(symbol("A"), "price") == 100
            use(data, foreign)

        refused(errors.InputError, "of another bundle.*symbol\\('Z'\\)", on_bar={0: on_bar})

    def test_holds_nothing_and_has_no_orders_here(self, foreign: Any) -> None:
        def on_bar(context: Any, data: Any) -> None:
            positions = context.portfolio.positions
            assert (positions[foreign].amount, foreign in positions, get_open_orders(foreign)) == (0, False, [])
            order(symbol("A"), 1)
            assert get_open_orders(foreign) == []

        assert run(on_bar).positions["amount"].sum() > 0


class TestPricesAndSizes:
    @pytest.mark.parametrize("price", [10**18, 1e30, 10**400])
    @pytest.mark.parametrize("which", ["limit_price", "stop_price"])
    def test_an_order_price_beyond_the_books_is_refused_with_the_order(self, which: str, price: Any) -> None:
        refused(errors.BadOrderParameters, which, on_bar={0: lambda c, d: order(symbol("A"), 1, **{which: price})})

    @pytest.mark.parametrize("size", [10**30, 10**400, -(10**400)])
    def test_a_size_beyond_the_books_is_refused_with_a_reason(self, size: int) -> None:
        refused(errors.OrderTooLarge, "more than", on_bar={0: lambda c, d: order(symbol("A"), size)})

    @pytest.mark.parametrize("price", [0, -1, "1e-30"])
    def test_no_order_fills_at_nothing_or_less(self, price: Any) -> None:
        class Free(slippage.SlippageModel):
            def process_order(self, data: Any, order: Any) -> Any:
                return price, order.amount

        refused(
            errors.InputError,
            "the bar has a price above zero",
            on_bar={0: lambda c, d: order(symbol("A"), 1)},
            initialize=lambda c: set_slippage(Free()),
        )

    def test_nor_does_a_spread_that_is_wider_than_the_price(self) -> None:
        refused(
            errors.InputError,
            "Use a smaller spread",
            on_bar={0: lambda c, d: order(symbol("B"), -1)},
            initialize=lambda c: set_slippage(slippage.FixedSlippage(spread=50)),
        )

    def test_a_cost_below_zero_that_is_not_paid_out_is_not_on_the_order_either(self) -> None:
        class FrameBuilder(commission.CommissionModel):
            def calculate(self, order: Any, transaction: Any) -> Any:
                return -3

        result = run({0: lambda c, d: order(symbol("A"), 1)}, initialize=lambda c: c.set_commission(FrameBuilder()))
        assert result.orders["commission"].to_list() == [0]

    @pytest.mark.parametrize("volume", [None, "x", NAN, float("-inf"), [5]])
    def test_an_own_impact_model_that_gives_no_volume(self, volume: Any) -> None:
        class Own(slippage.MarketImpactBase):
            def get_txn_volume(self, data: Any, order: Any) -> Any:
                return volume

        refused(
            errors.InputError,
            "Own.get_txn_volume returned",
            on_bar={0: lambda c, d: order(symbol("A"), 1)},
            initialize=lambda c: set_slippage(Own()),
        )


class TestCallsOfAStrategy:
    @pytest.mark.parametrize(
        ("call", "error", "match"),
        [
            (lambda: sid(1.5), errors.SidsNotFound, "whole number"),  # type: ignore[arg-type]
            (lambda: sid(True), errors.SidsNotFound, "whole number"),
            (lambda: sid("A"), errors.SidsNotFound, "whole number"),  # type: ignore[arg-type]
            (lambda: sid(10**30), errors.SidsNotFound, "whole number"),
            (lambda: symbol("A", country_code=5), errors.InputError, "country_code=5"),  # type: ignore[arg-type]
            (lambda: symbols("A", None), errors.InputError, "as text"),  # type: ignore[arg-type]
            (lambda: record(5, 1), errors.InputError, "no name"),
            (lambda: record([], 1), errors.InputError, "no name"),
            (lambda: get_open_orders("A"), errors.InputError, "pass an asset"),  # type: ignore[arg-type]
            (lambda: get_datetime("Mars/Base"), errors.InputError, "no time zone 'Mars/Base'"),
            (lambda: get_datetime(5), errors.InputError, "no time zone 5"),  # type: ignore[arg-type]
            (lambda: get_environment([]), errors.InputError, "there are arena"),  # type: ignore[arg-type]
            (lambda: set_symbol_lookup_date(np.int64(5)), errors.UnsupportedDatetimeFormat, "moment"),
            (lambda: set_symbol_lookup_date(pd.NaT), errors.UnsupportedDatetimeFormat, "NaT"),
            (lambda: date_rules.month_start("x"), errors.BadSchedule, "whole number"),  # type: ignore[arg-type]
            (lambda: date_rules.week_end(NAN), errors.BadSchedule, "whole number"),  # type: ignore[arg-type]
            (lambda: time_rules.market_open(minutes=NAN), errors.BadSchedule, "12 hours"),  # type: ignore[arg-type]
            (lambda: time_rules.market_close(hours=10**30), errors.BadSchedule, "12 hours"),
            (lambda: continuous_future(None), errors.RustyBTError, "."),  # type: ignore[arg-type]
        ],
    )
    def test_that_make_no_sense(self, call: Callable[[], Any], error: type[Exception], match: str) -> None:
        refused(error, match, on_bar={0: lambda c, d: call()})

    def test_numbers_of_numpy_are_numbers(self) -> None:
        ran: list[dt.datetime] = []

        def first(context: Any) -> None:
            rule = time_rules.market_open(minutes=np.int64(5))  # type: ignore[arg-type]
            schedule_function(lambda c, d: ran.append(get_datetime()), date_rules.week_start(np.int64(1)), rule)

        run(initialize=first)
        assert [moment.date() for moment in ran] == [DAYS[2]]
        last = seen(lambda c, d: d.history(symbol("A"), "close", np.int64(2), "1d").to_list(), bar=2)
        assert last == [101, 102]

    def test_the_same_column_twice_is_refused_by_name(self) -> None:
        def look(assets: Any, fields: Any) -> Any:
            return {1: lambda c, d: d.history(assets(), fields, 1, "1d")}

        refused(errors.InputError, "'A' was asked for twice", on_bar=look(lambda: symbols("A", "A"), "close"))
        refused(errors.InputError, "'close' was asked", on_bar=look(lambda: symbol("A"), ["close", "close"]))


class TestParametersOfARun:
    @pytest.mark.parametrize(
        "settings",
        [
            {"data_frequency": []},
            {"emission_rate": {}},
            {"params": 5},
            {"params": ["a"]},
            {"params": {5: 1}},
            {"version": NAN},
            {"version": []},
            {"extensions": 5},
            {"extensions": [5]},
            {"environ": "x"},
            {"seed": "x"},
            {"seed": -1},
            {"seed": NAN},
            {"start": pd.NaT},
            {"end": pd.NaT},
            {"capital_changes": {pd.NaT: {"type": "delta", "value": 5}}},
        ],
    )
    def test_that_make_no_sense_are_named(self, settings: dict[str, Any]) -> None:
        refused(errors.InputError, next(iter(settings)), **settings)

    def test_a_benchmark_that_loses_more_than_everything(self) -> None:
        returns = pd.Series([0.01, -1.5], index=pd.to_datetime(["2021-02-01", "2021-02-02"]))
        refused(errors.InputError, "-1.5 on 2021-02-02", benchmark_returns=returns)

    @pytest.mark.parametrize("change", [{"type": "delta", "value": -10_001}, {"type": "target", "value": -1}])
    def test_capital_that_is_not_there_can_not_leave(self, change: dict[str, Any]) -> None:
        refused(errors.InputError, "is worth 10000. Take out no more", capital_changes={"2021-02-03": change})

    def test_all_of_it_can(self) -> None:
        result = run(capital_changes={"2021-02-03": {"type": "target", "value": 0}})
        assert result.daily["portfolio_value"].to_list() == [10_000, 10_000, 0, 0, 0]


BODY = b"date,x\n2021-02-01,5\n2021-02-03,7\n"


class _Server(http.server.BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        length = 1000 if self.path == "/cut" else len(BODY)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(BODY)


@pytest.fixture
def server() -> Iterator[str]:
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


class TestFetchedFiles:
    def test_an_answer_that_broke_off_is_refused(self, server: str) -> None:
        whole = seen(lambda c, d: d.current("s", "x"), initialize=lambda c: fetch_csv(f"{server}/all", symbol="s"))
        assert whole == 7
        refused(errors.NoData, "33 of 1000 bytes", initialize=lambda c: fetch_csv(f"{server}/cut", symbol="s"))

    @pytest.mark.parametrize(
        ("content", "more", "match"),
        [
            (b"", {}, "not a table"),
            (b"\x1f\x8bjunk", {}, "not text in utf-8"),
            ("date,x\n2021-02-01,5\n".encode("utf-16"), {}, "not text in utf-8"),
            (BODY, {"encoding": "klingon"}, "klingon"),
            (BODY, {"date_format": "%Q"}, "date_format='%Q'"),
            (BODY, {"date_format": "%d.%m.%Y"}, "2 of 2 rows.*'2021-02-01'"),
            (BODY, {"timezone": "Mars"}, "no time zone 'Mars'"),
            (BODY, {"pre_func": lambda frame: None}, "pre_func returned NoneType"),
            (BODY, {"post_func": lambda frame: 5}, "post_func returned int"),
            (BODY, {"pre_func": 5}, "pass a function"),
        ],
    )
    def test_what_is_no_table_is_refused(
        self, tmp_path: Path, content: bytes, more: dict[str, Any], match: str
    ) -> None:
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        refused(errors.InputError, match, initialize=lambda c: fetch_csv(path, symbol="s", **more))

    def test_rows_without_a_date_are_told(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path = tmp_path / "x.csv"
        path.write_text("date,x\n01/02/2021,5\n13/02/2021,7\n")
        run(initialize=lambda c: fetch_csv(path, symbol="s"))
        assert "1 of 2 rows" in caplog.text
        assert "'13/02/2021'" in caplog.text
