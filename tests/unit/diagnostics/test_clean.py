"""Runs in which nothing is wrong, and runs on the right side of each threshold, have no warning."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt.api import commission, date_rules, order, order_target_percent, schedule_function, set_borrow, symbol
from tests.unit._small import loaded_without_bars
from tests.unit.diagnostics._planted import bundle, buys, days_from, run, waves

LONG = days_from(dt.date(2019, 1, 1), 740)
NAMES = ("AAPL", "IBM", "MSFT")


def monthly(context: Any) -> None:
    schedule_function(equal, date_rules.month_start())


def equal(context: Any, data: Any) -> None:
    for name in NAMES:
        order_target_percent(symbol(name), 0.32)


def crossing(context: Any, data: Any) -> None:
    for name in NAMES:
        closes = data.history(symbol(name), "price", 50, "1d")
        order_target_percent(symbol(name), 0.3 if closes[-10:].mean() > closes.mean() else 0)


def once(context: Any, data: Any) -> None:
    if not context.portfolio.positions:
        order(symbol("IBM"), 1000)


def hedged(context: Any) -> None:
    set_borrow(0.03)
    schedule_function(against_each_other, date_rules.month_start())


def against_each_other(context: Any, data: Any) -> None:
    order_target_percent(symbol("AAPL"), 0.4)
    order_target_percent(symbol("MSFT"), -0.3)


CLEAN: dict[str, dict[str, Any]] = {
    "monthly": {"initialize": monthly},
    "crossing": {"handle_data": crossing},
    "once": {"handle_data": once},
    "hedged": {"initialize": hedged},
}


def of_sample(name: str, **given: Any) -> rustybt.Result:
    span = ("2004-01-02", "2012-12-31")
    return rustybt.run_algorithm(*span, capital_base=1_000_000, benchmark="IBM", progress=False, **CLEAN[name], **given)


@pytest.mark.parametrize("name", CLEAN)
def test_clean_runs_have_no_warning(name: str):
    found = of_sample(name).diagnostics
    assert [one for one in found if one.severity != "info"] == []
    assert found.not_made == ()


def test_both_kernels_and_fills_at_the_open_find_the_same():
    one, other = (of_sample("monthly", kernel=kernel).diagnostics for kernel in ("python", "rust"))
    assert one == other
    assert [at.severity for at in of_sample("monthly", fill_at="open").diagnostics if at.severity != "info"] == []


def test_a_loaded_result_has_all_findings_and_without_bars_those_that_need_none(tmp_path: Path):
    bundle({"A": [100, 101, 102, 51, 51.5, 52]})
    result = run(buys(1500), count=6)
    again = rustybt.Result.load(result.save(tmp_path / "whole")).diagnostics
    assert set(again) == set(result.diagnostics)
    assert again.not_made == ()
    again = loaded_without_bars(result, tmp_path / "run").diagnostics
    left = {one.code for one in again.not_made}
    assert "unrecorded_split" in left
    assert {one for one in result.diagnostics if one.code not in left} == set(again)
    assert {one.reason.partition(":")[0] for one in again.not_made} == {"The bars of the run are not at hand"}


def quiet(code: str, result: rustybt.Result) -> None:
    assert code not in result.diagnostics.by_code, result.diagnostics.by_code.get(code)


def test_a_tenth_of_the_volume_is_allowed():
    bundle({"A": waves(5)}, volume=1000)
    quiet("volume_share", run(buys(100), count=5, free=True))
    assert "volume_share" in run(buys(101), count=5, free=True).diagnostics.by_code


def test_a_recorded_split_is_none_that_is_missing():
    bundle({"A": [100, 101, 102, 51, 51.5, 52]}, splits=[("A", "2021-01-04", "0.5")])
    quiet("unrecorded_split", run(buys(10), count=6))


def test_a_crash_that_is_no_ratio_of_splits_is_a_crash():
    bundle({"A": [100, 101, 102, 56, 51.5, 52]})
    quiet("unrecorded_split", run(buys(10), count=6))


def test_prices_that_do_not_move_for_four_bars_are_not_stale():
    bundle({"A": [(100 + k // 4, *[100 + k // 4] * 3, 1000) for k in range(20)]})
    quiet("stale_fills", run(lambda context, data, day: order(symbol("A"), 1), count=20))
    quiet("stale_marks", run(buys(1), count=20))


def test_fees_of_any_kind_are_costs():
    bundle({"A": waves(10)})
    paid = run(buys(10), count=10, free=True, initialize=lambda context: context.set_commission(commission.PerTrade(1)))
    quiet("no_commission", paid)
    assert "no_slippage" in paid.diagnostics.by_code


def test_limits_pay_no_slippage():
    bundle({"A": waves(10)})
    quiet("no_slippage", run(lambda context, data, day: order(symbol("A"), 1, limit_price=200), count=10, free=True))


def test_borrow_that_is_paid_is_no_finding():
    bundle({"A": waves(10)})
    quiet("no_borrow_cost", run(buys(-10), count=10, initialize=lambda context: set_borrow(0.03)))


def test_all_of_the_account_is_no_leverage():
    bundle({"A": waves(10, size=1)})
    quiet("leverage", run(buys(1000), count=10))
    quiet("intraday_leverage", run(buys(1000), count=10))


def test_one_missing_bar_in_fifty_is_not_many():
    bundle({"A": [None if k == 30 else price for k, price in enumerate(waves(60))]})
    quiet("missing_bars", run(buys(10), count=60))
    quiet("calendar_mismatch", run(buys(10), count=60))


def test_a_delisted_share_makes_a_universe_of_more_than_survivors():
    prices: dict[str, Any] = {f"S{k}": waves(740) for k in range(10)}
    bundle(prices | {"S3": waves(300)}, days=LONG)
    quiet("no_delistings", run(_all_once, days=LONG))


def _all_once(context: Any, data: Any, day: int) -> None:
    if day == 0:
        for k in range(10):
            order(symbol(f"S{k}"), 1)
