"""What accounts allow, through `run_algorithm`; the right sizes and amounts are worked out by hand beside each case."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError, SetAccountPostInit
from tests.unit._small import ingest, run

KERNELS = ("python", "auto")
WEEK = [dt.date(2024, 1, day) for day in (8, 9, 10, 11, 12, 15, 16, 17)]
ON_WEEKDAYS = {"calendar": "24/5", "days": WEEK}
PERPETUAL = {"type": "perpetual", "quantity_step": "0.001"}
FUTURE = {"type": "future", "multiplier": 50, "root_symbol": "ES", "expiration_date": "2024-03-15"}


def account(
    prices: Any, orders: dict[int, Any], kind: Any, *, capital: Any = 10_000, assets: Any = None, also: Any = None,
    **parameters: Any,
) -> rustybt.Result:  # fmt: skip
    """orders: by bar, pairs of a symbol and a size, or a function of context. how: `run_algorithm`'s, in also."""
    about = {} if assets is None else {"assets": assets}
    ingest(prices, volume=10**9, **ON_WEEKDAYS, **about)

    def initialize(context: Any) -> None:
        context.set_account(kind, **parameters)

    def on_bar(context: Any, data: Any) -> None:
        for one in orders.get(context.bar, ()):
            if callable(one):
                one(context)
            else:
                context.order(context.symbol(one[0]), one[1])

    count = max(len(closes) for closes in prices.values())
    return run(on_bar, initialize=initialize, start=WEEK[0], end=WEEK[count - 1], capital=capital, **(also or {}))


def told(result: rustybt.Result) -> list[tuple[int, str, str | None]]:
    return [(int(row["amount"]), row["status"], row["cause"]) for row in result.orders.iter_rows(named=True)]


def forced(result: rustybt.Result) -> list[tuple[str, str, Decimal]]:
    """The symbols, causes and sizes of the orders that the broker placed."""
    causes = ["margin_call", "liquidation", "recalled"]
    events = result.order_events.filter((pl.col("kind") == "accepted") & pl.col("cause").is_in(causes))
    symbols = dict(result.orders.select("id", "symbol").iter_rows())
    return [(symbols[row["order_id"]], row["cause"], row["quantity"]) for row in events.iter_rows(named=True)]


def days_of(result: rustybt.Result) -> list[dt.date]:
    """The sessions of the fills; one of this calendar ends at midnight."""
    return [(when - dt.timedelta(seconds=1)).date() for when in result.transactions["dt"]]


FLAT = {"X": [100] * 6}

# ------------------------------------------------------------------------------------------------------------ cash


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_cash_account_pays_with_what_it_has_and_open_orders_reserve(kernel: str) -> None:
    """10,000 at 100: 60 are bought, the 41 are more than what is left, the 40 are not."""
    result = account(FLAT, {0: [("X", 60), ("X", 41), ("X", 40)]}, "cash", also={"kernel": kernel})
    assert told(result) == [(60, "filled", None), (41, "rejected", "buying_power"), (40, "filled", None)]
    assert "it costs 4,100.00, and 4,000.00 USD" in result.orders["reason"][1]


def test_a_cash_account_is_never_short() -> None:
    result = account(FLAT, {0: [("X", 10)], 1: [("X", -6), ("X", -5), ("X", -4)], 3: [("X", -1)]}, "cash")
    assert told(result) == [
        (10, "filled", None), (-6, "filled", None), (-5, "rejected", "buying_power"), (-4, "filled", None),
        (-1, "rejected", "buying_power"),
    ]  # fmt: skip


@pytest.mark.parametrize("settlement", [0, 1, 2, 3])
def test_what_was_sold_pays_when_it_has_settled(settlement: int) -> None:
    """All is spent on bar 1 and sold on bar 2: what is ordered there is paid for on bar 3, a session after the sale."""
    orders = {0: [("X", 100)], 1: [("X", -100)], 2: [("X", 50)], 3: [("X", 50)]}
    result = account(FLAT, orders, "cash", settlement=settlement)
    assert result.orders["status"].to_list()[2:] == [
        "filled" if settlement <= 1 else "rejected", "filled" if settlement <= 2 else "rejected",
    ]  # fmt: skip


