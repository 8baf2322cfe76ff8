"""Which rows of Compat would have changed a run: each row where it does, and where it does not."""

from __future__ import annotations

import datetime as dt
import gc
import json
import pickle
import random
import weakref
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import EODCancel, commission, slippage, time_rules
from rustybt.errors import InputError, ResultCorrupt
from tests.unit import _small
from tests.unit._small import DAYS, NAMES, ingest

ROWS = [field.name for field in fields(rustybt.Compat)]


def run(*given: Any, **settings: Any) -> rustybt.Result:
    """A run whose result keeps the functions that are made for it."""
    return _small.run(*given, keep_strategy=True, **settings)


def buy(amount: int, **how: Any) -> dict[int, Any]:
    return {0: lambda c, d: c.order(c.symbol("A"), amount, **how)}


def limits_can_slip() -> rustybt.Result:
    ingest({"A": ["8"] * 5})
    costs = lambda c: c.set_slippage(slippage.FixedBasisPointsSlippage(5))  # noqa: E731
    return run(buy(1, limit_price=8), initialize=costs)


def stop_limits_become_limits() -> rustybt.Result:
    ingest({"A": ["8", "10", "10", "10"]})

    def look(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.number = context.order(context.symbol("A"), 1, limit_price=9, stop_price=10)
        context.record(stop=context.get_order(context.number).stop)

    return run(look, days=4)


def daily_cancels_spare() -> rustybt.Result:
    ingest({"A": ["8"] * 5})
    return run(buy(1, limit_price=1), initialize=lambda c: c.set_cancel_policy(EODCancel(warn_on_cancel=False)))


def late_orders_are_none() -> rustybt.Result:
    closing = pl.DataFrame({"symbol": ["A"], "auto_close_date": [str(DAYS[4])]})
    ingest({"A": ["8", "8"], "B": ["8"] * 5}, assets=closing)
    return run({3: lambda c, d: c.order(c.symbol("A"), 1)})


def notional_without_multiplier() -> rustybt.Result:
    ingest({"A": ["8"] * 5}, assets=pl.DataFrame({"symbol": ["A"], "multiplier": ["5"]}))
    return run(buy(3), initialize=lambda c: c.set_max_order_size(max_notional=100, on_error="reject"))


def exact_pay_dates() -> rustybt.Result:
    ingest({"A": ["8"] * 5}, dividends=[("A", DAYS[3], "0.5", None)])
    return run(buy(10))


def pnl_without_dividends() -> rustybt.Result:
    ingest({"A": ["8"] * 5}, dividends=[("A", DAYS[2], "0.5", DAYS[3])])
    return run(buy(10))


def split_in_cents() -> rustybt.Result:
    ingest({"A": ["10.01", "10.01", "3.34", "3.34"]}, splits=[("A", DAYS[2], "1/3")])
    return run(buy(7), days=4)


def stock_dividends_keep_basis() -> rustybt.Result:
    day = str(DAYS[2])
    shares = pl.DataFrame({"symbol": ["A"], "ex_date": [day], "ratio": ["1/10"], "pay_date": [day]})
    ingest({"A": ["11", "11", "10", "10"]}, stock_dividends=shares)
    return run(buy(10), days=4)


def owed_shares_ignore_splits() -> rustybt.Result:
    shares = pl.DataFrame({"symbol": ["A"], "ex_date": [str(DAYS[2])], "ratio": ["1/10"], "pay_date": [str(DAYS[4])]})
    ingest({"A": ["11", "11", "10", "5", "5"]}, stock_dividends=shares, splits=[("A", DAYS[3], "1/2")])
    return run(buy(10))


def triggers_need_volume() -> rustybt.Result:
    ingest({"A": ["20", "20", "9", "20", "20"]}, volume=100)

    def order(context: Any, data: Any) -> None:
        for amount, stop in ((500, None), (500, None), (-5, 10)):
            context.order(context.symbol("A"), amount, stop_price=stop)

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.VolumeShareSlippage(0.1, 0))

    return run({0: order}, initialize=initialize)


