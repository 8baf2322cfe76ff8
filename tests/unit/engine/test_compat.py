"""Each difference from Zipline that can be had both ways, shown both ways.

`skip_half_days` and `every_minute_once` are in tests/unit/strategy/test_rules.py, and `limits_can_slip` is with the
broker too; `figures_below_zero` is in test_ruin.py.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage
from rustybt.errors import InputError
from tests.unit._small import DAYS, NAMES, ingest, run, seen

D = Decimal


def both(name: str, on_bar: Any, what: Any, **settings: Any) -> list[Any]:
    """Something of a result without and with one of Zipline's ways."""
    return [what(run(on_bar, compat=rustybt.Compat(**{name: way}), **settings)) for way in (False, True)]


def buy(amount: int, **how: Any) -> dict[int, Any]:
    return {0: lambda c, d: c.order(c.symbol("A"), amount, **how)}


def test_compat_zipline_is_all_of_them() -> None:
    assert rustybt.Compat.zipline() == rustybt.Compat(**{field.name: True for field in fields(rustybt.Compat)})
    ingest({"A": ["8"] * 5})
    assert set(run(compat="zipline").manifest["compat"].values()) == {True}
    assert set(run().manifest["compat"].values()) == {False}
    with pytest.raises(InputError, match="zipline"):
        run(compat=True)


def test_limits_can_slip() -> None:
    ingest({"A": ["8"] * 5})

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.FixedBasisPointsSlippage(5))

    prices = both("limits_can_slip", buy(1, limit_price=8), lambda r: r.transactions["price"][0], initialize=initialize)
    assert prices == [D(8), D("8.004")]


def test_a_limit_order_that_was_reached_waits_for_its_limit_or_not() -> None:
    ingest({"A": ["8", "7", "9", "9"]}, volume=20)

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.FixedBasisPointsSlippage(0, "0.5"))

    fills = both(
        "limits_can_slip", buy(20, limit_price=8), lambda r: r.transactions["price"].to_list(), initialize=initialize
    )
    # ten units a bar: the first ten at 7; the others wait for 8, or take 9
    assert fills == [[D(7)], [D(7), D(9)]]


@pytest.mark.parametrize(
    ("pay", "paid_on", "zipline"),
    [
        (None, dt.date(2021, 2, 4), None),
        # a Saturday: the session after it
        (dt.date(2021, 2, 6), dt.date(2021, 2, 8), None),
        (dt.date(2021, 2, 5), dt.date(2021, 2, 5), dt.date(2021, 2, 5)),
    ],
)
def test_exact_pay_dates(pay: dt.date | None, paid_on: dt.date, zipline: dt.date | None) -> None:
    days = [dt.date(2021, 2, day) for day in (1, 2, 3, 4, 5, 8, 9)]
    ingest({"A": ["8"] * 7}, days=days, calendar="XNYS", dividends=[("A", days[3], "0.5", pay)])

    def paid(result: rustybt.Result) -> Any:
        rows = [row for row in result.entries.select("stamp", "kind", "amount").rows() if row[1] == "dividend"]
        return [(stamp.date(), amount) for stamp, _, amount in rows]

    ours, theirs = both("exact_pay_dates", buy(10), paid, end=days[-1])
    assert ours == [(paid_on, D(5))]
    assert theirs == ([] if zipline is None else [(zipline, D(5))])


def test_pnl_without_dividends() -> None:
    ingest({"A": ["8", "8", "9", "10"]}, dividends=[("A", DAYS[2], "0.5", DAYS[3])])
    ours, theirs = both(
        "pnl_without_dividends",
        buy(10),
        lambda r: r.daily.select("pnl", "starting_cash", "ending_cash", "returns").row(3),
        capital=1000,
        days=4,
    )
    # 10 x (10 - 9) of price and 5 of dividend, on a portfolio of 1010
    assert ours == (D(15), D(920), D(925), D("0.014851485148514851"))
    assert theirs == (D(10), D(925), D(925), D("0.014851485148514851"))


def test_split_in_cents() -> None:
    ingest({"A": ["10.01", "10.01", "3.34", "3.34"]}, splits=[("A", DAYS[2], "1/3")])
    look = {0: lambda c, d: c.order(c.symbol("A"), 7), 1: lambda c, d: c.order(c.symbol("A"), 1, limit_price="0.17")}
    ours, theirs = both(
        "split_in_cents",
        look,
        lambda r: (r.positions["cost_basis"][-1], r.orders["limit"][-1]),
        days=4,
    )
    # 10.01 / 3 = 3.33666..., in cents 3.34; a limit of 0.17 / 3 goes to the tick either way
    assert ours == (D("3.336666666667"), D("0.06"))
    assert theirs == (D("3.34"), D("0.06"))


def test_split_in_cents_pays_the_fraction_at_the_basis() -> None:
    ingest({"A": ["10", "10", "20", "40"]}, splits=[("A", DAYS[3], "2")])
    ours, theirs = both("split_in_cents", buy(7), lambda r: r.entries["amount"][-1], days=4)
    # half a new unit is left: an old one at its last price, 20; or half of a basis of 20
    assert (ours, theirs) == (D(20), D(10))


