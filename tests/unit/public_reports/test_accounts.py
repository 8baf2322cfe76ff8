"""Faults that users of other engines reported of accounts, fees and what is paid; values are worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage
from tests.unit._small import DAYS, NAMES, ingest, run

D = Decimal


def buy(amount: Any, name: str = "A", **how: Any) -> Any:
    return lambda context, data: context.order(context.symbol(name), amount, **how)


def with_fees(*given: Any, **by_kind: Any) -> Any:
    return lambda context: context.set_commission(*given, **by_kind)


def test_a_short_owes_the_dividend() -> None:
    """zipline 1468: 100 short over the ex-date of 0.50 pay 50, on the day on which it is paid, as Zipline does."""
    ingest({"A": [10] * 6}, dividends=[("A", DAYS[3], "0.50", DAYS[4])])
    result = run({0: buy(-100)}, days=6)
    assert result.daily["ending_cash"].to_list() == [10_000, 11_000, 11_000, 11_000, 10_950, 10_950]
    assert result.daily["portfolio_value"].to_list() == [10_000] * 4 + [9_950] * 2


def test_a_short_pays_for_the_shares_that_it_borrows() -> None:
    """LEAN 4563: hard to borrow shares cost nothing. 50,000 at 36 % and 360 days a year are 50 a night."""
    ingest({"A": [50] * 6})
    result = run({0: buy(-1000)}, initialize=lambda context: context.set_borrow({"A": "0.36"}), capital=100_000, days=6)
    assert result.daily["portfolio_value"].to_list() == [100_000, 100_000, 99_950, 99_900, 99_850, 99_800]


def test_an_account_that_lost_more_than_all_is_told_of() -> None:
    """LEAN 5691: the backtest went on below zero and recovered as if nothing had been."""
    ingest({"A": [100, 100, 40, 90, 120]})
    with pytest.warns(UserWarning, match="ruined on 2021-02-03: at the close it was worth -2,000.00 USD"):
        result = run({0: buy(200)}, on_ruin="stop")
    assert result.daily["portfolio_value"].to_list() == [10_000, 10_000, -2_000]
    assert result.metrics["sharpe"] is None


def test_a_margin_account_sells_before_it_comes_to_that() -> None:
    """LEAN 5691, the other half: at 60 the 12,000 of shares ask for 3,000, and 2,000 are there.

    2,000 carry 8,000, so that 67 shares have to go. At 70 it was 3,500 of 4,000.
    """
    ingest({"A": [100, 100, 70, 60, 60]})
    result = run({0: buy(200)}, initialize=lambda context: context.set_account("reg_t"))
    (call,) = result.orders.filter(pl.col("tag") == "margin call").iter_rows(named=True)
    assert (call["amount"], call["created"].date()) == (-67, DAYS[4])  # the midnight that ends the session of 60


def test_fees_are_paid_from_cash() -> None:
    """pybroker 91: fees were counted, and neither cash nor value was less by them."""
    ingest({"A": [10, 10, 11, 11, 11]})
    result = run({0: buy(100), 1: buy(-100)}, initialize=with_fees(commission.PerTrade(7)))
    assert result.daily["ending_cash"].to_list() == [10_000, 8_993, 10_086, 10_086, 10_086]
    assert result.trades["net"].to_list() == [86]
    assert result.metrics["total_return"] == D("0.0086")


def swap(closes: list[str], rates: dict[int, str], amount: str, fee: str, **settings: Any) -> rustybt.Result:
    """A perpetual that pays at each midnight. rates: by day; the price is that day's."""
    rows = [("P", day, *[close] * 4, "1000000") for day, close in zip(DAYS, closes, strict=False)]
    paid = [
        ("P", dt.datetime(day.year, day.month, day.day, 8, tzinfo=dt.UTC), rates[k], closes[k])
        for k, day in enumerate(DAYS)
        if k in rates
    ]
    rustybt.ingest(
        "small",
        pl.DataFrame(rows, schema=NAMES, orient="row"),
        calendar="24/7",
        mode="replace",
        assets={"type": "perpetual", "quantity_step": "0.001", "tick_size": "0.01", "currency": "USDT"},
        funding=pl.DataFrame(paid, schema=["symbol", "timestamp", "rate", "mark_price"], orient="row"),
    )
    return run(
        {0: buy(amount, "P")},
        initialize=with_fees(commission.PerDollar(fee)),
        days=len(closes),
        **settings,
    )