def split_of_orders() -> rustybt.Result:
    ingest({"A": ["10", "10", "100", "100"]}, splits=[("A", DAYS[2], "10")])
    return run(buy(5, limit_price=1), days=4)


def keep_history(context: Any, data: Any) -> None:
    context.record(last=data.history(context.symbol("A"), "close", min(context.bar, 3) or 1, "1d")[0])


def dividends_need_a_bar() -> rustybt.Result:
    ingest({"A": ["8", "10", None, "9"], "Z": ["1"] * 5}, dividends=[("A", DAYS[3], "1", None)])
    return run(keep_history, days=4)


def history_in_thousandths() -> rustybt.Result:
    ingest({"A": ["1.23456", "2.34567", "3.45678"]})
    return run(keep_history, days=3)


def minutes(*rows: tuple[int, str, str]) -> None:
    night = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    bars = [("A", night + dt.timedelta(minutes=minute), *[price] * 4, volume) for minute, price, volume in rows]
    frame = pl.DataFrame(bars, schema=NAMES, orient="row")
    rustybt.ingest("small", frame, frequency="1m", stamp="end", calendar="24/7", mode="replace")


def price_of_last_trade() -> rustybt.Result:
    minutes((1, "8", "5"), (2, "9", "0"), (4, "10", "5"), (1439, "11", "5"), (1440, "12", "0"), (1441, "13", "5"))

    def look(context: Any, data: Any) -> None:
        if context.bar == 2:
            context.record(price=data.current(context.symbol("A"), "price"))

    return run(look, days=1, data_frequency="minute")


def every_minute_once() -> rustybt.Result:
    minutes((1, "8", "5"), (2, "9", "5"), (1440, "9", "5"))

    def count(context: Any, data: Any) -> None:
        context.record(ran=context.recorded_vars.get("ran", 0) + 1)

    every = lambda c: c.schedule_function(count, None, time_rules.every_minute())  # noqa: E731
    return run(initialize=every, days=1, data_frequency="minute")


def skip_half_days() -> rustybt.Result:
    days = [dt.date(2020, 12, day) for day in (21, 22, 23, 24, 28, 29)]
    ingest({"A": ["5"] * 6}, days=days, calendar="XNYS")
    keep = lambda c, data: c.record(day=data.current_session.isoformat())  # noqa: E731
    return run(initialize=lambda c: c.schedule_function(keep), start=days[0], end=days[-1])


def year_of_252() -> rustybt.Result:
    ingest({"A": [8 + day % 3 for day in range(14)]})
    return run(buy(10), days=14)


def figures_below_zero() -> rustybt.Result:
    ingest({"A": ["10", "10", "8", "9"]})
    with pytest.warns(UserWarning, match="ruined on 2021-02-03"):
        return run(buy(80), days=4, capital=100)


def currencies_are_one() -> rustybt.Result:
    about = pl.DataFrame({"symbol": ["A", "EUR/USD"], "currency": ["EUR", "USD"], "type": ["equity", "forex"]})
    ingest({"A": ["8", "8", "9"], "EUR/USD": ["1.2", "1.2", "1.25"]}, assets=about)
    return run(buy(10), days=3, currency="USD")


SCENARIOS: dict[str, Callable[[], rustybt.Result]] = {
    scenario.__name__: scenario
    for scenario in (
        limits_can_slip, stop_limits_become_limits, daily_cancels_spare, exact_pay_dates, pnl_without_dividends,
        split_in_cents, stock_dividends_keep_basis, split_of_orders, dividends_need_a_bar, price_of_last_trade,
        late_orders_are_none, notional_without_multiplier, history_in_thousandths, every_minute_once,
         skip_half_days, year_of_252, currencies_are_one, owed_shares_ignore_splits, figures_below_zero,
         triggers_need_volume,
    )
}  # fmt: skip
"""A run for each row of Compat that the row changes; a new row needs one."""


def test_each_row_has_a_run_that_it_changes() -> None:
    assert set(SCENARIOS) == set(ROWS), "add a run to SCENARIOS that the new row of Compat changes"