def test_split_of_orders() -> None:
    ingest({"A": ["10", "10", "100", "100"]}, volume=10, splits=[("A", DAYS[2], "10")])

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.FixedBasisPointsSlippage(0, "0.5"))
        context.set_commission(commission.PerShare("0.1", 1))

    ours, theirs = both(
        "split_of_orders",
        buy(45),
        lambda r: (r.orders.select("amount", "filled", "status").row(0), r.orders["commission"][0]),
        initialize=initialize,
        days=4,
    )
    # 5 of 45 fill before: a fee of 1, the least. Of the 40 that are open the split leaves 4, which fill next: nine
    # units at 0.1 are 0.9 and less than the minimum, so nothing more. In Zipline's count they are 0 + 4.
    assert ours == ((D(4), D(4), "filled"), D(1))
    assert theirs == ((D(4), D(4), "filled"), D(1))


def test_an_order_of_which_a_split_leaves_nothing_is_cancelled_or_filled() -> None:
    ingest({"A": ["10", "10", "100", "100"]}, splits=[("A", DAYS[2], "10")])
    ours, theirs = both(
        "split_of_orders", buy(5, limit_price=1), lambda r: r.orders.select("amount", "status").row(0), days=4
    )
    assert ours == (D(5), "cancelled")
    assert theirs == (D(0), "filled")


def test_fees_across_a_split_count_each_unit_once_or_in_units_of_now() -> None:
    ingest({"A": ["10", "10", "5", "5", "5"]}, volume=10, splits=[("A", DAYS[2], "1/2")])

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.FixedBasisPointsSlippage(0, "0.5"))
        context.set_commission(commission.PerShare(1))

    ours, theirs = both(
        "split_of_orders", buy(7), lambda r: r.transactions["commission"].to_list(), initialize=initialize, days=4
    )
    # 5 of 7 fill at 1 each; the other 2 are 4 after the split. Zipline takes the 5 for 10: 10 + 4 - 5 = 9
    assert ours == [D(5), D(4)]
    assert theirs == [D(5), D(9)]


def test_a_fee_that_a_reverse_split_makes_too_high_lowers_what_the_order_has_cost_or_not() -> None:
    ingest({"A": ["10", "10", "100", "100"]}, volume=20, splits=[("A", DAYS[2], "10")])

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.FixedBasisPointsSlippage(0, "0.5"))
        context.set_commission(commission.PerShare(1))

    ours, theirs = both(
        "split_of_orders",
        buy(30),
        lambda r: (r.transactions["commission"].to_list(), r.orders["commission"][0]),
        initialize=initialize,
        days=4,
    )
    # 10 of 30 fill at 1 each; the other 20 are 2 after the split. Zipline takes the 10 for 1: 1 + 2 - 10 = -7, which
    # it counts on the order and does not pay
    assert ours == ([D(10), D(2)], D(12))
    assert theirs == ([D(10), D(0)], D(3))


def test_history_in_thousandths() -> None:
    ingest({"A": ["1.23456", "2.34567", "3.45678"]})
    found = [
        seen(
            lambda c, d: d.history(c.symbol("A"), "price", 2, "1d").to_list(),
            bar=2,
            days=3,
            compat=rustybt.Compat(history_in_thousandths=way),
        )
        for way in (False, True)
    ]
    assert found == [[2.34567, 3.45678], [2.346, 3.457]]


def test_year_of_252() -> None:
    ingest({"A": ["8"] * 14})
    assert both("year_of_252", None, lambda r: r.periods, days=14) == [365, 252]


def test_dividends_need_a_bar() -> None:
    # no bar on the day before the ex-date: the last close is older
    ingest({"A": ["8", "10", None, "9"], "Z": ["1"] * 5}, dividends=[("A", DAYS[3], "1", None)])
    found = [
        seen(
            lambda c, d: d.history(c.symbol("A"), "close", 3, "1d").to_list(),
            bar=3,
            days=4,
            compat=rustybt.Compat(dividends_need_a_bar=way),
        )
        for way in (False, True)
    ]
    # a factor of 1 - 1 / 10
    assert found == [[9.0, None, 9.0], [10.0, None, 9.0]]


def test_price_of_last_trade() -> None:
    # a minute at 8 with a trade, one at 9 without, one without a row
    night = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    rows = [("A", night + dt.timedelta(minutes=k), *[price] * 4, volume) for k, price, volume in (
        (1, "8", "5"), (2, "9", "0"), (4, "10", "5"))]  # fmt: skip
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    rustybt.ingest("small", frame, frequency="1m", stamp="end", calendar="24/7")
    for way, prices in ((False, [8, 9, 9, 10]), (True, [8, 9, 8, 10])):
        settings: dict[str, Any] = {
            "days": 1, "data_frequency": "minute", "compat": rustybt.Compat(price_of_last_trade=way)
        }  # fmt: skip
        look = lambda c, d: d.current(c.symbol("A"), "price")  # noqa: E731
        assert [seen(look, bar=bar, **settings) for bar in range(4)] == prices