@pytest.mark.parametrize(("bar", "status"), [(2, "rejected"), (8, "rejected"), (9, "filled")])
def test_within_a_session_what_was_sold_in_it_does_not_pay(bar: int, status: str) -> None:
    """Ten minutes a day: what is ordered with the last of them is paid for on the next day."""
    opens = [dt.datetime(2024, 1, day, 14, 30, tzinfo=dt.UTC) for day in (8, 9)]
    rows = [("X", start + dt.timedelta(minutes=k + 1), *["100"] * 4, "1000000") for start in opens for k in range(10)]
    frame = pl.DataFrame(rows, schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"], orient="row")
    frame = frame.with_columns(pl.col("timestamp").dt.replace_time_zone("UTC"))
    rustybt.ingest("minutes", frame, frequency="1m", stamp="end", calendar="XNYS", mode="replace")
    seen: list[int] = []

    def handle_data(context: Any, data: Any) -> None:
        now = len(seen)
        seen.append(now)
        minute = context.get_datetime()
        if now == 0:
            context.order(context.symbol("X"), 100)
        if now == 1:
            context.order(context.symbol("X"), -100)
        last = minute.hour == 21 and minute.minute == 0
        if (bar == 9 and last and minute.day == 8) or (bar < 9 and now == bar):
            context.order(context.symbol("X"), 50)

    def initialize(context: Any) -> None:
        context.set_account("cash")
        context.set_slippage(rustybt.api.slippage.NoSlippage())
        context.set_commission(rustybt.api.commission.NoCommission())

    result = rustybt.run_algorithm(
        dt.date(2024, 1, 8), dt.date(2024, 1, 9), initialize, 10_000, handle_data, bundle="minutes",
        data_frequency="minute", progress=False,
    )  # fmt: skip
    assert result.orders["status"].to_list() == ["filled", "filled", status]


def test_an_account_converts_no_more_than_is_settled() -> None:
    about = pl.DataFrame({"symbol": ["EUR/USD", "X"], "currency": ["USD", "USD"], "type": ["forex", "equity"]})

    def convert(context: Any) -> None:
        for amount in (6_001, 6_000, 1, -10):
            context.convert_currency(amount, "USD", "EUR")
        context.convert_currency(-10, "EUR", "USD")  # bought with 20 of dollars

    orders = {0: [("X", 40), convert], 3: [lambda c: c.convert_currency(10_001, "EUR", "USD")]}
    prices = {"X": [100] * 6, "EUR/USD": [2] * 6}
    cash = account(prices, orders, "cash", assets=about, also={"currency": "USD"})
    assert cash.conversions["status"].to_list() == [
        "rejected", "filled", "filled", "rejected", "filled", "rejected",
    ]  # fmt: skip
    assert "6,001.00, and 6,000.00 are settled and not reserved" in cash.conversions["reason"][0]


def test_what_a_change_under_way_needs_counts() -> None:
    """A buy of 50 at 90 is becoming one of 100: the 12 beyond what that leaves are refused, as before it arrives."""

    def place(context: Any) -> None:
        context.id = context.order(context.symbol("X"), 50, limit_price=90)

    def change(context: Any) -> None:
        assert context.modify_order(context.id, amount=100)
        assert not context.modify_order(context.id, amount=112)
        context.order(context.symbol("X"), 12)
        context.order(context.symbol("X"), 10)

    def slow(context: Any) -> None:
        context.set_account("cash")
        context.set_latency(rustybt.api.latency.Latency(network=dt.timedelta(hours=30)))

    ingest(FLAT, volume=10**9, **ON_WEEKDAYS)
    plan = {0: place, 2: change}
    result = run(
        lambda context, data: plan.get(context.bar, lambda context: None)(context), initialize=slow, start=WEEK[0],
        end=WEEK[5], capital=10_000,
    )  # fmt: skip
    assert told(result)[1:] == [(12, "rejected", "buying_power"), (10, "filled", None)]
    assert told(result)[0][0] == 100


def test_a_change_that_is_refused_says_why_among_the_events() -> None:
    events: list[Any] = []

    def rest(context: Any) -> None:
        context.id = context.order(context.symbol("X"), 90, limit_price=90)

    def change(context: Any) -> None:
        assert not context.modify_order(context.id, amount=112)

    result = account(
        FLAT, {0: [rest], 1: [change]}, "cash", also={"on_order": lambda context, event: events.append(event)}
    )
    row = result.order_events.filter(pl.col("kind") == "change_refused").row(0, named=True)
    assert (row["quantity"], row["cause"]) == (112, "buying_power")
    assert row["reason"].startswith("it costs 1,980.00, and 1,900.00 USD are settled and not reserved")
    assert [(event.kind, event.reason) for event in events if event.kind == "change_refused"] == [
        ("change_refused", row["reason"])
    ]
    assert result.orders["amount"].to_list() == [90]


@pytest.mark.parametrize("kind", ["cash", "reg_t"])
def test_an_order_that_rests_far_away_can_not_be_moved_to_a_price_that_the_account_has_not(kind: str) -> None:
    """112 units wait at 1; at their new limit they would cost 11,200 of 10,000, which is double on margin."""
    units = {"cash": 112, "reg_t": 224}[kind]

    def rest(context: Any) -> None:
        context.id = context.order(context.symbol("X"), units, limit_price=1)

    def move(context: Any) -> None:
        assert context.modify_order(context.id, limit_price=2)
        assert not context.modify_order(context.id, limit_price=100)

    result = account(FLAT, {0: [rest], 1: [move]}, kind)
    row = result.order_events.filter(pl.col("kind") == "change_refused").row(0, named=True)
    assert (row["quantity"], row["price"], row["cause"]) == (units, 100, "buying_power")
    assert not result.transactions.height
    assert result.orders["limit"].to_list() == [2]


def test_terms_of_an_account_that_nothing_has_are_noted() -> None:
    for kind, terms, unknown in (
        ("portfolio", {"moves": {"equity": "0.2", "X": "0.1", "XX": "0.5", "forx": "0.03"}}, ["XX", "forx"]),
        ("portfolio", {"moves": {"equity": "0.2", "forex": "0.1"}}, []),
        ("futures", {"margins": {"X": (10, 9), "ES": (12_000, 11_000)}}, ["ES"]),
    ):
        result = account(FLAT, {}, kind, **terms)
        found = [note.data["names"] for note in result.notes if note.code == "account_names_unknown"]
        assert found == ([unknown] if unknown else [])


def test_a_limit_reserves_its_price_and_a_market_order_a_cushion() -> None:
    def limit(context: Any) -> None:
        context.order(context.symbol("X"), 50, limit_price=120)

    result = account(FLAT, {0: [limit, ("X", 40), ("X", 39)]}, "cash", cushion="0.02")
    # 50 x 120 = 6,000; 40 x 102 = 4,080, and 39 x 102 = 3,978 of the 4,000 that are left
    assert told(result) == [(50, "filled", None), (40, "rejected", "buying_power"), (39, "filled", None)]


def test_orders_past_the_controls_and_changed_ones_are_asked_for_too() -> None:
    def batch(context: Any) -> None:
        context.batch_market_order({context.symbol("X"): 101})

    def rest(context: Any) -> None:
        context.id = context.order(context.symbol("X"), 90, limit_price=90)

    changed: list[bool] = []

    def change(context: Any) -> None:
        changed.extend(context.modify_order(context.id, amount=amount) for amount in (112, 111))

    result = account(FLAT, {0: [batch, rest], 1: [change]}, "cash")
    assert told(result) == [(101, "rejected", "buying_power"), (111, "open", "limit_not_reached")]
    assert changed == [False, True]


def test_a_weight_beyond_the_cash_is_refused_on_both_ways() -> None:
    def weights(context: Any) -> None:
        context.order_target_percent(context.symbol("X"), 1.01)
        context.order_target_percents({context.symbol("X"): 1.01})
        context.order_target_percent(context.symbol("X"), 1)

    assert told(account(FLAT, {0: [weights]}, "cash")) == [
        (101, "rejected", "buying_power"), (101, "rejected", "buying_power"), (100, "filled", None),
    ]  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- reg T


@pytest.mark.parametrize("kernel", KERNELS)
def test_half_of_what_is_bought_has_to_be_there(kernel: str) -> None:
    """10,000 carry 200 at 100, long or short, and no more; with what is open."""
    for side in (1, -1):
        orders = {0: [("X", side * 201), ("X", side * 150), ("X", side * 51), ("X", side * 50)]}
        result = account(FLAT, orders, "reg_t", also={"kernel": kernel})
        assert result.orders["status"].to_list() == ["rejected", "filled", "rejected", "filled"]
    assert result.orders["reason"][2] == (
        "it needs 2,550.00 of margin, and 2,500.00 are free: reg_t account worth 10,000.00"
    )


def test_a_sale_frees_nothing_before_it_fills_and_closing_needs_nothing() -> None:
    orders = {0: [("X", 200)], 1: [("X", -200), ("Y", 10)], 2: [("Y", 10)]}
    result = account({**FLAT, "Y": [100] * 6}, orders, "reg_t")
    assert result.orders["status"].to_list() == ["filled", "filled", "rejected", "filled"]


def test_below_its_least_an_account_gets_no_margin() -> None:
    orders = {0: [("X", 20), ("X", -1), ("X", 19)]}
    result = account(FLAT, orders, "reg_t", capital=1_999)
    assert told(result) == [
        (20, "rejected", "buying_power"), (-1, "rejected", "buying_power"), (19, "filled", None),
    ]  # fmt: skip
    assert result.orders["reason"][1] == "a reg_t account worth less than 2,000 gets no margin"


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_margin_call_sells_as_much_as_restores_the_margin(kernel: str) -> None:
    """16,000 bought with 8,000, worth 12,000: at 40 % 4,800 are asked for, 4,000 are there. 17 at 120 free 816."""
    prices = {"X": [160, 160, 120, 120, 120]}
    result = account(prices, {0: [("X", 100)]}, "reg_t", capital=8_000, maintenance="0.4", also={"kernel": kernel})
    assert forced(result) == [("X", "margin_call", -17)]
    (note,) = (one for one in result.notes if one.code == "forced_orders")
    assert "1 for margin calls" in note.text
    assert note.data == {"first": "2024-01-11 00:00 UTC", "margin_call": 1}
    assert result.orders["status"].to_list() == ["filled", "filled"]
    assert days_of(result) == [WEEK[1], WEEK[3]]
    events = result.order_events.filter(pl.col("cause") == "margin_call")
    assert events["reason"].to_list() == ["margin of 4,800.00 is asked for, and the reg_t account is worth 4,000.00"]


@pytest.mark.parametrize(("close", "called"), [("71.43", False), ("71.42", True)])
def test_a_long_is_called_below_its_debit_over_what_may_be_lent(close: str, called: bool) -> None:
    """A debit of 12,000 at 30 %: the value falls to 12,000 / 0.7 = 17,142.86, which is 71.4286 for each of 240."""
    result = account({"X": [100, 100, close, close]}, {0: [("X", 240)]}, "reg_t", capital=12_000, maintenance="0.3")
    assert bool(forced(result)) is called


@pytest.mark.parametrize(("close", "called"), [("173.07", False), ("173.08", True)])
def test_a_short_is_called_above_its_credit_over_what_has_to_be_there(close: str, called: bool) -> None:
    """A credit of 15,000 + 7,500 over 1.3 x 100: 173.0769."""
    result = account({"X": [150, 150, close, close]}, {0: [("X", -100)]}, "reg_t", capital=7_500)
    assert bool(forced(result)) is called


def test_a_cheap_short_stands_for_as_much_as_it_is_worth() -> None:
    """1,000 short at 4 need 4,000 besides what they were sold for, not 2,000; at 2 they need 2.50 a share."""
    assert told(account({"X": [4] * 4}, {0: [("X", -1000)]}, "reg_t", capital=3_999)) == [
        (-1000, "rejected", "buying_power")
    ]
    assert told(account({"X": [2] * 4}, {0: [("X", -1000), ("X", -999)]}, "reg_t", capital=2_499)) == [
        (-1000, "rejected", "buying_power"), (-999, "filled", None)
    ]  # fmt: skip


def test_the_largest_loser_goes_first() -> None:
    """At 25 % of 100 x 60 and 100 x 90, 3,750 are asked for: 20,000 bought with 8,500 leave 3,500. X has lost more."""
    prices = {"X": [100, 100, 60, 60, 60], "Y": [100, 100, 90, 90, 90]}
    result = account(prices, {0: [("Y", 85), ("X", 85)]}, "reg_t", capital=8_500)
    # 85 x 150 x 0.25 = 3,187.50; 8,500 - 85 x 50 = 4,250: none. Then with both at their worst
    assert forced(result) == []
    result = account({"X": [100, 100, 40, 40, 40], "Y": [100, 100, 90, 90, 90]}, {0: [("Y", 85), ("X", 85)]}, "reg_t",
                     capital=8_500)  # fmt: skip
    # asked for 85 x 130 x 0.25 = 2,762.50, there 8,500 - 85 x 70 = 2,550: 212.50 / (0.25 x 40) = 21.25, so 22 of X
    assert forced(result) == [("X", "margin_call", -22)]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("test", "called"), [("close", []), ("range", [("X", "margin_call", -17)])])
