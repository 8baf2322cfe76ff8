"""Whole runs whose books were computed by hand; the arithmetic stands beside each number."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage

D = Decimal
DAYS = [dt.date(2021, 2, day) for day in range(1, 8)]


def ingest(closes: dict[str, list[str]], *, volume: str = "1000000", **more: Any) -> None:
    """Days from 1 February 2021 on, open = high = low = close, on a calendar that never closes."""
    rows = [
        (symbol, day, close, close, close, close, volume)
        for symbol, prices in closes.items()
        for day, close in zip(DAYS, prices, strict=False)
    ]
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    splits = more.pop("splits", None)
    dividends = more.pop("dividends", None)
    in_shares = more.pop("stock_dividends", None)
    rustybt.ingest(
        "golden",
        frame,
        calendar="24/7",
        splits=splits and pl.DataFrame(splits, schema=["symbol", "ex_date", "ratio"], orient="row"),
        dividends=dividends
        and pl.DataFrame(dividends, schema=["symbol", "ex_date", "amount", "pay_date"], orient="row"),
        stock_dividends=in_shares
        and pl.DataFrame(in_shares, schema=["symbol", "ex_date", "ratio", "payment_symbol", "pay_date"], orient="row"),
        **more,
    )


def run(
    orders: dict[int, list[tuple[str, Any]]],
    days: int,
    capital: str,
    models: tuple[Any, Any] | None = None,
    compat: Any = None,
) -> Any:
    """Orders by bar (0 is the first), as symbol and amount; without slippage and fees unless models are given."""

    def initialize(context: Any) -> None:
        context.bar = 0
        slips, costs = models or (slippage.NoSlippage(), commission.NoCommission())
        context.set_slippage(slips)
        context.set_commission(costs)

    def handle_data(context: Any, data: Any) -> None:
        for symbol, amount in orders.get(context.bar, ()):
            context.order(context.symbol(symbol), amount)
        context.bar += 1

    return rustybt.run_algorithm(
        DAYS[0], DAYS[days - 1], initialize, capital, handle_data, bundle="golden", compat=compat
    )


def entries(result: Any) -> list[tuple[str, Decimal, Decimal]]:
    """Kind, change of quantity, change of cash."""
    return [(k, q, a) for k, q, a in result.entries.select("kind", "quantity", "amount").iter_rows()]


def values(result: Any) -> list[Decimal]:
    return result.daily["portfolio_value"].to_list()


def test_a_split_of_five_for_six_leaves_a_fraction_that_is_paid_at_the_mark_of_before() -> None:
    # 101 units bought at 24 on day 2. On day 3 the ratio 6/5 (old price x 6/5 = new price, so 5 new for 6 old) gives
    # 101 x 5/6 = 84 1/6: 84 stay. They stand for 84 x 6/5 = 100.8 old units; the 0.2 left is paid at 24: 4.80.
    ingest({"A": ["25", "24", "28.80", "30"]}, splits=[("A", DAYS[2], "6/5")])
    result = run({0: [("A", 101)]}, 4, "10000")
    assert entries(result) == [
        ("capital", D(0), D(10000)),
        ("fill", D(101), D(-2424)),  # 101 x 24
        ("split", D(-17), D(0)),  # 84 - 101
        ("cash_in_lieu", D(0), D("4.80")),
    ]
    # day 2: 7576 + 101 x 24 = 10000; day 3: 7580.80 + 84 x 28.80 = 7580.80 + 2419.20 = 10000: a split makes nobody
    # richer; day 4: 7580.80 + 84 x 30 = 10100.80
    assert values(result) == [D(10000), D(10000), D(10000), D("10100.80")]
    # 2424 were paid for 101 old units; those that stay stand for 100.8 of them: 2424 x 100.8 / 101 = 2419.20,
    # so 28.80 a unit
    assert result.positions["cost_basis"].to_list()[-1] == D("28.80")


def test_a_fraction_that_no_decimal_shows_is_rounded_once_half_even_at_20_decimals() -> None:
    # 100 units at 10; 3/7: 100 x 7/3 = 233 1/3. 233 stand for 233 x 3/7 = 99 6/7 old units; 1/7 is paid at 10:
    # 10/7 = 1.428571428571428571428571... -> 1.42857142857142857143
    ingest({"A": ["10", "10", "4.29"]}, splits=[("A", DAYS[2], "3/7")])
    result = run({0: [("A", 100)]}, 3, "5000")
    assert entries(result)[2:] == [
        ("split", D(133), D(0)),
        ("cash_in_lieu", D(0), D("1.42857142857142857143")),
    ]
    # 4000 + 10/7 + 233 x 4.29 = 4000 + 1.42857142857142857143 + 999.57
    assert values(result)[-1] == D("5000.99857142857142857143")


def test_a_fraction_is_paid_without_the_dividend_of_the_same_day() -> None:
    # 101 units at 24, of which each is owed a dividend of 3 on day 3, the day of a split of 6/5: 303. The 0.2 old units
    # that are left over are worth 24 - 3 each by then: 0.2 x 21 = 4.20; 84 new ones stand at 21 x 6/5 = 25.20
    ingest({"A": ["25", "24", "25.20"]}, splits=[("A", DAYS[2], "6/5")], dividends=[("A", DAYS[2], "3", None)])
    result = run({0: [("A", 101)]}, 3, "10000")
    assert sorted(entries(result)[2:]) == sorted([
        ("dividend", D(0), D(303)),
        ("split", D(-17), D(0)),
        ("cash_in_lieu", D(0), D("4.20")),
    ])  # fmt: skip
    # 7576 + 303 + 4.20 + 84 x 25.20 = 10000: neither made anybody richer
    assert values(result) == [D(10000), D(10000), D(10000)]


def test_a_fraction_that_a_dividend_takes_all_of_is_worth_nothing() -> None:
    # 101 units at 24, each owed a dividend of 30 on the day of a split of 6/5: 3030. Nothing is left of 0.2 old units
    ingest({"A": ["25", "24", "7"]}, splits=[("A", DAYS[2], "6/5")], dividends=[("A", DAYS[2], "30", None)])
    result = run({0: [("A", 101)]}, 3, "10000")
    assert sorted(entries(result)[2:]) == [("dividend", D(0), D(3030)), ("split", D(-17), D(0))]
    assert values(result)[-1] == D(7576) + 3030 + 84 * 7


def test_a_reverse_split_that_leaves_less_than_one_unit_pays_all_of_it() -> None:
    # 7 units at 3; 10/1: 0.7 of a unit: nothing stays, 7 x 3 = 21 is paid
    ingest({"A": ["3", "3", "30"]}, splits=[("A", DAYS[2], "10")])
    result = run({0: [("A", 7)]}, 3, "100")
    assert entries(result)[1:] == [
        ("fill", D(7), D(-21)),
        ("split", D(-7), D(0)),
        ("cash_in_lieu", D(0), D(21)),
    ]
    assert values(result) == [D(100), D(100), D(100)]
    assert result.positions.height == 1  # day 2 only


def test_a_short_owes_the_dividend_and_pays_the_fraction_of_a_split() -> None:
    # 33 sold short at 50 on day 2 with 5 basis points: 50 x 0.9995 = 49.975; fee 33 x 0.001 = 0.033.
    # Day 3 goes ex 1.25 a unit, paid on day 5: -33 x 1.25 = -41.25.
    # Day 4 splits 2/3 (three new for two old): -33 x 3/2 = -49.5: -49 stay. They stand for -49 x 2/3 = -32 2/3 old
    # units; the -1/3 left is bought back at day 3's 48: -16.
    ingest(
        {"A": ["50", "50", "48", "33", "30", "30"]},
        splits=[("A", DAYS[3], "2/3")],
        dividends=[("A", DAYS[2], "1.25", DAYS[4])],
    )
    models = (slippage.FixedBasisPointsSlippage(), commission.PerShare())
    result = run({0: [("A", -33)]}, 6, "10000", models)
    assert entries(result) == [
        ("capital", D(0), D(10000)),
        ("fill", D(-33), D("1649.175")),  # 33 x 49.975
        ("fee", D(0), D("-0.033")),
        ("split", D(-16), D(0)),  # -49 - (-33)
        ("cash_in_lieu", D(0), D(-16)),
        ("dividend", D(0), D("-41.25")),
    ]
    assert values(result) == [
        D(10000),
        D("9999.142"),  # 11649.142 - 33 x 50
        D("10065.142"),  # 11649.142 - 33 x 48; what is owed is no part of the value until it is paid
        D("10016.142"),  # 11633.142 - 49 x 33
        D("10121.892"),  # 11591.892 - 49 x 30
        D("10121.892"),
    ]


def test_a_dividend_of_the_day_of_a_split_is_owed_for_the_units_of_before() -> None:
    # 10 units; on day 3 both 0.30 a unit and 1/2: 10 x 0.30 = 3.00, then 20 units
    ingest(
        {"A": ["8", "8", "4", "4"]},
        splits=[("A", DAYS[2], "0.5")],
        dividends=[("A", DAYS[2], "0.30", None)],
    )
    result = run({0: [("A", 10)]}, 4, "100")
    assert entries(result)[2:] == [("dividend", D(0), D("3.00")), ("split", D(10), D(0))]
    assert values(result)[2:] == [D(103), D(103)]


def test_units_bought_on_the_ex_day_earn_nothing_and_units_sold_on_it_earn() -> None:
    # 5 bought at day 2's close: held at the start of day 3, sold at its close: 5 x 2 = 10 is paid on day 5.
    # B is bought at day 3's close, its own ex-day: nothing.
    ingest(
        {"A": ["10", "10", "9", "9", "9"], "B": ["10", "10", "9", "9", "9"]},
        dividends=[("A", DAYS[2], "2", DAYS[4]), ("B", DAYS[2], "2", DAYS[4])],
    )
    result = run({0: [("A", 5)], 1: [("A", -5), ("B", 5)]}, 5, "100")
    assert [e for e in entries(result) if e[0] == "dividend"] == [("dividend", D(0), D(10))]
    # 100 - 50 (day 2) + 45 - 45 (day 3) = 50, and 5 B at 9
    assert values(result) == [D(100), D(100), D(95), D(95), D(105)]


def test_prices_of_a_hundred_millionth_keep_every_digit() -> None:
    # 12,345,678,901 units at 0.00000003 with 5 basis points: 0.00000003 x 1.0005 = 0.000000030015
    # 12345678901 x 0.000000030015 = 370.555552213515 (12345678901 x 30015 = 370555552213515, less 12 places)
    # fee: 0.0015 x 370.555552213515 = 0.5558333283202725
    ingest({"P": ["0.00000002", "0.00000003", "0.00000005"]}, volume="1000000000000")
    models = (slippage.FixedBasisPointsSlippage(), commission.PerDollar())
    result = run({0: [("P", 12_345_678_901)]}, 3, "1000", models)
    assert result.transactions["price"].to_list() == [D("0.000000030015")]
    assert entries(result)[1:] == [
        ("fill", D(12_345_678_901), D("-370.555552213515")),
        ("fee", D(0), D("-0.5558333283202725")),
    ]
    # 1000 - 370.555552213515 - 0.5558333283202725 = 628.8886144581647275
    # + 12345678901 x 0.00000005 = 617.28394505
    assert result.daily["ending_cash"].to_list()[-1] == D("628.8886144581647275")
    assert values(result)[-1] == D("1246.1725595081647275")


def test_volumes_of_ten_million_millions_and_what_they_allow() -> None:
    # a tenth of 10,000,000,000,003 is 1,000,000,000,000.3: 1e12 whole units fill a bar, at 0.0001 each 1e8 of money
    ingest({"V": ["0.0001"] * 4}, volume="10000000000003")
    models = (slippage.FixedBasisPointsSlippage(basis_points=0), commission.NoCommission())
    result = run({0: [("V", 2_500_000_000_000)]}, 4, "1000000000", models)
    assert result.transactions["amount"].to_list() == [D(10**12), D(10**12), D(5 * 10**11)]
    assert [a for _, _, a in entries(result)[1:]] == [D(-(10**8)), D(-(10**8)), D(-5 * 10**7)]
    assert values(result) == [D(10**9)] * 4


def test_a_thousand_millions_beside_a_hundred_millionth_in_one_portfolio() -> None:
    # 1 x 999999999.99 and 3e9 x 0.00000001 = 30; then 1000000000.01 and 3e9 x 0.00000002 = 60
    ingest({"A": ["999999999.99"] * 2 + ["1000000000.01"], "B": ["0.00000001"] * 2 + ["0.00000002"]})
    result = run({0: [("A", 1), ("B", 3_000_000_000)]}, 3, "2000000000")
    assert values(result)[-1] == D("2000000030.02")
    assert result.positions["value"].to_list()[-2:] == [D("1000000000.01"), D(60)]


def test_cost_and_fees_through_adding_reducing_and_turning_around() -> None:
    # fee 0.01 a unit. +10 at 100: cost 1000 + 0.10 = 1000.10. +5 at 110: 1000.10 + 550 + 0.05 = 1550.15.
    # -5 at 120: two thirds stay: 1033.43333..., + fee 0.05 = 1033.48333... of 10 units.
    # -15 at 90 turns it to -5: cost -5 x 90 = -450, + fee 0.15 = -449.85: 89.97 a unit.
    ingest({"A": ["100", "100", "110", "120", "90", "80"]})
    orders = {0: [("A", 10)], 1: [("A", 5)], 2: [("A", -5)], 3: [("A", -15)], 4: [("A", 5)]}
    models = (slippage.NoSlippage(), commission.PerShare(cost="0.01"))
    result = run(orders, 6, "10000", models)
    assert result.positions["cost_basis"].to_list() == [
        D("100.01"),
        D("103.3433333333"),  # 1550.15 / 15, at 10 decimals more than the prices have
        D("103.3483333333"),  # 1033.4833... / 10
        D("89.97"),
    ]
    # cash: 10000 - 1000.10 - 550.05 + 599.95 + 1349.85 - 400.05 = 9999.60
    assert result.daily["ending_cash"].to_list()[-1] == D("9999.60")


def test_a_delisted_asset_is_closed_out_at_its_last_price_without_fee() -> None:
    # 4 at 25; its last bar is day 3 at 20; closed at the first close on or after 5 February: 4 x 20 = 80
    ingest(
        {"A": ["25", "25", "20"], "B": ["1"] * 7},
        assets=pl.DataFrame({"symbol": ["A"], "auto_close_date": [DAYS[4]]}),
    )
    result = run({0: [("A", 4)]}, 7, "100", (slippage.NoSlippage(), commission.PerTrade("1")))
    assert entries(result)[-1] == ("auto_close", D(-4), D(80))
    assert values(result) == [D(100), D(99), D(79), D(79), D(79), D(79), D(79)]
    last = result.transactions.row(-1, named=True)
    assert (last["order_id"], last["session"], last["commission"]) == (None, DAYS[4], D(0))


@pytest.mark.parametrize("numbers", ["decimal", "float"])
def test_the_books_are_the_same_in_either_kind_of_numbers(numbers: str) -> None:
    # a weight of 1/3, cut by the strategy to 0.3333: 0.3333 x 1000 / 7 = 47.614...: 47 units at 7.1
    ingest({"A": ["7", "7.1", "7.2"]})

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        if not context.portfolio.positions:
            context.order_target_percent(context.symbol("A"), 0.3333)

    result = rustybt.run_algorithm(DAYS[0], DAYS[2], initialize, 1000, handle_data, bundle="golden", numbers=numbers)
    # 1000 - 47 x 7.1 = 666.30; + 47 x 7.2 = 338.40
    assert values(result) == [D(1000), D(1000), D("1004.70")]


def test_a_dividend_in_shares_is_earned_on_the_ex_date_and_paid_in_whole_units_on_the_pay_date() -> None:
    # 109 units of A at 10; a tenth of a B for each: 10.9 B, of which 10 are paid on day 5 (bought A meanwhile: nothing)
    ingest(
        {"A": ["10"] * 6, "B": ["4", "4", "4", "4", "5", "6"]},
        stock_dividends=[("A", DAYS[2], "1/10", "B", DAYS[4])],
    )
    result = run({0: [("A", 109)], 2: [("A", 50)]}, 6, "5000")
    assert entries(result)[1:] == [
        ("fill", D(109), D(-1090)),
        ("fill", D(50), D(-500)),
        ("stock_dividend", D(10), D(0)),
    ]
    assert result.entries["reason"].to_list()[-1] == "1/10 of 24/7:A"
    # 10 B at 5, then at 6; they cost nothing
    assert values(result) == [D(5000), D(5000), D(5000), D(5000), D(5050), D(5060)]
    paid = result.positions.filter(pl.col("symbol") == "B")
    assert paid.select("amount", "cost_basis").rows() == [(D(10), D(0))] * 2


def test_a_dividend_in_its_own_shares_leaves_the_cost_of_the_position() -> None:
    # 100 units for 1100; one for ten: 110 units that cost 10 each
    ingest({"A": ["11", "11", "10", "10"]}, stock_dividends=[("A", DAYS[2], "0.1", "A", None)])
    result = run({0: [("A", 100)]}, 4, "5000")
    assert entries(result)[2:] == [("stock_dividend", D(10), D(0))]
    assert result.positions["cost_basis"].to_list() == [D(11), D(10), D(10)]
    assert values(result) == [D(5000), D(5000), D(5000), D(5000)]


def test_a_short_owes_the_shares_and_a_pay_date_between_sessions_is_the_next_one() -> None:
    # -33 x 2/7 = -9.43: nine B are owed, and delivered short
    ingest(
        {"A": ["10"] * 5, "B": ["3"] * 5},
        stock_dividends=[("A", DAYS[2], "2/7", "B", DAYS[3])],
    )
    result = run({0: [("A", -33)]}, 5, "5000")
    assert entries(result)[2:] == [("stock_dividend", D(-9), D(0))]
    assert values(result) == [D(5000), D(5000), D(5000), D(4973), D(4973)]


def test_a_dividend_in_shares_of_a_finer_step_is_paid_in_that_step() -> None:
    # 7 x 1/3 = 2.333...: with a step of 0.01 that is 2.33
    about = pl.DataFrame({"symbol": ["B"], "quantity_step": ["0.01"]})
    ingest({"A": ["10"] * 4, "B": ["3"] * 4}, stock_dividends=[("A", DAYS[2], "1/3", "B", DAYS[2])], assets=about)
    result = run({0: [("A", 7)]}, 4, "5000")
    assert entries(result)[2:] == [("stock_dividend", D("2.33"), D(0))]
    assert values(result)[-1] == D("5006.99")


def test_shares_that_are_owed_are_split_with_those_that_are_held() -> None:
    # 100 at 110, one for ten on day 3 (100 from then on), a two-for-one split on day 4: the 10 that are owed are 20
    ingest(
        {"A": ["110", "110", "100", "50", "50", "50"]},
        stock_dividends=[("A", DAYS[2], "1/10", "A", DAYS[4])],
        splits=[("A", DAYS[3], "1/2")],
    )
    result = run({0: [("A", 100)]}, 6, "20000")
    assert entries(result)[2:] == [("split", D(100), D(0)), ("stock_dividend", D(20), D(0))]
    # what is owed is not counted before it is paid: 10 x 100
    assert values(result) == [D(20_000), D(20_000), D(19_000), D(19_000), D(20_000), D(20_000)]


def test_of_owed_shares_whole_ones_are_paid_after_all_splits_and_a_short_owes_as_many() -> None:
    # 33 x 1/3 = 11 B are owed; one for two makes 5.5 of them, two for one 11 again, one for three 3.67: three are paid
    splits = [("B", DAYS[2], "2"), ("B", DAYS[3], "1/2"), ("B", DAYS[4], "3")]
    for held, paid in ((33, 3), (-33, -3)):
        ingest(
            {"A": ["10"] * 6, "B": ["6", "6", "12", "6", "18", "18"]},
            stock_dividends=[("A", DAYS[2], "1/3", "B", DAYS[5])],
            splits=splits,
            mode="replace",
        )
        result = run({0: [("A", held)]}, 6, "5000")
        assert entries(result)[2:] == [("stock_dividend", D(paid), D(0))]
        assert values(result)[-1] == 5000 + paid * 18


def test_zipline_keeps_the_cost_per_share_and_pays_on_a_session_named_or_never() -> None:
    ingest(
        {"A": ["11", "11", "10", "10"], "B": ["1"] * 4},
        stock_dividends=[("A", DAYS[2], "0.1", "A", DAYS[3]), ("A", DAYS[2], "0.1", "B", None)],
    )
    result = run({0: [("A", 100)]}, 4, "5000", compat="zipline")
    assert entries(result)[2:] == [("stock_dividend", D(10), D(0))]
    assert result.positions["cost_basis"].to_list() == [D(11), D(11), D(11)]
