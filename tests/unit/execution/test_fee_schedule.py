"""Fees as data through `run_algorithm`; the right sums are the brokers' own examples, or worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage
from rustybt.errors import InputError
from tests.unit.execution._trades import Trade, fees_of
from tests.unit.orders._bars import DAYS, run_bars

D = dt.date
F = Fraction
Charge, FeeSchedule = commission.Charge, commission.FeeSchedule
COIN = {"type": "crypto", "quantity_step": "0.0001"}


def parts(**of: str) -> dict[str, F]:
    return {name: F(amount) for name, amount in of.items()}


SEC = Charge(kind="sec", per="million", rate="8.00", side="sell", each="fill")
TAF = Charge(kind="taf", per="share", rate="0.000145", maximum="7.27", side="sell", each="fill")


@pytest.mark.parametrize(
    ("units", "price", "right"),
    [
        (100, "25", parts(commission="1.00")),
        (1000, "25", parts(commission="5.00")),
        (1000, "0.25", parts(commission="2.50")),
        (-200000, "5", parts(commission="1000", sec="8", taf="7.27")),
    ],
)
def test_the_four_examples_of_a_fixed_schedule(units: int, price: str, right: dict[str, F]) -> None:
    """The broker states 1.00, 5.00, 2.50 and 1,015.27."""
    model = FeeSchedule(Charge(per="share", rate="0.005", minimum=1, maximum_percent=1), SEC, TAF)
    done = fees_of(model, [Trade(D(2023, 3, 3), units, price)], calendar="XNYS")
    assert done.fees == [right]


TIERED = (
    Charge(
        per="share",
        tiers=[
            (0, "0.0035"), (300_000, "0.0020"), (3_000_000, "0.0015"), (20_000_000, "0.0010"), (100_000_000, "0.0005"),
        ],
        tier="marginal",
        window="calendar_month",
        minimum="0.35",
        maximum_percent=1,
    ),
    Charge(kind="exchange", per="share", maker="-0.0021", taker="0.0030"),
    Charge(kind="clearing", per="share", rate="0.0002"),
    Charge(kind="sec", per="million", rate="8", side="sell"),
    Charge(kind="finra", per="percent", rate="0.056", of="commission"),
    Charge(kind="nyse", per="percent", rate="0.0175", of="commission"),
    TAF,
)  # fmt: skip


SELLS_ALL = {
    "commission": "41950", "clearing": "6000", "sec": "1200", "finra": "23.492", "nyse": "7.34125", "taf": "7.27",
}  # fmt: skip
SELLS_SOME = {"commission": "700", "clearing": "40", "sec": "8", "finra": "0.392", "nyse": "0.1225", "taf": "7.27"}


@pytest.mark.parametrize(
    ("units", "maker", "right", "total", "stated"),
    [
        (-30_000_000, True, {**SELLS_ALL, "exchange": "-63000"}, "-13811.89675", "-13811.90"),
        (-30_000_000, False, {**SELLS_ALL, "exchange": "90000"}, "139188.10325", "139188.10"),
        (-200_000, False, {**SELLS_SOME, "exchange": "600"}, "1355.7845", "1355.78"),
    ],
)
def test_the_three_examples_of_a_tiered_schedule(units: int, maker: bool, right: Any, total: str, stated: str) -> None:
    """A share pays the tier that it falls in, not the order's; the broker states the parts and the totals."""
    done = fees_of(FeeSchedule(*TIERED), [Trade(D(2023, 3, 3), units, 5, maker)], calendar="XNYS")
    assert done.fees == [parts(**right)]
    assert done.total == F(total)
    assert round(Decimal(total), 2) == Decimal(stated)
    (fill,) = done.result.transactions.rows(named=True)
    assert F(fill["commission"]) == F(total)


KRAKEN = Charge(
    kind="fee", per="percent", tiers=[(0, "0.25", "0.40"), (10_000, "0.20", "0.35")], window="days=30"
)  # fmt: skip


def test_a_rolling_window_of_makers_and_takers() -> None:
    """Volume before each: 0; 9,000; 11,000; 2,500, as the trade of 1 March has left."""
    trades = [
        Trade(D(2024, 3, 1), 90, 100),
        Trade(D(2024, 3, 10), 20, 100, maker=True),
        Trade(D(2024, 3, 11), 5, 100),
        Trade(D(2024, 4, 1), 100, 100),
    ]
    done = fees_of(FeeSchedule(KRAKEN), trades, assets=COIN)
    assert done.fees == [parts(fee="36"), parts(fee="5"), parts(fee="1.75"), parts(fee="40")]
    assert done.total == F("82.75")


