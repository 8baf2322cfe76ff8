"""What findings say is what is known, and ordinary runs are left alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from rustybt import metrics
from rustybt.api import order, set_slippage, slippage, symbol
from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._returns import few_days
from tests.unit.diagnostics._planted import bundle, buys, days_from, run, waves


def test_part_fills_are_no_trades_of_their_own():
    """An order of 300 takes three bars, a tenth of 1000 each: two round trips, of three lots each."""
    bundle({"A": [100 + k for k in range(24)]}, volume=1000)

    def on_day(context: Any, data: Any, day: int) -> None:
        if day in (0, 10):
            order(symbol("A"), 300)
        if day in (5, 15):
            order(symbol("A"), -300)

    first = lambda context: set_slippage(slippage.VolumeShareSlippage(volume_limit=0.1))  # noqa: E731
    result = run(on_day, count=24, initialize=first)
    assert result.trades.height == 6
    found = result.diagnostics.by_code["few_trades"]
    assert found.evidence["trades"] == 2
    assert found.text.startswith("2 positions were opened and closed:")


def test_a_hedged_book_owes_nothing():
    bundle({"A": [100] * 5, "B": [100] * 5})

    def on_day(context: Any, data: Any, day: int) -> None:
        if day == 0:
            order(symbol("A"), 800)
            order(symbol("B"), -800)

    found = run(on_day, count=5).diagnostics.by_code["leverage"]
    assert "cash was not below zero" in found.text
    assert "set_borrow" in found.advice


def test_more_than_the_account_is_borrowed_money():
    bundle({"A": [100] * 5})
    found = run(buys(1500), count=5).diagnostics.by_code["leverage"]
    assert "on 4 of them cash was below zero: that is borrowed money" in found.text


def _few_days(returns: Any) -> Any:
    daily = pl.DataFrame({"returns": returns})
    return few_days(Evidence(SimpleNamespace(daily=daily)))  # type: ignore[arg-type]


def test_ordinary_runs_do_not_hang_on_few_days():
    """Ten years of normal returns with a Sharpe ratio of 0.3: the best two sessions are 6 or 7 deviations of 50."""
    draws = np.random.default_rng(7).normal(0.3 * 0.01 / 252**0.5, 0.01, (400, 2520))
    assert sum(_few_days(row) is not None for row in draws) < 0.06 * 400


def test_one_session_far_from_the_others_looks_like_an_error():
    returns = [0.01, -0.01] * 200
    returns[100] = 0.5
    found = _few_days(returns)
    assert (found.severity, found.evidence["sessions"], found.evidence["outlier"]) == ("warning", 1, True)
    assert "of 400 came to 50.00%" in found.text
    assert "data error" in found.advice
    returns[100] = 0.05
    assert "data error" not in _few_days(returns).advice


def test_one_year_names_the_days_of_the_run():
    days = days_from(dt.date(2019, 1, 1), 1090)
    bundle({"A": [100 + (k % 2) if k < 400 else min(100 + (k - 400), 200) - k % 2 for k in range(1090)]}, days=days)
    text = run(buys(500), days=days).diagnostics.by_code["one_year"].text
    assert f"the whole run from {days[0]} to {days[-1]}" in text


def test_young_data_are_said_to_be_young():
    bundle({"A": [None] * 30 + waves(30), "B": [None] * 30 + waves(30), "C": waves(60)})
    on_day = lambda context, data, day: [order(symbol(name), 1) for name in "AB"] if day == 32 else None  # noqa: E731
    found = run(on_day, count=60).diagnostics.by_code["warm_up"]
    assert found.severity == "info"
    assert found.text.startswith("A was first traded on session 4 of its data, and 1 other within the first 20:")


def test_a_share_of_none_or_all_has_no_standard_error():
    table = metrics.table(["0.01", "0.02", "0.03"], periods=252)
    errors = dict(table.select(table.columns[0], table.columns[2]).rows())
    assert errors["win_rate"] is None
    half = metrics.table(["0.01", "-0.02", "0.03", "-0.01"], periods=252)
    assert dict(half.select(half.columns[0], half.columns[2]).rows())["win_rate"] == Decimal("0.25")