def test_shares_that_turn_a_short_into_a_long_keep_its_basis_or_cost_nothing() -> None:
    # ten B are paid on a hundred A, to who is short of four B at 20: six are left
    day = str(DAYS[2])
    paid = {"symbol": ["A"], "ex_date": [day], "ratio": ["1/10"], "pay_date": [day], "payment_symbol": ["B"]}
    in_shares = pl.DataFrame(paid)
    ingest({"A": ["10"] * 4, "B": ["20"] * 4}, stock_dividends=in_shares)

    def order(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), 100)
        context.order(context.symbol("B"), -4)

    last = lambda r: r.positions.select("amount", "cost_basis").rows()[-1]  # noqa: E731
    rows = both("stock_dividends_keep_basis", {0: order}, last, days=4)
    assert rows == [(D(6), D(0)), (D(6), D(20))]


def test_stock_dividends_keep_basis() -> None:
    # 10 units at 11 cost 110; one more comes as a dividend: 11 units at 10 each, or at 11 each
    in_shares = pl.DataFrame(
        {"symbol": ["A"], "ex_date": [str(DAYS[2])], "ratio": ["1/10"], "pay_date": [str(DAYS[2])]}
    )
    ingest({"A": ["11", "11", "10", "10"]}, stock_dividends=in_shares)
    bases = both("stock_dividends_keep_basis", buy(10), lambda r: r.positions["cost_basis"].to_list()[-1], days=4)
    assert bases == [D(10), D(11)]


def test_owed_shares_ignore_splits() -> None:
    # 100 units at 11 earn 10 more, are split in two, and are paid in shares of then, or in those of before
    in_shares = pl.DataFrame(
        {"symbol": ["A"], "ex_date": [str(DAYS[2])], "ratio": ["1/10"], "pay_date": [str(DAYS[4])]}
    )
    ingest({"A": ["11", "11", "10", "5", "5"]}, stock_dividends=in_shares, splits=[("A", DAYS[3], "1/2")])
    held = both("owed_shares_ignore_splits", buy(100), lambda r: r.positions["amount"].to_list())
    assert held == [[100, 100, 200, 220], [100, 100, 200, 210]]


@pytest.mark.parametrize("trigger", ["close", "range"])
def test_triggers_need_volume(trigger: str) -> None:
    # 10 units of 100 fill on each bar, and the share is used up when the stop's turn comes, on the bar that reaches it
    ingest({"A": ["20", "20", "9", "20", "20"]}, volume=100)

    def order(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), 500)
        context.order(context.symbol("A"), 500)
        context.order(context.symbol("A"), -5, stop_price=10)

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.VolumeShareSlippage(0.1, 0))

    def stop(result: rustybt.Result) -> Any:
        events = result.order_events.filter(pl.col("order_id") == "main-3")
        return events.select("kind", "cause").rows(), result.orders["cause"][2]

    ours, theirs = both("triggers_need_volume", {0: order}, stop, initialize=initialize, trigger=trigger)
    assert ours == ([("accepted", None), ("triggered", "stop_reached")], "volume_used_up")
    # nobody looked at it on the bar that reached it; why it is open is that of the last bar, which does not
    assert theirs == ([("accepted", None)], "stop_not_reached")


def test_currencies_are_one() -> None:
    about = pl.DataFrame({"symbol": ["A", "EUR/USD"], "currency": ["EUR", "USD"], "type": ["equity", "forex"]})
    ingest({"A": ["8", "8", "9"], "EUR/USD": ["1.2", "1.2", "1.25"]}, assets=about)
    value = lambda r: (r.metrics["final_value"], r.entries["currency"].to_list())  # noqa: E731
    bought = both("currencies_are_one", buy(10), value, days=3, currency="USD")
    # 10 units, bought for 80 and worth 90: borrowed euros and euros at 1.25, or numbers
    assert bought == [(10_000 + 10 * D("1.25"), ["USD", "EUR"]), (D(10_010), ["USD", "USD"])]


def test_in_the_way_of_zipline_a_bundle_of_several_currencies_needs_no_word_on_them() -> None:
    ingest({"A": ["8", "8", "9"], "B": ["8"] * 3}, assets=pl.DataFrame({"symbol": ["A"], "currency": ["EUR"]}))
    result = run(buy(10), days=3, compat="zipline")
    assert (result.manifest["currency"], result.metrics["final_value"]) == ("USD", D(10_010))
    ingest(
        {"A": ["8", "8", "9"], "B": ["8"] * 3}, assets=pl.DataFrame({"symbol": ["A", "B"], "currency": ["EUR", "CHF"]})
    )
    assert run(buy(10), days=3, compat="zipline").manifest["currency"] == "CHF"