def test_the_margin_may_be_asked_for_at_the_worst_price_of_a_bar(test: str, called: Any, kernel: str) -> None:
    """The bar comes down to 120, and ends at 150: 15,000 need 6,000 of the 7,000 that are there."""
    bar = ("160", "160", "120", "150", "1000000")
    result = account(
        {"X": [160, 160, bar, 150, 150]}, {0: [("X", 100)]}, "reg_t", capital=8_000, maintenance="0.4", test=test,
        also={"kernel": kernel},
    )  # fmt: skip
    assert forced(result) == called


def test_a_perpetual_is_liquidated_at_the_high_of_a_bar_where_it_is_short() -> None:
    prices = {"P": [100_000, 100_000, ("100000", "109500", "99000", "100000", "1000"), 100_000]}
    for test, gone in (("close", []), ("range", [("P", "liquidation", 1)])):
        result = account(prices, {0: [("P", -1)]}, "isolated", capital=20_000, assets=PERPETUAL, test=test)
        assert forced(result) == gone


def test_a_call_that_is_still_being_filled_is_not_made_again() -> None:
    """The 17 fill in parts of 10: the second bar asks for nothing more."""

    def shallow(context: Any) -> None:
        from rustybt.api import slippage

        context.set_slippage(slippage.VolumeShareSlippage(volume_limit="1", price_impact=0))

    bar = ("120", "120", "120", "120", "10")
    ingest({"X": [160, 160, 120, bar, bar, bar]}, volume=10**9, **ON_WEEKDAYS)

    def initialize(context: Any) -> None:
        shallow(context)
        context.set_account("reg_t", maintenance="0.4")

    def buy(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), 100)

    result = run({0: buy}, initialize=initialize, start=WEEK[0], end=WEEK[5], capital=8_000)
    assert forced(result) == [("X", "margin_call", -17)]
    assert result.transactions["amount"].to_list() == [100, -10, -7]


