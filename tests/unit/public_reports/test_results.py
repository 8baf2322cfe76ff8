"""Faults that users of other libraries reported of trades and measures; values are worked out by hand."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

from rustybt import metrics
from tests.unit._small import ingest, run
from tests.unit.orders._bars import Bar, run_bars

D = Decimal


def test_the_exit_price_of_a_trade_is_that_of_all_its_exits() -> None:
    """vectorbt 265: of 1 unit 0.25 went at 2 and the rest at 5: 0.25 x 2 + 0.75 x 5 = 4.25, where 5 was told."""
    ingest({"A": [1, 1, 2, 5, 5]}, assets={"quantity_step": "0.25"})

    def order(amount: str) -> Any:
        return lambda context, data: context.order(context.symbol("A"), D(amount))

    result = run({0: order("1"), 1: order("-0.25"), 2: order("-0.75")})
    (whole,) = result.round_trips(method="flat").iter_rows(named=True)
    assert (whole["entry_price"], whole["exit_price"], whole["gross"]) == (1, D("4.25"), D("3.25"))
    assert result.trades.select("quantity", "exit_price").rows() == [(D("0.25"), 2), (D("0.75"), 5)]


def test_a_trade_is_worth_what_it_filled_at_and_not_what_it_was_limited_to() -> None:
    """jesse 574: a stop with a wide limit, 105, filled near its trigger of 101, and was told as 105: -115 %."""

    def cover(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["S"] = context.order(x, -10)
        ids["C"] = context.order(x, 10, stop_price=101, limit_price=105)

    flat: Bar = ("100", "100", "100", "100")
    done = run_bars([flat, flat, ("100.5", "101.5", "100", "101")], {0: cover}, fill_at="open")
    assert done.fills == [(1, "S", -10, D(100)), (2, "C", 10, D(101))]
    (trade,) = done.result.trades.iter_rows(named=True)
    assert (trade["exit_price"], trade["net"]) == (101, -10)


def test_a_sharpe_ratio_is_of_the_mean_and_not_of_the_growth() -> None:
    """quantstats 104: CAGR over volatility was expected. 0.1 and -0.1 in turn lose, and have a ratio of 0."""
    returns = [D("0.1"), D("-0.1")] * 5
    assert metrics.sharpe(returns, periods=252) == 0
    assert metrics.total_return(returns) == D("0.99") ** 5 - 1


def test_a_year_of_more_than_100_per_cent_is_told_as_it_is() -> None:
    """quantstats 180: such a year was told as -100 %. Two sessions a year: 1.5 x 2.0 - 1 = 2."""
    assert metrics.annual_return([D("0.5"), D("1")], periods=2) == 2


def test_a_rolling_ratio_is_annual_by_the_calendar_and_not_by_the_window() -> None:
    """quantstats 78: the window's length stood for the sessions of a year. Of 0.02 and 0: mean 0.01."""
    found = metrics.rolling([D("0.02"), D(0), D("0.02")], window=2, periods=252, figures=["sharpe"])["sharpe"][-1]
    assert math.isclose(float(found), 0.01 / (0.02 / math.sqrt(2)) * math.sqrt(252), rel_tol=1e-12)


def test_a_fall_ends_on_the_first_session_that_reaches_the_peak_again() -> None:
    """quantstats 354: the recovery was dated days after the price had been above the peak."""
    sessions = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
    returns = [D("0.1"), D("-0.5"), D("0.5"), D(1) / 3 + D("0.1"), D("-0.01")]
    (deep, last) = metrics.drawdowns(returns, sessions).iter_rows(named=True)
    assert (deep["depth"], deep["peak"], deep["trough"], deep["recovery"]) == (-D("0.5"), *sessions[:2], sessions[3])
    assert (last["depth"], last["peak"], last["recovery"]) == (-D("0.01"), sessions[3], None)
