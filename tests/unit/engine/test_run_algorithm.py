"""`run_algorithm`: its parameters, the ways to write a strategy, and what it says when something is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rustybt
from rustybt.errors import BundleNotFound, InputError, NoData, NotYetAvailable, PrecisionLost, VersionNotFound
from tests.unit._small import DAYS, ingest, ingest_minutes, run, seen

D = Decimal


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})


def sessions(result: rustybt.Result) -> list[dt.date]:
    return result.daily["session"].to_list()


@pytest.mark.parametrize(
    "form",
    [
        lambda day: day,
        lambda day: dt.datetime(day.year, day.month, day.day),
        str,
        pd.Timestamp,
        np.datetime64,
        lambda day: pd.Timestamp(day, tz="UTC"),
    ],
)
def test_dates_may_be_written_in_any_way(form: Callable[[dt.date], Any]) -> None:
    assert sessions(run(start=form(DAYS[1]), end=form(DAYS[3]))) == DAYS[1:4]


def test_start_and_end_may_lie_between_sessions() -> None:
    days = [dt.date(2021, 2, day) for day in (3, 4, 5, 8, 9)]
    ingest({"A": ["8"] * 5}, days=days, calendar="XNYS")
    assert sessions(run(start="2021-02-06", end="2021-02-09")) == days[3:]
    assert sessions(run(start="2021-02-04", end="2021-02-07")) == days[1:3]
    with pytest.raises(NoData, match="no session"):
        run(start="2021-02-06", end="2021-02-07")


@pytest.mark.parametrize(
    ("start", "end", "error", "says"),
    [
        ("2021-02-03", "2021-02-02", InputError, "Swap"),
        ("soon", "2021-02-02", InputError, "start"),
        ("2021-02-02", "later", InputError, "end"),
        ("2021-02-08", None, NoData, "2021-02-01 to 2021-02-05"),
        (None, "2021-01-31", NoData, "2021-02-01 to 2021-02-05"),
        ("2021-01-31", "2021-02-02", NoData, "2021-02-01 to 2021-02-05"),
        ("2019-01-01", "2019-02-02", NoData, "2021-02-01 to 2021-02-05"),
    ],
)
def test_dates_outside_of_the_data_are_refused(start: Any, end: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        rustybt.run_algorithm(start, end, bundle="small")


def test_a_parameter_that_comes_later_says_so() -> None:
    with pytest.raises(NotYetAvailable, match="custom_loader"):
        run(custom_loader={})
    with pytest.raises(NotImplementedError):
        run(custom_loader={})


def test_the_defaults_of_what_comes_later_may_be_written_out() -> None:
    import os

    result = run(
        bundle_timestamp=None, metrics_set="default", benchmark_returns=None, default_extension=True, extensions=[],
        strict_extensions=True, environ=os.environ, custom_loader=None, blotter="default", trading_calendar="24/7",
    )  # fmt: skip
    assert sessions(result) == DAYS[:5]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"data_frequency": "hourly"}, "daily"),
        ({"fill_at": "high"}, "fill_at"),
        ({"trigger": "tick"}, "trigger"),
        ({"numbers": "int"}, "numbers"),
        ({"compat": "quantopian"}, "compat"),
        ({"progress": "bar"}, "progress"),
        ({"handle_data": 5}, "handle_data"),
        ({"capital_base": 0}, "capital_base"),
        ({"capital_base": -5}, "capital_base"),
        ({"capital_base": "much"}, "capital_base"),
        ({"capital_base": float("nan")}, "capital_base"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        rustybt.run_algorithm(DAYS[0], DAYS[1], bundle="small", **settings)


@pytest.mark.parametrize("capital", [1000, "1000.00", 1000.0, D(1000), np.int64(1000)])
def test_the_capital_may_be_any_kind_of_number(capital: Any) -> None:
    assert run(capital=capital).daily["portfolio_value"][0] == 1000


def test_capital_keeps_its_digits_and_no_more_than_twenty_decimals() -> None:
    assert run(capital="1000.12345678901234567890").daily["ending_cash"][0] == D("1000.1234567890123456789")
    with pytest.raises(PrecisionLost):
        run(capital="0.000000000000000000001")


def test_a_bundle_that_is_not_there_is_named() -> None:
    with pytest.raises(BundleNotFound, match="nowhere"):
        rustybt.run_algorithm(DAYS[0], DAYS[1], bundle="nowhere")
    with pytest.raises(VersionNotFound, match="v0"):
        run(version="v0")
    with pytest.raises(NoData, match="'1m'"):
        run(data_frequency="minute")


def test_an_older_version_can_be_run() -> None:
    old = rustybt.open_version("small").id
    ingest({"A": ["1", "1", "1", "1", "1"]})
    look = {"bar": 0, "days": 1}
    assert seen(lambda c, d: d.current(c.symbol("A"), "price"), **look) == 1
    assert seen(lambda c, d: d.current(c.symbol("A"), "price"), version=old, **look) == 8
    assert run(version=old).manifest["data_version"] == old


def test_all_callbacks_are_called_in_their_order() -> None:
    calls: list[Any] = []
    result = rustybt.run_algorithm(
        DAYS[0],
        DAYS[1],
        lambda context: calls.append("initialize"),
        1000,
        lambda context, data: calls.append(f"bar {data.current_session.day}"),
        lambda context, data: calls.append(f"before {data.current_session.day}"),
        lambda context, perf: calls.append(perf),
        bundle="small",
    )
    assert calls == ["initialize", "before 1", "bar 1", "before 2", "bar 2", result]


def test_a_run_may_have_no_strategy_at_all() -> None:
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], bundle="small", capital_base=5)
    assert result.daily["portfolio_value"].to_list() == [5] * 5
    assert result.daily["returns"].to_list() == [0] * 5


def test_parameters_reach_initialize() -> None:
    found: list[Any] = []
    result = run(initialize=lambda c, *, fast, slow=9: found.append((fast, slow)), params={"fast": 3})
    assert found == [(3, 9)]
    assert result.manifest["params"] == {"fast": 3}
    with pytest.raises(TypeError, match="fast"):
        run(initialize=lambda c, *, fast: None)
    with pytest.raises(InputError, match="initialize"):
        rustybt.run_algorithm(DAYS[0], DAYS[1], bundle="small", params={"fast": 3})


class Buyer(rustybt.Strategy):
    """Buys so many on its first bar."""

    def initialize(self, context: Any, *, many: int = 2) -> None:
        self.many = many
        context.bought = False

    def handle_data(self, context: Any, data: Any) -> None:
        if not context.bought:
            context.order(context.symbol("A"), self.many)
            context.bought = True

    def analyze(self, context: Any, perf: Any) -> None:
        self.result = perf


def test_a_strategy_may_be_a_class_or_an_object_of_it() -> None:
    made = Buyer()
    for strategy in (Buyer, made):
        result = rustybt.run_algorithm(DAYS[0], DAYS[3], bundle="small", strategy=strategy, params={"many": 3})
        assert result.transactions["amount"].to_list() == [3]
        assert result.manifest["strategy"] == "Buyer"
    assert made.result is result


def test_a_strategy_that_overrides_nothing_runs() -> None:
    result = rustybt.run_algorithm(DAYS[0], DAYS[3], bundle="small", strategy=rustybt.Strategy)
    assert result.transactions.height == 0


@pytest.mark.parametrize("strategy", [5, dict, "Buyer", lambda context: None])
def test_what_is_no_strategy_is_refused(strategy: Any) -> None:
    with pytest.raises(InputError, match="Strategy"):
        rustybt.run_algorithm(DAYS[0], DAYS[1], bundle="small", strategy=strategy)


def test_a_class_and_functions_at_once_are_refused() -> None:
    with pytest.raises(InputError, match="handle_data"):
        rustybt.run_algorithm(DAYS[0], DAYS[1], bundle="small", strategy=Buyer, handle_data=print)


@pytest.mark.parametrize(
    "mix",
    [
        lambda c, d: d.current(c.symbol("A"), "price") * 0.5,
        lambda c, d: c.portfolio.cash + 1.5,
        lambda c, d: 2.0 / c.portfolio.portfolio_value,
    ],
)
def test_a_decimal_with_a_float_gets_a_note_that_says_what_to_write(mix: Any) -> None:
    with pytest.raises(TypeError) as caught:
        run(mix)
    notes = "\n".join(caught.value.__notes__)
    assert "Decimal('0.5')" in notes
    assert "numbers='float'" in notes
    run(mix, numbers="float")


def test_another_type_error_gets_no_such_note() -> None:
    with pytest.raises(TypeError) as caught:
        run(lambda c, d: "a" + 1)  # type: ignore[operator]
    assert "Decimal" not in "".join(caught.value.__notes__)


def test_what_a_strategy_raises_comes_out_with_the_moment() -> None:
    def fail(context: Any, data: Any) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more") as caught:
        run({2: fail})
    assert "2021-02-04 00:00:00+00:00" in "".join(caught.value.__notes__)


def test_after_a_run_that_failed_none_is_active() -> None:
    import rustybt.api
    from rustybt.errors import NoActiveRun

    with pytest.raises(ZeroDivisionError):
        run(lambda c, d: 1 / 0)
    with pytest.raises(NoActiveRun):
        rustybt.api.get_datetime()


def test_a_run_within_a_run_is_its_own() -> None:
    import rustybt.api

    def on_bar(context: Any, data: Any) -> Any:
        inner = run(lambda c, d: rustybt.api.record(inner=1), days=1)
        rustybt.api.record(outer=2)
        return inner.recorded.columns

    found: list[Any] = []
    result = run({1: lambda c, d: found.append(on_bar(c, d))}, days=2)
    assert found == [["session", "inner"]]
    assert result.recorded.columns == ["session", "outer"]


def test_the_users_decimal_context_is_left_alone() -> None:
    import decimal

    def on_bar(context: Any, data: Any) -> Any:
        return data.current(context.symbol("A"), "price") / 3

    with decimal.localcontext(decimal.Context(prec=5)) as own:
        before = own.copy()
        assert seen(on_bar, bar=0) == D("2.6667")
        assert repr(decimal.getcontext()) == repr(before) or decimal.getcontext().prec == 5
    assert seen(on_bar, bar=0) == D("2.666666666666666666666666667")


def test_progress_is_told_session_by_session() -> None:
    told: list[tuple[int, int]] = []
    run(progress=lambda done, sessions: told.append((done, sessions)), days=3)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_manifest_says_what_the_run_was_made_from() -> None:
    version = rustybt.open_version("small")
    manifest = run({0: lambda c, d: c.order(c.symbol("A"), 1)}, seed=7, fill_at="open").manifest
    expected = {
        "rustybt": rustybt.__version__, "seed": 7, "start": "2021-02-01", "end": "2021-02-05", "capital_base": "10000",
        "currency": "USD", "data_frequency": "daily", "bundle": "small", "data_version": version.id,
        "data_hash": version.hash, "calendar": "24/7", "periods": 365, "fill_at": "open", "trigger": "close",
        "numbers": "decimal", "bars": 5,
        "slippage": "NoSlippage()", "commission": "NoCommission()",
        "futures_slippage": "VolatilityVolumeShare(volume_limit=0.05, eta=<varies>)",
        "futures_commission": "PerContract(cost=0.85, exchange_fee=<varies>, min_trade_cost=0)",
    }  # fmt: skip
    assert {name: manifest[name] for name in expected if name != "periods"} == {
        name: value for name, value in expected.items() if name != "periods"
    }
    assert set(manifest["compat"].values()) == {False}
    assert len(manifest["ledger_hash"]) == 64


def test_a_minute_run_has_a_row_a_session_and_fills_on_the_next_minute() -> None:
    night = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    prices: list[Any] = [None] * 2880
    prices[:4] = [10, 11, 12, 13]
    prices[1439:1443] = [20, 21, 22, 23]
    ingest_minutes({"A": prices}, night)
    result = run({0: lambda c, d: c.order(c.symbol("A"), 1), 1439: lambda c, d: c.order(c.symbol("A"), 1)}, days=2,
                 data_frequency="minute")  # fmt: skip
    # the last minute of a day fills on the first of the next
    assert result.transactions.select("dt", "session", "price").rows() == [
        (night + dt.timedelta(minutes=2), DAYS[0], D(11)),
        (night + dt.timedelta(days=1, minutes=1), DAYS[1], D(21)),
    ]
    assert result.daily["ending_value"].to_list() == [D(20), D(46)]
    assert result.manifest["bars"] == 2880


def test_what_the_run_does_not_touch_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    from rustybt.catalog import Version

    ingest({name: ["8"] * 5 for name in "ABCDE"})
    loaded: list[list[int]] = []
    load = Version.load

    def counted(self: Any, sids: Any, *rest: Any, **how: Any) -> Any:
        loaded.append(list(sids))
        return load(self, sids, *rest, **how)

    monkeypatch.setattr(Version, "load", counted)
    run({0: lambda c, d: d.current(c.symbols("B", "D"), "price")})
    assert loaded == [[1, 3]]