# ---------------------------------------------------------------------------------------- portfolio, futures, perps


def test_a_portfolio_account_asks_for_what_a_move_would_cost() -> None:
    """15 % of 1,000,000 are 150,000; FX at 3 %."""
    result = account(FLAT, {0: [("X", 10_001), ("X", 5_000), ("X", -10_000)]}, "portfolio", capital=150_000)
    # long 10,000 or short 10,000 at most: the larger side counts
    assert result.orders["status"].to_list() == ["rejected", "filled", "filled"]
    result = account(FLAT, {0: [("X", 1_000)]}, "portfolio", capital=99_999)
    assert told(result) == [(1_000, "rejected", "buying_power")]
    result = account(FLAT, {0: [("X", 50_001), ("X", 50_000)]}, "portfolio", capital=150_000, moves={"X": "0.03"})
    assert result.orders["status"].to_list() == ["rejected", "filled"]


def test_a_futures_account_asks_for_so_much_a_contract() -> None:
    """Two at 12,000 of 25,000. At 4,950 they have lost 2 x 50 x 50 = 5,000: 20,000 do not cover 2 x 11,000, but one."""
    prices = {"ESH24": [5000, 5000, 4950, 4950, 4950]}
    orders = {0: [("ESH24", 3), ("ESH24", 2)]}
    margins = {"margins": {"ES": (12_000, 11_000)}}
    result = account(prices, orders, "futures", capital=25_000, assets=FUTURE, **margins)
    assert told(result)[:2] == [(3, "rejected", "buying_power"), (2, "filled", None)]
    assert forced(result) == [("ESH24", "margin_call", -1)]
    refused = account(prices, orders, "futures", capital=25_000, assets=FUTURE, margins={"CL": 1})
    assert "no margin of ESH24" in refused.orders["reason"][0]
    assert "holds no futures" in account(prices, orders, "reg_t", assets=FUTURE).orders["reason"][0]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("side", "close", "gone"), [(1, 90501, False), (1, 90400, True), (-1, 109400, False), (-1, 109500, True)]
)
def test_a_perpetual_is_liquidated_where_its_margin_has_fallen_to_the_tier(
    side: int, close: int, gone: bool, kernel: str
) -> None:
    """One at 100,000 with 10,000 set aside; 0.5 % are asked for. A long at 90,501 has 501 left, and 452.505 are asked
    for; at 90,400 400 and 452. A short at 109,400 600 and 547; at 109,500 500 and 547.50."""
    result = account(
        {"P": [100_000, 100_000, close, close]}, {0: [("P", side)]}, "isolated", capital=20_000, assets=PERPETUAL,
        also={"kernel": kernel},
    )  # fmt: skip
    assert forced(result) == ([("P", "liquidation", -side)] if gone else [])


