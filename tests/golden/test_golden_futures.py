"""Runs with futures whose books were computed by hand; the arithmetic stands beside each number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl

import rustybt
from rustybt.api import commission, slippage

D = Decimal
DAYS = [dt.date(2021, 2, day) for day in range(1, 15)]
NAMES = ["symbol", "date", "open", "high", "low", "close", "volume"]


def ingest(
    closes: dict[str, list[Any]], about: dict[str, list[Any]], volumes: dict[str, list[int]] | None = None
) -> None:
    """Days from 1 February 2021 on, on a calendar that never closes; None is a day without a bar."""
    rows = [
        (symbol, day, *[str(close)] * 4, str(volumes[symbol][at] if volumes else 1_000_000))
        for symbol, prices in closes.items()
        for at, (day, close) in enumerate(zip(DAYS, prices, strict=False))
        if close is not None
    ]
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    kinds = pl.DataFrame({"symbol": list(closes), "type": ["future"] * len(closes), **about}, strict=False)
    rustybt.ingest("golden", frame, calendar="24/7", assets=kinds)


def run(on_bar: Callable[[Any, Any], Any], days: int, capital: str = "10000", fee: Any = None, first: int = 0) -> Any:
    """Without slippage and, unless given, fees; `context.bar` counts from 0, on the day at `first`."""

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(us_futures=slippage.NoSlippage())
        context.set_commission(us_futures=fee or commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        on_bar(context, data)

    return rustybt.run_algorithm(
        DAYS[first], DAYS[first + days - 1], initialize, capital, handle_data, bundle="golden", progress=False
    )


def order(orders: dict[int, tuple[str, int]]) -> Callable[[Any, Any], Any]:
    def on_bar(context: Any, data: Any) -> None:
        if context.bar in orders:
            symbol, amount = orders[context.bar]
            context.order(context.future_symbol(symbol), amount)

    return on_bar


def entries(result: Any) -> list[tuple[str, Decimal, Decimal]]:
    """Kind, change of quantity, change of cash."""
    return list(result.entries.select("kind", "quantity", "amount").iter_rows())


def daily(result: Any, name: str) -> list[Decimal]:
    found: list[Decimal] = result.daily[name].to_list()
    return found


def test_a_round_trip_settles_what_the_price_moved_by_each_day() -> None:
    # two contracts of 50: bought on day 2 at 101, sold on day 5 at 104.25
    ingest({"ESH21": ["100", "101", "103.5", "102", "104.25", "90"]}, {"multiplier": ["50"]})
    seen: list[tuple[Any, ...]] = []

    def on_bar(context: Any, data: Any) -> None:
        order({0: ("ESH21", 2), 3: ("ESH21", -2)})(context, data)
        held = context.portfolio
        seen.append((held.cash, held.positions_value, held.positions_exposure, context.account.leverage))

    result = run(on_bar, 6)
    assert entries(result) == [
        ("capital", D(0), D(10000)),
        ("fill", D(2), D(0)),
        ("variation", D(0), D(250)),  # day 3: 2 x 50 x (103.5 - 101)
        ("variation", D(0), D(-150)),  # day 4: 2 x 50 x (102 - 103.5)
        ("fill", D(-2), D(0)),
        ("variation", D(0), D(225)),  # day 5: 2 x 50 x (104.25 - 102)
    ]
    value = [D(10000), D(10000), D(10250), D(10100), D(10325), D(10325)]
    assert daily(result, "portfolio_value") == daily(result, "ending_cash") == value
    assert daily(result, "capital_used") == [D(0), D(0), D(250), D(-150), D(225), D(0)]
    assert daily(result, "pnl") == [D(0), D(0), D(250), D(-150), D(225), D(0)]
    assert daily(result, "ending_value") == [D(0)] * 6
    # 2 x 50 x the close
    exposure = [D(0), D(10100), D(10350), D(10200), D(0), D(0)]
    assert daily(result, "ending_exposure") == daily(result, "long_exposure") == exposure
    assert daily(result, "starting_exposure") == [D(0), *exposure[:-1]]
    assert daily(result, "gross_leverage")[1] == D("1.01")
    # the same in the middle of a day, before it is settled: cash moves with the price
    assert [row[:3] for row in seen] == [(v, D(0), e) for v, e in zip(value, exposure, strict=True)]
    assert result.positions.select("cost_basis", "last_sale_price", "value", "exposure").rows() == [
        (D(101), D(101), D(0), D(10100)),
        (D(101), D("103.5"), D(0), D(10350)),
        (D(101), D(102), D(0), D(10200)),
    ]


def test_a_short_that_is_turned_around_settles_at_both_fills() -> None:
    # three sold at 10 on day 2; on day 4 five bought at 12: three to close, two to hold; multiplier 100
    ingest({"CLF22": ["11", "10", "11", "12", "13"]}, {"multiplier": ["100"], "root_symbol": ["CL"]})
    result = run(order({0: ("CLF22", -3), 2: ("CLF22", 5)}), 5)
    assert entries(result)[1:] == [
        ("fill", D(-3), D(0)),
        ("variation", D(0), D(-300)),  # day 3: -3 x 100 x (11 - 10)
        ("fill", D(5), D(0)),
        ("variation", D(0), D(-300)),  # day 4: -3 x 100 x (12 - 11), and the two bought at the close
        ("variation", D(0), D(200)),  # day 5: 2 x 100 x (13 - 12)
    ]
    assert daily(result, "short_exposure")[1:3] == [D(-3000), D(-3300)]
    assert daily(result, "net_leverage")[1] == D("-0.3")
    assert result.positions["cost_basis"].to_list() == [D(10), D(10), D(12), D(12)]


def test_a_fee_is_taken_from_cash_and_spread_over_the_multiplier_in_the_cost_per_unit() -> None:
    # four contracts of 25 at 200; fee 10: 200 + 10 / (4 x 25) = 200.10
    ingest({"NQH21": ["200", "200", "201"]}, {"multiplier": ["25"]})
    result = run(order({0: ("NQH21", 4)}), 3, fee=commission.PerTrade(10))
    assert entries(result)[1:] == [
        ("fill", D(4), D(0)),
        ("fee", D(0), D(-10)),
        ("variation", D(0), D(100)),  # 4 x 25 x (201 - 200)
    ]
    assert result.positions["cost_basis"].to_list() == [D("200.10"), D("200.10")]
    assert daily(result, "portfolio_value")[-1] == D(10090)


def test_an_expired_contract_is_closed_at_its_last_mark_and_its_orders_with_it() -> None:
    # bought on day 2 at 50, notice on day 4: closed there at 53 without an order; multiplier 10
    ingest(
        {"GCG21": ["49", "50", "52", "53", "60"]},
        {"multiplier": ["10"], "notice_date": [str(DAYS[3])], "expiration_date": [str(DAYS[4])]},
    )

    def on_bar(context: Any, data: Any) -> None:
        contract = context.future_symbol("GCG21")
        if context.bar == 0:
            context.order(contract, 1)
            context.order(contract, 5, limit_price=1)
        if context.bar == 4:
            assert not data.can_trade(contract)

    result = run(on_bar, 5)
    assert entries(result)[1:] == [
        ("fill", D(1), D(0)),
        ("variation", D(0), D(20)),  # day 3: 10 x (52 - 50)
        ("auto_close", D(-1), D(0)),
        ("variation", D(0), D(10)),  # day 4: 10 x (53 - 52)
    ]
    assert result.entries["reason"].to_list()[3] == "expired"
    assert result.transactions.select("order_id", "amount", "price").rows()[1] == (None, D(-1), D(53))
    assert result.orders["status"].to_list() == ["filled", "cancelled"]
    assert daily(result, "portfolio_value") == [D(10000), D(10000), D(10020), D(10030), D(10030)]


def test_a_contract_without_a_bar_keeps_its_mark_and_settles_nothing() -> None:
    ingest({"ESH21": ["100", "101", None, "103"], "AAA": ["1"] * 4}, {"multiplier": ["50", "1"]})
    result = run(order({0: ("ESH21", 1)}), 4)
    assert entries(result)[1:] == [("fill", D(1), D(0)), ("variation", D(0), D(100))]
    assert daily(result, "portfolio_value") == [D(10000), D(10000), D(10000), D(10100)]


def test_a_value_is_sized_by_the_multiplier() -> None:
    # 20,000 at 100 x 50 a contract: 4
    ingest({"ESH21": ["100", "100"]}, {"multiplier": ["50"]})

    def on_bar(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.order_target_percent(context.future_symbol("ESH21"), 2)

    assert run(on_bar, 2).transactions["amount"].to_list() == [D(4)]