@pytest.mark.parametrize("row", ROWS)
def test_a_row_that_matters_is_named(row: str) -> None:
    report = SCENARIOS[row]().compat_report([row])
    assert report.rows == [row]
    (line,) = report.lines.iter_rows(named=True)
    assert (line["changes"], line["zipline"], line["raised"]) == (True, False, None)
    assert line["frames"] or line["columns"]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_that_does_not_matter_is_not_named(row: str) -> None:
    # a year of 365 sessions is this calendar's: a run that never earns a cent has the same figures with either
    ingest({"A": ["8"] * 5})
    report = run(buy(10), days=5).compat_report([row])
    assert report.rows == []
    assert report.lines["changes"].to_list() == [False]


def test_the_report_says_what_when_and_how_much() -> None:
    result = exact_pay_dates()
    report = result.compat_report()
    # a dividend is no part of Zipline's pnl, and this calendar has 365 sessions a year
    assert report.rows == ["exact_pay_dates", "pnl_without_dividends", "year_of_252"]
    lines = {line["row"]: line for line in report.lines.iter_rows(named=True)}
    assert list(lines) == [*ROWS, "all"]
    line = lines["exact_pay_dates"]
    # ten units pay 0.5 each, on the ex-date or never
    assert (line["first_session"], line["final_value"]) == (DAYS[3], Decimal(-5))
    assert line["frames"] == ["entries"]
    assert {"portfolio_value", "ending_cash", "returns"} <= set(line["columns"])
    assert lines["all"]["final_value"] == Decimal(-5)
    text = " ".join(repr(report).split())
    assert "exact_pay_dates RustyBT's differs 2021-02-04 -5.00" in text
    assert "limits_can_slip RustyBT's the same" in text
    assert "<td" in report._repr_html_()


def test_a_run_in_ziplines_way_is_told_what_the_corrections_change() -> None:
    ingest({"A": ["8"] * 5}, dividends=[("A", DAYS[3], "0.5", None)])
    report = run(buy(10), compat="zipline").compat_report()
    line = report.lines.row(by_predicate=pl.col("row") == "exact_pay_dates", named=True)
    assert (line["zipline"], line["final_value"]) == (True, Decimal(5))
    assert "exact_pay_dates Zipline's differs" in " ".join(repr(report).split())


def test_nothing_of_the_first_run_is_touched(tmp_path: Path) -> None:
    called: list[Any] = []
    ingest({"A": ["8"] * 5})
    result = run(buy(1), analyze=lambda context, found: called.append(found), metrics_set="classic")
    before = result.ledger_hash
    result.compat_report(["limits_can_slip"])
    assert len(called) == 1  # analyze is for the user's own run
    assert result.ledger_hash == before
    for copy in (pickle.loads(pickle.dumps(result)), rustybt.Result.load(result.save(tmp_path / "run"))):
        assert copy.daily.equals(result.daily)
        with pytest.raises(InputError, match="what run_algorithm returned"):
            copy.compat_report()


class Counting(rustybt.Strategy):
    """Keeps state on itself: as a class it starts anew, as an object it goes on."""

    def __init__(self) -> None:
        self.bars = 0

    def handle_data(self, context: Any, data: Any) -> None:
        self.bars += 1
        context.record(bars=self.bars)


def test_a_strategy_that_does_not_repeat_itself_is_refused() -> None:
    ingest({"A": ["8"] * 5})
    settings: dict[str, Any] = {"bundle": "small", "progress": False, "keep_strategy": True}
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], strategy=Counting, **settings)
    assert result.compat_report(["split_in_cents"]).rows == []
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], strategy=Counting(), **settings)
    with pytest.raises(InputError, match=r"does not repeat itself: .* first on 2021-02-01"):
        result.compat_report()
    dice = random.Random(5)
    result = run(lambda c, d: c.order(c.symbol("A"), dice.randint(1, 10**9)))
    with pytest.raises(InputError, match="does not repeat itself"):
        result.compat_report()