def test_the_tiers_of_a_perpetual_and_its_leverage() -> None:
    """At 20 times 5,000 are set aside for one, and the fifth is not covered by 20,000. Above 50,000 1 % less 100 is
    asked for: at 95,850 850 are there and 858.50 asked for; at 0.4 % it would be 383.40."""
    tiers = [(50_000, "0.004", 0), (None, "0.01", 100)]
    prices = {"P": [100_000, 100_000, 95_850, 95_850]}
    result = account(
        prices, {0: [("P", 5), ("P", 1)]}, "isolated", capital=20_000, assets=PERPETUAL, leverage=20, tiers=tiers
    )
    assert told(result)[0] == (5, "rejected", "buying_power")
    assert forced(result) == [("P", "liquidation", -1)]


# ---------------------------------------------------------------------------------------------------------- borrow


def borrowing(rows: list[tuple[Any, ...]], orders: dict[int, list[tuple[str, int]]], **how: Any) -> rustybt.Result:
    ingest(FLAT, **ON_WEEKDAYS)
    frame = pl.DataFrame(rows, schema=["symbol", "date", "rate", "available"], orient="row")

    def initialize(context: Any) -> None:
        context.set_borrow(frame)

    def on_bar(context: Any, data: Any) -> None:
        for symbol, size in orders.get(context.bar, ()):
            context.order(context.symbol(symbol), size)

    return run(on_bar, initialize=initialize, start=WEEK[0], end=WEEK[5], capital=1_000_000, **how)