def test_a_commission_is_paid_once() -> None:
    """NautilusTrader 725: 10 at 29,037.85 and 0.04 % cost 116.1514, and twice that was gone."""
    result = swap(["29037.85"] * 3, {}, "10", "0.0004", capital=1000)
    assert result.daily["ending_cash"].to_list() == [1000, D("883.8486"), D("883.8486")]


def test_funding_is_what_its_rates_say_and_nothing_where_they_are_0() -> None:
    """freqtrade 7291: a short's profit of 39 came out as 695, and changed with rates that were all 0."""
    closes = ["7.144", "7.144", "7.144", "6.536"]
    profit = D("400.7") * (D("7.144") - D("6.536"))
    none = swap(closes, {2: "0", 3: "0"}, "-400.7", "0")
    assert none.daily["portfolio_value"][-1] == 10_000 + profit
    paid = swap(closes, {2: "0.0001", 3: "-0.0003"}, "-400.7", "0")
    funding = D("400.7") * D("7.144") * D("0.0001") - D("400.7") * D("6.536") * D("0.0003")
    assert paid.daily["portfolio_value"][-1] == 10_000 + profit + funding


def test_prices_of_eight_places_are_booked_exactly() -> None:
    """NautilusTrader 359: results went wrong with ADA in bitcoins, at 0.00003912."""
    ingest({"A": ["0.00003912", "0.00003912", "0.00003987"]}, days=DAYS)
    result = run({0: buy(20), 1: buy(-20)}, capital="0.006", days=3)
    assert result.daily["ending_cash"].to_list() == [D("0.006"), D("0.0052176"), D("0.006015")]


def test_a_balance_of_trillions_is_booked_exactly() -> None:
    """NautilusTrader 885: a billion made `total - locked` other than what was free."""
    ingest({"A": ["0.01", "0.01", "0.02"]}, volume=10**15)
    result = run({0: buy(10**12), 1: buy(-1)}, capital="1000000000000.03", days=3)
    assert result.daily["ending_cash"].to_list() == [
        D("1000000000000.03"),
        D("990000000000.03"),
        D("990000000000.05"),
    ]


def test_a_run_without_orders_ends_with_what_it_began_with() -> None:
    """NautilusTrader 4055: 98 % of the account was lost without an order, at a Sortino ratio of 331."""
    ingest({"A": [10, 1, 100, 3, 50]})
    result = run({}, capital=2_000_000)
    assert result.daily["portfolio_value"].to_list() == [2_000_000] * 5
    assert (result.metrics["sharpe"], result.metrics["sortino"]) == (None, None)
    assert result.trades.height == 0


def test_the_least_that_an_order_costs_is_paid_once_however_it_fills() -> None:
    """zipline 128: 100 units at 0.005 are 0.50, so that the minimum of 1.00 holds, over fills of 40, 40 and 20."""

    def terms(context: Any) -> None:
        context.set_slippage(slippage.VolumeShareSlippage(volume_limit=1, price_impact=0))
        context.set_commission(commission.PerShare("0.005", min_trade_cost=1))

    ingest({"A": [10] * 5}, volume=40)
    result = run({0: buy(100)}, initialize=terms)
    assert result.transactions["amount"].to_list() == [40, 40, 20]
    assert result.transactions["commission"].to_list() == [1, 0, 0]


