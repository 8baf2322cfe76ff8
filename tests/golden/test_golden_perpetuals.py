"""Perpetual futures: variation each session, funding at moments of its own; computed by hand, in fractions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from tests._examples import examples

D = Decimal
F = Fraction
NAMES = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
DAYS = [dt.date(2024, 3, day) for day in range(1, 8)]
CLOSES = ["62000.1", "62500.5", "61800.3", "63000.7", "62900.9", "63100.2", "63050.4"]
ABOUT = {"type": "perpetual", "quantity_step": "0.001", "tick_size": "0.1", "currency": "USDT"}


def ingest(funding: Any, closes: list[str] = CLOSES, about: Any = ABOUT, **more: Any) -> None:
    """Days of the perpetual P; funding: rows of timestamp, rate, mark_price."""
    rows = [("P", day, *[close] * 4, "5000") for day, close in zip(DAYS, closes, strict=False)]
    schema = ["timestamp", "rate", "mark_price"]
    paid = pl.DataFrame(funding, schema=dict.fromkeys(schema, pl.String), orient="row").with_columns(symbol=pl.lit("P"))
    more = {"calendar": "24/7", "mode": "replace", **more}
    rustybt.ingest("p", pl.DataFrame(rows, schema=NAMES, orient="row"), assets=about, funding=paid, **more)


def run(orders: dict[int, Any], *, fee: Any = None, days: int = 7, **more: Any) -> Any:
    """Without slippage, and unless given without fees. orders: by bar, from 0 on."""

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(fee or commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if context.bar in orders:
            context.order(context.symbol("P"), orders[context.bar])

    more = {"capital_base": 100_000, "bundle": "p", "progress": False, **more}
    return rustybt.run_algorithm(DAYS[0], DAYS[days - 1], initialize, handle_data=handle_data, **more)


def entries(result: Any) -> list[tuple[Any, ...]]:
    """Kind, change of quantity and of cash."""
    found = result.entries.select("kind", "quantity", "amount").iter_rows()
    return [tuple(F(x) if isinstance(x, D) else x for x in row) for row in found]


def test_a_long_pays_and_its_gains_go_to_cash_each_session() -> None:
    # bought on the 2nd at 62500.5; three rates a day are due, one of them below zero
    paid = [
        ("2024-03-02T08:00:00Z", "0.0001", "62111.11"),  # not held yet
        ("2024-03-03T00:00:00Z", "0.0001", None),  # the 2nd at 24:00, when it was bought: held only after that
        ("2024-03-03T08:00:00Z", "0.00012345", "62222.22"),
        ("2024-03-03T16:00:00Z", "-0.00005", None),  # at the last close, that of the 2nd
        ("2024-03-04T00:00:00Z", "0.0001", None),  # at the close of the 3rd, which is of that moment
    ]
    ingest(paid)
    result = run({0: "1.5"}, days=4, fee=commission.PerDollar("0.0004"))
    held = F("1.5")
    fee = held * F("62500.5") * F("0.0004")
    funding = [
        -held * F("62222.22") * F("0.00012345"),
        held * F("62500.5") * F("0.00005"),
        -held * F("61800.3") * F("0.0001"),
    ]
    variation = [held * (F("61800.3") - F("62500.5")), held * (F("63000.7") - F("61800.3"))]
    assert entries(result) == [
        ("capital", 0, 100_000),
        ("fill", held, 0),
        ("fee", 0, -fee),
        *(("funding", 0, amount) for amount in funding),
        ("variation", 0, variation[0]),
        ("variation", 0, variation[1]),
    ]
    assert F(result.metrics["final_value"]) == 100_000 - fee + sum(funding) + sum(variation)
    last = result.daily.row(-1, named=True)
    assert (F(last["ending_value"]), F(last["ending_exposure"])) == (0, held * F("63000.7"))
    told = result.entries.filter(pl.col("kind") == "funding").select("stamp", "reason").rows()
    assert [(f"{stamp:%d %H:%M}", reason) for stamp, reason in told] == [
        ("03 08:00", "0.00012345"), ("03 16:00", "-0.00005"), ("04 00:00", "0.0001"),
    ]  # fmt: skip


def test_a_short_is_paid_and_after_turning_around_it_pays() -> None:
    # contracts of 0.01 coins: 300 sold at 62500.5, 500 bought at 63000.7
    rates = [(f"2024-03-0{day}T12:00:00Z", "0.0003", None) for day in range(1, 8)]
    ingest(rates, about={**ABOUT, "quantity_step": "1", "multiplier": "0.01"})
    result = run({0: -300, 2: 500})
    rate, size = F("0.0003"), F(1, 100)
    closes = [F(close) for close in CLOSES]
    held = [0, -300, -300, 200, 200, 200, 200]  # when each day is over
    funding = [-held[k - 1] * size * closes[k - 1] * rate for k in range(1, 7) if held[k - 1]]
    assert [amount for kind, _, amount in entries(result) if kind == "funding"] == funding
    assert funding[0] > 0 > funding[-1]
    value = 100_000 + sum(funding) + sum(held[k - 1] * size * (closes[k] - closes[k - 1]) for k in range(1, 7))
    assert F(result.metrics["final_value"]) == value
    # it does not expire, and nothing closes it
    assert result.positions["amount"].to_list()[-1] == 200
    assert result.entries.filter(pl.col("kind") == "auto_close").is_empty()


def test_in_a_run_of_minutes_it_is_booked_with_its_minute_before_that_minute_fills() -> None:
    opens = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
    closes = ["100", "101", "102", "103", "104", "105"]
    rows = [("P", opens + dt.timedelta(minutes=k + 1), *[c] * 4, "1000") for k, c in enumerate(closes)]
    paid = [("2024-03-01T00:03:00Z", "0.01"), ("2024-03-01T00:04:30Z", "0.01"), ("2024-03-01T00:05:00Z", "0.01")]
    rustybt.ingest(
        "p", pl.DataFrame(rows, schema=NAMES, orient="row"), frequency="1m", stamp="end", calendar="24/7", assets=ABOUT,
        funding=pl.DataFrame([("P", *row) for row in paid], schema=["symbol", "timestamp", "rate"], orient="row"),
    )  # fmt: skip
    cash: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        if context.bar < 6:
            cash.append(context.portfolio.cash)
        # filled at 00:02, and closed at 00:05
        if context.bar in (0, 3):
            context.order(context.symbol("P"), 10 - context.bar * 20 // 3)
        context.bar += 1

    def initialize(context: Any) -> None:
        context.bar = 0
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())

    result = rustybt.run_algorithm(DAYS[0], DAYS[0], initialize, 1000, handle_data, bundle="p",
                                   data_frequency="minute", progress=False)  # fmt: skip
    # 10 held: at 102 at 00:03; at 103, the close of 00:04, at 00:04:30; at 104 at 00:05, before they are sold
    funding = [F(-102, 10), F(-103, 10), F(-104, 10)]
    assert [amount for kind, _, amount in entries(result) if kind == "funding"] == funding
    paid_so_far = [0, 0, funding[0], funding[0], sum(funding), sum(funding)]
    moved = [0, 0, 10, 20, 30, 30]
    assert cash == [1000 + a + b for a, b in zip(moved, paid_so_far, strict=True)]


RATES = st.decimals("-0.01", "0.01", places=8)
MARKS = st.none() | st.decimals("0.1", "99999", places=5)


@settings(max_examples=examples(40))
@given(st.data(), st.lists(st.integers(-3000, 3000), min_size=6, max_size=6))
def test_cash_is_what_the_price_moved_by_and_what_was_paid(data: st.DataObject, amounts: list[int]) -> None:
    moments = data.draw(st.lists(st.integers(1, 7 * 24), unique=True, max_size=12).map(sorted))
    start = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
    paid = [(hour, data.draw(RATES), data.draw(MARKS)) for hour in moments]
    rows = [
        ((start + dt.timedelta(hours=hour)).isoformat(), str(rate), None if mark is None else str(mark))
        for hour, rate, mark in paid
    ]
    ingest(rows)
    result = run({bar: D(amount) / 1000 for bar, amount in enumerate(amounts) if amount})
    closes = [F(close) for close in CLOSES]
    held = [F(sum(amounts[:day]), 1000) for day in range(7)]  # when the day is over
    expected = F(100_000) + sum(held[k - 1] * (closes[k] - closes[k - 1]) for k in range(1, 7))
    for hour, rate, mark in paid:
        day = (hour - 1) // 24
        if day and held[day - 1]:
            price = F(mark) if mark is not None else closes[hour // 24 - 1]
            expected -= round(held[day - 1] * price * F(rate), 20)
    assert F(result.metrics["final_value"]) == expected


def test_orders_of_a_perpetual_use_the_models_of_all_but_futures() -> None:
    ingest([])
    seen: list[Callable[..., Any]] = []

    class Own(commission.CommissionModel):
        def calculate(self, order: Any, transaction: Any) -> Any:
            seen.append(order.asset.kind)
            return D(1)

    assert run({0: 1}, fee=Own()).metrics["commission"] == 1
    assert seen == ["perpetual"]


def test_a_saved_run_comes_back_with_its_perpetual_and_its_funding(tmp_path: Any) -> None:
    ingest([("2024-03-04T08:00:00Z", "0.0001", "61999.9")])
    result = run({0: "0.5"})
    result.save(tmp_path / "r")
    loaded = rustybt.Result.load(tmp_path / "r")
    assert entries(loaded) == entries(result)
    assert loaded.ledger_hash == result.ledger_hash