@pytest.mark.parametrize("kernel", KERNELS)
def test_no_more_is_short_than_can_be_borrowed(kernel: str) -> None:
    rows = [("X", "2024-01-01", "0.01", "100")]
    result = borrowing(rows, {0: [("X", -60), ("X", -41), ("X", -40)], 2: [("X", -1), ("X", 50)]}, kernel=kernel)
    assert told(result) == [
        (-60, "filled", None), (-41, "rejected", "no_borrow"), (-40, "filled", None), (-1, "rejected", "no_borrow"),
        (50, "filled", None),
    ]  # fmt: skip
    assert result.orders["reason"][1] == "101 of X would be short, and 100 can be borrowed"


@pytest.mark.parametrize("kernel", KERNELS)
def test_recalled_shares_are_bought_in_from_the_next_bar_on(kernel: str) -> None:
    """100 short; from the 11th on there are 30: 70 are bought in at the close of the 11th, and filled on the 12th."""
    rows = [("X", "2024-01-01", "0.36", "100"), ("X", "2024-01-11", "0.36", "30")]
    result = borrowing(rows, {0: [("X", -100)]}, kernel=kernel)
    assert forced(result) == [("X", "recalled", 70)]
    assert days_of(result) == [WEEK[1], WEEK[4]]
    charged = result.entries.filter(kind="borrow")["amount"].to_list()
    # the nights of the 9th to the 11th with 100, the three of the 12th with 30
    assert charged == [Decimal(-10)] * 3 + [Decimal(-9)]


def test_a_frame_without_available_lets_all_be_short() -> None:
    assert told(borrowing([("X", "2024-01-01", "0.01", None)], {0: [("X", -5000)]})) == [(-5000, "filled", None)]


# ----------------------------------------------------------------------------------------------- kinds of one's own


class ThirtyPercent:
    name, alone, least = "thirty per cent", False, Fraction(0)

    def refused(self, asset: Any, *, short: bool) -> str | None:
        return "no shorts" if short else None

    def initial(self, stake: Any) -> Fraction:
        return Fraction(stake.value) * Fraction("0.3")

    def maintenance(self, stake: Any) -> Fraction:
        return Fraction(stake.value) * Fraction("0.2")


def test_a_kind_of_one_s_own() -> None:
    """10,000 carry 333 at 100. At 87 they are worth 28,971, of which 5,671 are its own, and 5,794.20 are asked for: 8
    at 17.40 free 139.20 of the 123.20 that lack."""
    result = account({"X": [100, 100, 87, 87]}, {0: [("X", 334), ("X", -1), ("X", 333)]}, ThirtyPercent())
    assert told(result)[:3] == [
        (334, "rejected", "buying_power"), (-1, "rejected", "buying_power"), (333, "filled", None),
    ]  # fmt: skip
    assert forced(result) == [("X", "margin_call", -8)]


# ------------------------------------------------------------------------------------------- cash below zero is told


def test_cash_below_zero_is_told_where_nothing_is_paid_for_it() -> None:
    ingest(FLAT, **ON_WEEKDAYS)

    def buy(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), 150)

    def noted(initialize: Any = None, kernel: str = "auto") -> list[Any]:
        result = run({0: buy}, initialize=initialize, start=WEEK[0], end=WEEK[3], kernel=kernel)
        return [note for note in result.notes if note.code == "cash_below_zero"]

    for kernel in KERNELS:
        (note,) = noted(kernel=kernel)
        assert note.data == {"closes": 3, "lowest": "-5000", "session": "2024-01-09"}
    assert noted(lambda context: context.set_financing(debit="0.05")) == []
    assert noted(lambda context: context.set_account("reg_t")) == []
    assert noted(lambda context: context.set_account("cash")) == []