def test_a_rebate_is_paid_out() -> None:
    model = FeeSchedule(Charge(kind="fee", per="percent", maker="-0.005", taker="0.01"))
    trades = [Trade(D(2024, 3, 1), 6000, 100, maker=True), Trade(D(2024, 3, 5), 6000, 100)]
    done = fees_of(model, trades, assets=COIN)
    assert done.fees == [parts(fee="-30"), parts(fee="60")]
    assert done.result.daily["ending_cash"][-1] == 10**12 - 1_200_000 - 30


def test_parts_that_add_up_to_nothing_are_entries_too() -> None:
    model = FeeSchedule(
        Charge(per="share", rate="0.002"), Charge(kind="exchange", per="share", maker="-0.002", taker="0.003")
    )
    done = fees_of(model, [Trade(D(2024, 3, 5), 100, 50, maker=True)])
    assert done.fees == [parts(commission="0.2", exchange="-0.2")]


def test_an_asset_without_a_charge_is_refused() -> None:
    model = FeeSchedule(Charge(per="percent", rate="0.1", assets="crypto"))
    with pytest.raises(InputError, match=r"no charge for X, whose type is 'equity'.*assets=\['equity'\]"):
        fees_of(model, [Trade(D(2024, 3, 5), 1, 50)])


REFUSED = [
    ({"per": "shares", "rate": 1}, r"Charge\(per\) is 'shares'. Did you mean 'share'\?"),
    ({"per": "share"}, r"Charge\(rate\): there is no rate. Give rate, or maker and taker, or tiers"),
    ({"per": "share", "maker": 1}, r"Charge\(maker\): there are maker. Give rate, or maker and taker"),
    ({"per": "share", "rate": 1, "tiers": [(0, 1)]}, r"Charge\(rate\): there are rate and tiers"),
    ({"per": "share", "rate": "a lot"}, r"Charge\(rate\) is 'a lot'"),
    ({"per": "percent", "rate": 250}, r"Charge\(rate\) is 250 per cent, more than all that is traded"),
    ({"per": "share", "rate": 1, "minimum": -1}, r"Charge\(minimum\) is -1: write a number of 0 or more"),
    ({"per": "share", "rate": 1, "minimum": 2, "maximum": 1}, r"Charge\(minimum\) is 2, above the maximum of 1"),
    ({"per": "share", "tiers": [(5, 1)], "window": "days=30"}, r"begins at 5. Let the first tier begin at 0"),
    (
        {"per": "share", "tiers": [(0, 3), (9, 2), (9, 1)], "window": "days=30"},
        r"Charge\(tiers\): 9 comes after 9. Let each tier begin above the one before it",
    ),
    ({"per": "share", "tiers": [(0, 3), (9, 2)]}, r"Charge\(window\) is None: write 'calendar_month', or 'days=30'"),
    ({"per": "share", "tiers": [(0, 3), (9, 2)], "window": "30"}, r"Charge\(window\) is '30'"),
    ({"per": "share", "tiers": [0, 3], "window": "days=30"}, r"Charge\(tiers\) has 0: write a list of"),
    ({"per": "share", "rate": 1, "window": "days=30"}, r"Charge\(window\): there are no tiers that it could be about"),
    (
        {"per": "share", "tiers": [(0, 3), (9, 2)], "window": "days=30", "evaluated": "daily at 25:00"},
        r"Charge\(evaluated\) is 'daily at 25:00': write 'continuously', 'hourly', 'daily at 07:00'",
    ),
    ({"per": "order", "rate": 1, "each": "fill"}, r"Charge\(each\): what is paid by order is paid once"),
    ({"per": "share", "rate": 1, "rounding": "up"}, r"Charge\(rounding\) is 'up': write 'none', or one of up, down"),
    ({"per": "share", "rate": 1, "rounding": "up to 0"}, r"write a grid above 0"),
    ({"per": "share", "rate": 1, "assets": "stock"}, r"Charge\(assets\) is 'stock'.*Choose one of 'equity'"),
    ({"per": "share", "rate": 1, "side": "long"}, r"Charge\(side\) is 'long'"),
    ({"per": "share", "rate": 1, "of": "commission"}, r"Charge\(of\): the rate is per share"),
    ({"per": "share", "rows": []}, r"Charge\(rows\) is \[\]: write a list of rows"),
    ({"per": "share", "rows": [{"rate": 1}]}, r"Charge\(rows\), row 1, from: there is no date"),
    (
        {"per": "share", "rows": [{"from": "2024-05-01", "rate": 1}, {"from": "2024-04-01", "rate": 2}]},
        r"row 2, from is 2024-04-01, and the row before it begins on 2024-05-01. Let the rows stand in the order",
    ),
    ({"per": "share", "rows": [{"from": "May", "rate": 1}]}, r"row 1, from is 'May': write a date, such as 2024-05-22"),
    ({"per": "share", "rate": 1, "rows": [{"from": "2024-05-01", "rate": 1}]}, r"Charge\(rate\) stands beside rows"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_a_charge_that_makes_no_sense_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Charge(**given)


@pytest.mark.parametrize(
    ("charges", "message"),
    [
        ([], "has no charges"),
        ([5], r"FeeSchedule\(5\): pass charges"),
        ([Charge(kind="pass", per="percent", rate=1, of="commission")], "no charge of that kind stands before it"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(charges: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        FeeSchedule(*charges)


def in_parts(model: Any, *, share: str = "0.1", days: int = 4, **settings: Any) -> list[dict[str, Fraction]]:
    """What each fill of a buy of 250 costs that fills 100, 100 and 50 a bar at 10, by what it is for."""
    rows = [("X", D(2024, 3, 1 + n), *["10"] * 4, "1000") for n in range(days)]
    frame = pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")

    def initialize(context: Any) -> None:
        context.set_commission(model)
        context.set_slippage(slippage.VolumeShareSlippage(volume_limit=share, price_impact=0))
        context.placed = False

    def handle_data(context: Any, data: Any) -> None:
        if not context.placed:
            context.placed = bool(context.order(context.symbol("X"), 250))

    market = rustybt.load_data(frame, calendar="24/7")
    result = rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, market=market, progress=False, **settings
    )
    assert [int(units) for units in result.transactions["amount"]] == [100, 100, 50]
    found: dict[Any, dict[str, Fraction]] = {stamp: {} for stamp in result.transactions["dt"]}
    for row in result.entries.filter(kind="fee").iter_rows(named=True):
        found[row["stamp"]][row["detail"]] = -F(row["amount"])
    return list(found.values())


@pytest.mark.parametrize("kernel", ["python", "auto"])
@pytest.mark.parametrize(
    ("charge", "right"),
    [
        ({"per": "share", "rate": "0.004", "minimum": "0.60"}, ["0.60", "0.20", "0.20"]),  # 0.40, 0.80, 1.00
        ({"per": "share", "rate": "0.004", "maximum": "0.70"}, ["0.40", "0.30", None]),
        ({"per": "share", "rate": "0.15", "maximum_percent": 1}, ["10", "10", "5"]),
        ({"per": "share", "rate": "0.004", "minimum": "0.30", "each": "fill"}, ["0.40", "0.40", "0.30"]),
        ({"per": "share", "rate": "0.0033", "rounding": "half_up to 0.01"}, ["0.33", "0.33", "0.17"]),  # 0.825
        ({"per": "share", "rate": "0.00335", "rounding": "up to 0.01"}, ["0.34", "0.33", "0.17"]),
        ({"per": "share", "rate": "0.00335", "rounding": "down to 0.01", "each": "fill"}, ["0.33", "0.33", "0.16"]),
        ({"per": "order", "rate": "1.50", "above": 1000}, [None, "1.50", None]),
        ({"per": "percent", "rate": "0.5", "rounding": "up to 5", "above": 1500}, [None, "10", "5"]),  # 10, then 12.50
        ({"per": "million", "rate": 20, "side": "sell"}, [None, None, None]),
    ],
)
def test_bounds_and_rounding_over_the_fills_of_an_order(charge: Any, right: list[str | None], kernel: str) -> None:
    found = in_parts(FeeSchedule(Charge(**charge)), kernel=kernel)
    assert found == [{} if fee is None else {"commission": F(fee)} for fee in right]


MAKER = FeeSchedule(Charge(kind="fee", per="order", maker=1, taker=2))
FLAT = ("100", "100", "100", "100")


def fees_by_bar(bars: list[Any], script: dict[int, Any], **settings: Any) -> list[tuple[int, str]]:
    """The bar of each fee, and whether it was the maker's or the taker's."""

    def maker_or_taker(context: Any) -> None:
        context.set_commission(MAKER)

    done = run_bars(bars, script, first=maker_or_taker, **settings)
    fees = done.result.entries.filter(kind="fee").iter_rows(named=True)
    return [(DAYS.index(row["stamp"].date()), {1: "maker", 2: "taker"}[-int(row["amount"])]) for row in fees]


def placing(amount: int, **how: Any) -> Any:
    return lambda context, asset, ids: ids.update(A=context.order(asset, amount, **how))


@pytest.mark.parametrize("kernel", ["python", "auto"])
@pytest.mark.parametrize(
    ("bars", "how", "right"),
    [
        # a market order, whatever the bar
        ([FLAT], {}, (1, "taker")),
        # the price comes down to a buy's limit of 98
        ([("100", "101", "97", "99")], {"limit_price": 98}, (1, "maker")),
        # it opens at the limit, or beyond it, on the order's first bar
        ([("98", "101", "97", "99")], {"limit_price": 98}, (1, "taker")),
        ([("97", "101", "96", "99")], {"limit_price": 98}, (1, "taker")),
        # the same on its second bar: it rested there
        ([("100", "101", "99", "99"), ("97", "101", "96", "99")], {"limit_price": 98}, (2, "maker")),
        # above the last price when it was placed, and the market comes back to it
        ([("103", "104", "100", "102")], {"limit_price": 101}, (1, "taker")),
        # a stop on the bar that reaches it, and a stop-limit that waits for its limit afterwards
        ([("100", "103", "99", "102")], {"stop_price": 102}, (1, "taker")),
        (
            [("104", "105", "103.5", "104"), ("104", "104", "101", "102")],
            {"stop_price": 102, "limit_price": 103},
            (2, "maker"),
        ),
        ([("100", "103", "99", "102")], {"stop_price": 102, "limit_price": 103}, (1, "taker")),
        # also where that bar opens beyond its limit, and comes back to it
        ([("104", "105", "101", "102")], {"stop_price": 102, "limit_price": 103}, (1, "taker")),
        # at once or never
        ([("100", "101", "97", "98")], {"limit_price": 98, "time_in_force": "ioc"}, (1, "taker")),
    ],
)
def test_who_gives_liquidity(bars: list[Any], how: dict[str, Any], right: tuple[int, str], kernel: str) -> None:
    found = fees_by_bar([FLAT, *bars], {0: placing(100, **how)}, kernel=kernel)
    assert found == [right]


def test_who_gives_liquidity_when_selling() -> None:
    found = fees_by_bar([FLAT, ("100", "103", "99", "102")], {0: placing(-100, limit_price=102)})
    assert found == [(1, "maker")]
    found = fees_by_bar([FLAT, ("103", "104", "99", "102")], {0: placing(-100, limit_price=102)})
    assert found == [(1, "taker")]


def test_an_order_that_takes_in_part_gives_with_its_rest() -> None:
    """Beyond the last price when it was placed: the first part takes, what is left waits for the next bar."""
    model = FeeSchedule(Charge(kind="fee", per="share", maker=1, taker=2))
    bars = [FLAT, ("103", "104", "100", "102", "1000"), ("100", "104", "100", "102", "1000")]
    done = run_bars(
        bars,
        {0: placing(200, limit_price=101)},
        volume_share="0.1",
        first=lambda context: context.set_commission(model),
    )
    assert [-int(amount) for amount in done.result.entries.filter(kind="fee")["amount"]] == [200, 100]


def test_a_changed_limit_is_judged_by_when_it_was_changed() -> None:
    bars = [FLAT, FLAT, ("97", "101", "96", "99")]
    script = {
        0: placing(100, limit_price=90),
        1: lambda context, asset, ids: context.modify_order(ids["A"], limit_price=98),
    }
    assert fees_by_bar(bars, script) == [(2, "taker")]


def test_a_limit_that_is_changed_after_a_part_of_it_filled_is_put_in_anew() -> None:
    """At 98 it gives; then it is moved beyond the open of the next bar, and takes."""
    model = FeeSchedule(Charge(kind="fee", per="share", maker=1, taker=2))
    bars = [FLAT, ("100", "101", "97", "99", "1000"), ("100", "101", "99", "100", "1000")]
    script = {
        0: placing(200, limit_price=98),
        1: lambda context, asset, ids: context.modify_order(ids["A"], limit_price=105),
    }
    done = run_bars(bars, script, volume_share="0.1", first=lambda context: context.set_commission(model))
    assert [-int(amount) for amount in done.result.entries.filter(kind="fee")["amount"]] == [100, 200]


@pytest.mark.parametrize("kernel", ["python", "auto"])
def test_what_a_linked_order_takes_from_another_does_not_put_it_in_anew(kernel: str) -> None:
    """100 at 101 leave 200 of 300 at 102, which have rested since bar 0 when bar 2 opens beyond them."""

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = [context.order(asset, -size, limit_price=limit) for size, limit in ((100, 101), (300, 102))]
        context.oco(*placed, link="reduce")

    bars = [FLAT, ("100", "101", "99", "100"), ("103", "104", "102", "103")]
    assert fees_by_bar(bars, {0: place}, kernel=kernel) == [(1, "maker"), (2, "maker")]


def test_a_charge_without_what_its_rate_is_of_says_so() -> None:
    with pytest.raises(InputError, match=r"Charge\(per\) is ''.*'share'"):
        Charge(rate=1)