def contracts(closes: list[Any], on_bar: dict[int, Any], fee: Any) -> rustybt.Result:
    """ES at 50 a point and MES at 5, at the same prices."""
    kinds = {"symbol": ["ESH21", "MESH21"], "type": ["future"] * 2, "root_symbol": ["ES", "MES"]}
    ends = {"multiplier": ["50", "5"], "expiration_date": ["2021-03-19"] * 2}
    ingest({"ESH21": closes, "MESH21": closes}, assets=pl.DataFrame(kinds | ends))

    def terms(context: Any) -> None:
        context.set_slippage(us_futures=slippage.NoSlippage())
        context.set_commission(us_futures=fee)

    return run(on_bar, initialize=terms, days=len(closes))


def test_a_point_of_a_future_is_its_multiplier() -> None:
    """backtesting.py 1297: one point of ES at 5 of fees was a loss of 4; it is 50 - 5."""
    orders = {0: buy(1, "ESH21"), 1: buy(-1, "ESH21")}
    result = contracts([4000, 4000, 4001], orders, commission.PerFutureTrade("2.5"))
    assert result.trades.select("gross", "costs", "net").row(0) == (50, 5, 45)
    assert result.daily["portfolio_value"][-1] == 10_045


def test_small_contracts_have_a_fee_of_their_own() -> None:
    """LEAN 6548: micro futures were charged as their large kin."""
    fee = commission.PerContract(cost={"ES": "2.25", "MES": "0.57"}, exchange_fee=0)
    orders = {0: lambda context, data: [buy(2, "ESH21")(context, data), buy(3, "MESH21")(context, data)]}
    result = contracts([4000, 4000, 4000], orders, fee)
    assert sorted(result.transactions["commission"].to_list()) == [D("1.71"), D("4.5")]


def test_adding_to_a_future_leaves_the_gain_of_what_was_there() -> None:
    """backtrader 33: the price of adjustment was lost when a position grew. One from 100 on, one from 110, at 120."""
    result = contracts([100, 100, 110, 120], {0: buy(1, "ESH21"), 1: buy(1, "ESH21")}, commission.PerFutureTrade(0))
    assert result.daily["portfolio_value"].to_list() == [10_000, 10_000, 10_500, 11_500]


def test_all_of_the_account_can_be_invested_at_a_fee_in_per_cent() -> None:
    """bt 247: weights of 100 % and 0.15 % of fees did not converge. Here the fee comes on top, and can be refused."""
    ingest({"A": [100] * 5})
    target = {0: lambda context, data: context.order_target_percent(context.symbol("A"), 1)}
    result = run(target, initialize=with_fees(commission.PerDollar("0.0015")))
    assert result.daily["ending_cash"].to_list() == [10_000, -15, -15, -15, -15]
    assert [note.code for note in result.notes] == ["cash_below_zero"]


def test_what_stands_behind_one_short_is_not_there_for_another() -> None:
    """ai-hedge-fund 418: shorts were asked of all cash, also of that which margins other shorts."""
    ingest({name: [100] * 5 for name in "ABC"})
    script = {k: buy(-100, name) for k, name in enumerate("ABC")}
    result = run(script, initialize=lambda context: context.set_account("reg_t"))
    assert result.orders.select("symbol", "status", "cause").rows() == [
        ("A", "filled", None),
        ("B", "filled", None),
        ("C", "rejected", "buying_power"),
    ]


def test_a_stop_of_what_was_sold_already_makes_no_short_in_a_cash_account() -> None:
    """OctoBot 355: a stop that was still there after the sale made the portfolio negative."""
    ingest({"A": [100, 100, 100, 80, 80]})
    second: list[Any] = []

    def sell(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), -10, stop_price=90)
        second.append(context.order(context.symbol("A"), -10))

    result = run({0: buy(10), 1: sell}, initialize=lambda context: context.set_account("cash"))
    assert result.transactions["amount"].to_list() == [10, -10]
    assert result.orders["status"].to_list() == ["filled", "filled", "rejected"]
    assert result.transactions["price"].to_list() == [100, 80]  # the stop, as it came first
