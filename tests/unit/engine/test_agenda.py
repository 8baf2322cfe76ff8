"""What is due at a moment of its own: with the bar that ends then, or between two bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import date_rules, order, schedule_function, symbol, time_rules
from rustybt.core import Phase
from rustybt.errors import OrderInBeforeTradingStart

NS = 10**9
DAY = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
type Seen = list[tuple[str, dt.datetime]]


def at(text: str) -> int:
    return (
        int((DAY + dt.timedelta(hours=int(text[:2]), minutes=int(text[3:5]), seconds=float(text[6:]))).timestamp()) * NS
    )


@pytest.fixture
def minutes() -> str:
    stamps = [DAY + dt.timedelta(hours=14, minutes=31 + minute) for minute in range(390)]
    columns = {name: [10 + minute for minute in range(390)] for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"symbol": "A", "timestamp": stamps, **columns, "volume": 100_000})
    rustybt.ingest("timers", frame, frequency="1m", stamp="end", tz="UTC", mode="replace")
    return "timers"


def run_of(bundle: str, handle_data: Any, initialize: Any = None) -> rustybt.Run:
    span = "2024-01-02", "2024-01-02"
    return rustybt.Run(*span, initialize, handle_data=handle_data, bundle=bundle, data_frequency="minute")


def stepped(run: rustybt.Run) -> None:
    while run.step() is not None:
        pass


def finished(run: rustybt.Run) -> None:
    run.finish()


def by_pieces(run: rustybt.Run) -> None:
    for minute in range(31, 60):
        run.until(at(f"14:{minute}:45"))
    run.finish()


@pytest.mark.parametrize("move", [stepped, finished, by_pieces])
def test_a_timer_sees_the_last_bar_at_a_time_of_its_own(minutes: str, move: Callable[[rustybt.Run], None]) -> None:
    seen: Seen = []

    def scheduled(context: Any, data: Any) -> None:
        seen.append(("scheduled", data.current_dt))

    def initialize(context: Any) -> None:
        context.asset = symbol("A")
        schedule_function(
            lambda c, d: seen.append(("scheduled", d.current_dt)),
            date_rules.every_day(),
            time_rules.market_open(minutes=2),
        )

    def handle_data(context: Any, data: Any) -> None:
        if len(seen) < 5:
            seen.append(("bar", data.current_dt))

    def timer(context: Any, data: Any) -> None:
        seen.append(("timer", data.current_dt))
        context.placed = order(context.asset, 1)
        context.price = data.current(context.asset, "price")

    run = rustybt.Run(
        "2024-01-02", "2024-01-02", initialize, handle_data=handle_data, bundle=minutes, data_frequency="minute"
    )
    agenda = run._loop.agenda
    agenda.when(at("14:32:30"), Phase.TIMERS, timer)
    agenda.when(at("14:32:00"), Phase.TIMERS, lambda c, d: seen.append(("with the bar", d.current_dt)))
    move(run)
    minute = [DAY + dt.timedelta(hours=14, minutes=number) for number in range(60)]
    half = dt.timedelta(seconds=30)
    expected = [("bar", minute[31]), ("bar", minute[32]), ("scheduled", minute[32]), ("with the bar", minute[32])]
    assert seen == [*expected, ("timer", minute[32] + half)]
    assert run.context.price == Decimal(11), "the close of the bar that is over"
    orders = run.finish().orders
    assert orders["created"].to_list() == [minute[32] + half]
    # with the next bar, whose close is 12, and five basis points beside it
    fills = run.finish().transactions
    assert (fills["dt"].to_list(), fills["price"].to_list()) == ([minute[33]], [Decimal("12.006")])


def test_the_moments_of_a_stepped_run_have_the_timer_between_its_bars(minutes: str) -> None:
    run = rustybt.Run(
        "2024-01-02", "2024-01-02", handle_data=lambda c, d: None, bundle=minutes, data_frequency="minute"
    )
    run._loop.agenda.when(at("14:31:01"), Phase.TIMERS, lambda c, d: None)
    run._loop.agenda.when(at("14:32:07"), Phase.TIMERS, lambda c, d: None)
    moments = [run.step() for _ in range(5)]
    assert [(m.phase.name, m.bar) for m in moments if m is not None] == [
        ("OPEN", 0), ("MARKET", 1), ("TIMERS", 1), ("MARKET", 2), ("TIMERS", 2)
    ]  # fmt: skip


def test_before_the_first_bar_of_a_session_its_corporate_actions_count_and_orders_do_not() -> None:
    days = [dt.date(2024, 1, day) for day in (2, 3)]
    columns = {name: [100, 50] for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"symbol": "A", "date": days, **columns, "volume": 100_000})
    splits = pl.DataFrame({"symbol": ["A"], "ex_date": [days[1]], "ratio": ["1/2"]})
    rustybt.ingest("split", frame, splits=splits, mode="replace")
    seen: list[Any] = []

    def look(context: Any, data: Any) -> None:
        data.current(symbol("A"), "price")

    def timer(context: Any, data: Any) -> None:
        seen.append((data.current_dt, data.current(symbol("A"), "price"), context.portfolio.portfolio_value))
        with pytest.raises(OrderInBeforeTradingStart):
            order(symbol("A"), 1)

    run = rustybt.Run(
        "2024-01-02", "2024-01-03", handle_data=lambda c, d: d.current(symbol("A"), "price"), bundle="split"
    )
    for hour in ("14:31:00", "38:31:00", "44:59:59"):
        run._loop.agenda.when(at(hour), Phase.TIMERS, timer)
    run.finish()
    assert [(when.isoformat(), price) for when, price, _ in seen] == [
        ("2024-01-02T14:31:00+00:00", None),
        ("2024-01-03T14:31:00+00:00", Decimal(50)),
        ("2024-01-03T20:59:59+00:00", Decimal(50)),
    ]