# --------------------------------------------------------------------------------------------------------- bad use


@pytest.mark.parametrize(
    ("kind", "parameters", "said"),
    [
        ("margin", {}, "choose one of cash, reg_t"),
        ("cash", {"initial": "0.5"}, "takes no initial"),
        ("reg_t", {"test": "low"}, "'close' or 'range'"),
        ("cash", {"settlement": "0.5"}, "whole number of sessions"),
        ("reg_t", {"initial": "50"}, "share of the value"),
        ("reg_t", {"maintenance": "a"}, "is not a number"),
        ("reg_t", {"initial": "0.2"}, "above initial='0.2'"),
        ("reg_t", {"initial": "0.3", "maintenance": "0.4"}, "maintenance='0.4' is above"),
        ("portfolio", {"moves": {"X": 0}}, "share of the value"),
        ("futures", {"margins": 12_000}, "by root symbol"),
        ("futures", {"margins": {"ES": (1, 2)}}, "above the initial one"),
        ("isolated", {"leverage": "0.5"}, "1 or more"),
        ("isolated", {"tiers": [(1, "0.1")]}, "the last one up to None"),
    ],
)
def test_what_means_nothing_is_refused(kind: str, parameters: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        account(FLAT, {}, kind, **parameters)


def test_it_is_set_in_initialize() -> None:
    with pytest.raises(SetAccountPostInit, match="initialize"):
        account(FLAT, {0: [lambda context: context.set_account("cash")]}, "reg_t")


# ------------------------------------------------------------------------------------------- stopped, passed on, tags


class Trading:
    """Half of it on credit, and short what can be borrowed, until prices turn."""

    def initialize(self, context: Any) -> None:
        context.set_account("reg_t", maintenance="0.4")
        context.set_borrow(pl.DataFrame({"symbol": ["Y"] * 2, "date": ["2024-01-01", "2024-01-11"],
                                         "rate": ["0.1"] * 2, "available": ["50", "20"]}))  # fmt: skip

    def handle_data(self, context: Any, data: Any) -> None:
        if not context.portfolio.positions and not context.get_open_orders():
            context.order(context.symbol("X"), 100)
            context.order(context.symbol("Y"), -50)


PRICES = {"X": [100, 100, 60, 60, 55, 50, 50], "Y": [50, 50, 52, 55, 56, 60, 61]}


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_run_that_is_stopped_at_each_moment_is_called_the_same(kernel: str) -> None:
    ingest(PRICES, **ON_WEEKDAYS)
    how = {"start": WEEK[0], "end": WEEK[6], "capital_base": 7_500, "bundle": "small"}
    trading = Trading()
    strategy = {"initialize": trading.initialize, "handle_data": trading.handle_data}
    whole = rustybt.Run(**how, **strategy, kernel=kernel).finish()
    assert {cause for _, cause, _ in forced(whole)} == {"margin_call", "recalled"}
    going = rustybt.Run(**how, **strategy, kernel=kernel)
    while going.step() is not None:
        going = rustybt.Run.restore(going.snapshot(), **strategy, kernel=kernel)
    assert going.finish().ledger_hash == whole.ledger_hash


@pytest.mark.parametrize("kernel", KERNELS)
def test_another_broker_gets_forced_orders_too(kernel: str) -> None:
    """One that passes all on to the simulated one: the books and the causes are the same."""
    from rustybt.execution import SimulationBlotter

    class Passing:
        def __init__(self, inner: Any) -> None:
            self.submit, self.replace, self.cancel = inner.submit, inner.replace, inner.cancel
            self.reports = inner.reports

    class Elsewhere(SimulationBlotter):
        def broker(self, simulated: Any) -> Any:
            return Passing(simulated)

    ingest(PRICES, **ON_WEEKDAYS)
    trading = Trading()
    how = {"start": WEEK[0], "end": WEEK[6], "capital_base": 7_500, "bundle": "small", "kernel": kernel,
           "initialize": trading.initialize, "handle_data": trading.handle_data, "progress": False}  # fmt: skip
    own = rustybt.run_algorithm(**how)
    passed = rustybt.run_algorithm(**how, blotter=Elsewhere())
    assert forced(passed) == forced(own)
    assert passed.ledger_hash == own.ledger_hash


# --------------------------------------------------------------------------------------- nobody else's orders

FALLING = {"X": [100, 100, 100, 60, 55, 70, 70]}


def forced_away(context: Any) -> Any:
    (one,) = [order for order in context.get_open_orders(context.symbol("X")) if order.tag == "margin call"]
    return one


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    "evade",
    [
        lambda context: context.cancel_order(forced_away(context)),
        lambda context: context.cancel_orders(),
        lambda context: context.modify_order(forced_away(context), amount=-1),
    ],
)
def test_a_strategy_can_not_take_back_what_the_broker_sells(evade: Any, kernel: str) -> None:
    """190 at 100 for 10,000: at 60 they ask for 2,850, and 2,400 are there. 450 / 15 are 30; they go at 55, a bar on.

    There 160 ask for 2,200, and 1,450 are there: 750 / 13.75 are 55 more.
    """

    def on_order(context: Any, event: Any) -> None:
        if event.kind == "accepted" and event.order.tag == "margin call":
            evade(context)

    also = {"kernel": kernel, "on_order": on_order}
    result = account(FALLING, {0: [("X", 190)]}, "reg_t", also=also)
    assert told(result) == [(190, "filled", None), (-30, "filled", None), (-55, "filled", None)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_closed_beside_a_margin_call_is_not_sold_twice(kernel: str) -> None:
    """30 are sold by the broker and 160 by the strategy, on one bar: nothing is short."""

    def on_order(context: Any, event: Any) -> None:
        if event.kind == "accepted" and event.order.tag == "margin call":
            context.close_all()

    result = account(FALLING, {0: [("X", 190)]}, "reg_t", also={"kernel": kernel, "on_order": on_order})
    assert result.transactions["amount"].to_list() == [190, -30, -160]
    assert result.positions["amount"].min() == 190
    assert result.daily["ending_cash"][-1] == 10_000 - 190 * 45


def test_an_order_of_ones_own_does_not_pass_for_a_margin_call() -> None:
    """A sale far away with the broker's tag would count as what it is selling already."""

    def disguised(context: Any) -> None:
        context.order(context.symbol("X"), -190, limit_price=10_000, tag="margin call")

    with pytest.raises(InputError, match="tag='margin call': orders that a broker forces have that one"):
        account(FALLING, {0: [("X", 190)], 1: [disguised]}, "reg_t")

    def linked(context: Any, event: Any) -> None:
        if event.kind == "accepted" and event.order.tag == "margin call":
            context.oco(event.order_id, context.order(context.symbol("X"), -1, limit_price=500))

    with pytest.raises(InputError, match="is the broker's"):
        account(FALLING, {0: [("X", 190)]}, "reg_t", also={"on_order": linked})


def limits(*legs: tuple[int, int]) -> Any:
    """Limit orders of X: pairs of a size and a limit."""

    def place(context: Any) -> None:
        for size, limit in legs:
            context.order(context.symbol("X"), size, limit_price=limit)

    return place


@pytest.mark.parametrize("kernel", KERNELS)
def test_each_open_order_counts_at_its_own_limit(kernel: str) -> None:
    """Half of 50 x 50 and of 170 x 100 is 9,750 of 10,000; half of 6 x 100 more is not there, of 4 x 100 it is."""
    orders = {0: [limits((50, 50), (170, 100), (6, 100), (4, 100))]}
    result = account(FLAT, orders, "reg_t", also={"kernel": kernel})
    statuses = result.orders.select("amount", "cause").rows()
    assert [(int(amount), cause == "buying_power") for amount, cause in statuses] == [
        (50, False),
        (170, False),
        (6, True),
        (4, False),
    ]


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_only_reduces_is_not_asked_whatever_its_limit(kernel: str) -> None:
    """199 held need 9,950 of 10,000; a sale of 100 of them at 500 makes the position smaller, and is taken."""
    result = account(FLAT, {0: [("X", 199)], 2: [limits((-100, 500))]}, "reg_t", also={"kernel": kernel})
    assert told(result)[1][1:] == ("open", "limit_not_reached")


def test_a_cash_account_below_zero_is_not_told_to_become_one() -> None:
    """100 units at 100 are all of it; they fill at 101."""
    order = {0: [lambda context: context.order(context.symbol("X"), 100)]}
    result = account({"X": [100, 101, 101, 101, 101, 101]}, order, "cash")
    (note,) = [note for note in result.notes if note.code == "cash_below_zero"]
    assert "cushion=" in note.text
    assert "refuses orders" not in note.text