def test_a_strategy_that_fails_the_other_way_is_told() -> None:
    ingest({"A": ["1.23456", "2.34567", "3.45678"]})

    def strict(context: Any, data: Any) -> None:
        if data.history(context.symbol("A"), "close", 1, "1d")[0] == 3.457:
            raise ValueError("three decimals")

    report = run(strict, days=3).compat_report(["history_in_thousandths"])
    assert report.rows == ["history_in_thousandths"]
    assert report.lines["raised"][0] == "ValueError: three decimals"
    assert "the strategy fails" in repr(report)


def test_an_unknown_row_is_refused() -> None:
    ingest({"A": ["8"] * 5})
    with pytest.raises(InputError, match="no row 'cents'"):
        run(initialize=lambda c: c.set_commission(commission.NoCommission())).compat_report(["cents"])


class Holding(rustybt.Strategy):
    """What a sweep would keep alive with each of its results."""

    def initialize(self, context: Any, **params: Any) -> None:
        self.much = bytearray(10**6)


def test_a_result_keeps_neither_its_strategy_nor_an_argument_alive() -> None:
    ingest({"A": ["8"] * 5})
    strategy, blotter, held = Holding(), rustybt.SimulationBlotter(), {"set": {1, 2}}
    returns = pl.DataFrame({"date": DAYS[:5], "return": [0.0] * 5})
    alive = [weakref.ref(one) for one in (strategy, blotter, returns)]
    settings: dict[str, Any] = {"bundle": "small", "progress": False, "params": held}
    given: dict[str, Any] = {"strategy": strategy, "blotter": blotter, "benchmark_returns": returns}
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], **given, **settings)
    assert result.compat_report(["split_in_cents"]).rows == []
    kept = rustybt.run_algorithm(DAYS[0], DAYS[4], **given, **settings, keep_strategy=True)
    del strategy, blotter, returns, given
    gc.collect()
    assert [one() is None for one in alive] == [False] * 3
    assert kept.compat_report(["split_in_cents"]).rows == []
    del kept
    gc.collect()
    assert [one() for one in alive] == [None] * 3
    with pytest.raises(InputError, match=r"of the run is gone: .* keep_strategy=True"):
        result.compat_report()
    assert result.metrics["orders"] == 0


def test_functions_serve_the_report_for_as_long_as_somebody_has_them() -> None:
    ingest({"A": ["8"] * 5})

    def handle_data(context: Any, data: Any) -> None:
        context.record(x=1)

    settings: dict[str, Any] = {"bundle": "small", "progress": False}
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], handle_data=handle_data, **settings)
    assert result.compat_report(["split_in_cents"]).rows == []
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], handle_data=lambda c, d: None, **settings)
    with pytest.raises(InputError, match=r"handle_data of the run is gone"):
        result.compat_report()


def test_what_was_found_is_saved_with_the_result(tmp_path: Path) -> None:
    result = limits_can_slip()
    with pytest.raises(InputError, match="was loaded or copied"):
        rustybt.Result.load(result.save(tmp_path / "before")).compat_report()
    found = result.compat_report(["limits_can_slip", "year_of_252"])
    again = rustybt.Result.load(result.save(tmp_path / "some"))
    kept = again.compat_report(["limits_can_slip"])
    assert kept.lines.equals(found.lines.filter(pl.col("row") == "limits_can_slip"))
    assert kept.rows == ["limits_can_slip"]
    with pytest.raises(InputError, match="saved with the rows 'limits_can_slip', 'year_of_252', and not 'all'"):
        again.compat_report()
    whole = result.compat_report()
    again = rustybt.Result.load(result.save(tmp_path / "whole"))
    assert again.compat_report().lines.equals(whole.lines)
    assert repr(again.compat_report()) == repr(whole)
    assert pickle.loads(pickle.dumps(result)).compat_report(["year_of_252"]).rows == []
    page = json.loads((tmp_path / "whole" / "result.json").read_text(encoding="utf-8"))
    page["compat_report"][0]["final_value"] = "much"
    (tmp_path / "whole" / "result.json").write_text(json.dumps(page), encoding="utf-8")
    with pytest.raises(ResultCorrupt, match="compat report"):
        rustybt.Result.load(tmp_path / "whole")
