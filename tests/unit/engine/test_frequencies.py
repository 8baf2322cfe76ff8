"""Runs at any bar length: stored, or made of shorter bars; what a strategy sees is over at that moment, and no more."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission as fees
from rustybt.api import (
    date_rules,
    order,
    schedule_function,
    set_benchmark,
    set_commission,
    set_slippage,
    symbol,
    time_rules,
)
from rustybt.api import slippage as slips
from rustybt.errors import NoData
from tests.unit import _small as small

DAYS = [dt.date(2023, 11, day) for day in (20, 21, 22, 24, 27, 28, 29, 30)]
"""Sessions of New York: the 24th is a half day."""
PRICES = ("open", "high", "low", "close")


def minutes_of(day: dt.date) -> list[dt.datetime]:
    first = dt.datetime(day.year, day.month, day.day, 14, 31, tzinfo=dt.UTC)
    return [first + dt.timedelta(minutes=k) for k in range(210 if day.day == 24 else 390)]


@pytest.fixture
def minutes() -> pl.DataFrame:
    """The close of a minute counts the minutes of the month in cents."""
    stamps = [stamp for day in DAYS for stamp in minutes_of(day)]
    cents = [f"{1_000 + place}" for place in range(len(stamps))]
    closes = [f"{text[:-2]}.{text[-2:]}" for text in cents]
    frame = pl.DataFrame({"symbol": ["AAA"] * len(stamps), "timestamp": stamps, "close": closes})
    return frame.with_columns(open="close", high="close", low="close", volume=1_000)


@pytest.fixture
def stored(minutes: pl.DataFrame) -> pl.DataFrame:
    rustybt.ingest("small", minutes, frequency="1m", stamp="end", mode="replace")
    return minutes


def test_a_daily_run_on_weeks_says_how_to_run_on_weeks() -> None:
    week = {name: ["10"] for name in PRICES}
    frame = pl.DataFrame({"symbol": ["AAA"], "date": ["2023-11-24"], **week, "volume": ["7"]})
    rustybt.ingest("weeks", frame, frequency="1w")
    with pytest.raises(NoData, match="or run with data_frequency='1w'"):
        rustybt.run_algorithm("2023-11-20", "2023-11-24", lambda context: None, 1000, bundle="weeks")


def run(frequency: str, look: Any, **more: Any) -> tuple[list[Any], rustybt.Result]:
    """What `look(context, data)` gave on each bar, with the moment."""
    seen: list[Any] = []

    def initialize(context: Any) -> None:
        context.asset = symbol("AAA")
        set_slippage(slips.NoSlippage())
        set_commission(fees.NoCommission())
        if "initialize" in more:
            more["initialize"](context)

    def handle_data(context: Any, data: Any) -> None:
        seen.append((data.current_dt, look(context, data)))

    dates = more.get("dates", (DAYS[1], DAYS[-2]))
    result = rustybt.run_algorithm(
        *dates, initialize, 100_000, handle_data, data_frequency=frequency, bundle="small", progress=False
    )
    return seen, result


def closes(minutes: pl.DataFrame) -> dict[dt.datetime, Decimal]:
    return {stamp: Decimal(close) for stamp, close in minutes.select("timestamp", "close").iter_rows()}


@pytest.mark.parametrize(("frequency", "length"), [("5m", 5), ("30m", 30), ("1h", 60)])
def test_a_bar_is_seen_when_it_is_over_and_ends_at_the_close_at_the_latest(
    stored: pl.DataFrame, frequency: str, length: int
) -> None:
    seen, _ = run(frequency, lambda context, data: data.current(context.asset, "price"))
    expected = []
    for day in DAYS[1:-1]:
        stamps = minutes_of(day)
        # the last minute of each whole bar, and the close
        expected += sorted({*stamps[length - 1 :: length], stamps[-1]})
    of = closes(stored)
    assert [moment for moment, _ in seen] == expected
    assert [price for _, price in seen] == [of[stamp] for stamp in expected]


def test_an_order_fills_at_the_end_of_the_next_bar(stored: pl.DataFrame) -> None:
    def buy_once(context: Any, data: Any) -> None:
        if not hasattr(context, "done"):
            context.done = order(context.asset, 10)

    seen, result = run("30m", buy_once)
    fill = result.transactions.row(0, named=True)
    assert fill["dt"] == seen[1][0] == dt.datetime(2023, 11, 21, 15, 30, tzinfo=dt.UTC)
    assert fill["price"] == closes(stored)[fill["dt"]]
    assert result.daily.height == len(DAYS) - 2
    assert result.manifest["data_frequency"] == "30m"


def test_windows_hold_whole_bars_and_reach_before_the_run(stored: pl.DataFrame) -> None:
    def look(context: Any, data: Any) -> Any:
        return (
            data.history(context.asset, "close", 3, "1h", dtype=Decimal).to_list(),
            data.history(context.asset, "volume", 2, "1d").to_list(),
        )

    seen, _ = run("1h", look)
    of = closes(stored)
    first, (window, sessions) = seen[0]
    assert first == dt.datetime(2023, 11, 21, 15, 30, tzinfo=dt.UTC)
    ends = [dt.datetime(2023, 11, 20, 20, 30, tzinfo=dt.UTC), dt.datetime(2023, 11, 20, 21, 0, tzinfo=dt.UTC), first]
    assert window == [of[stamp] for stamp in ends]
    assert sessions == [390_000, 60_000]


def test_times_of_day_fall_on_the_bar_that_is_over_by_then(stored: pl.DataFrame) -> None:
    called: list[tuple[str, dt.datetime]] = []

    def plan(context: Any) -> None:
        for name, rule in (("open", time_rules.market_open(minutes=1)), ("close", time_rules.market_close(minutes=1))):
            schedule_function(lambda c, d, n=name: called.append((n, d.current_dt)), date_rules.every_day(), rule)

    run("30m", lambda context, data: None, initialize=plan, dates=(DAYS[3], DAYS[3]))
    at = [(name, moment.strftime("%H:%M")) for name, moment in called]
    assert at == [("open", "15:00"), ("close", "17:30")]


def test_days_weeks_and_months_are_made_of_minutes(stored: pl.DataFrame) -> None:
    of = closes(stored)
    days, result = run("daily", lambda context, data: data.current(context.asset, "close"))
    assert [price for _, price in days] == [of[minutes_of(day)[-1]] for day in DAYS[1:-1]]

    def week(context: Any, data: Any) -> Any:
        return data.current(context.asset, ["open", "close"])

    weeks, result = run("1w", week, dates=(DAYS[0], DAYS[-1]))
    assert [moment for moment, _ in weeks] == [minutes_of(DAYS[3])[-1]]
    assert weeks[0][1] == {"open": of[minutes_of(DAYS[0])[0]], "close": of[minutes_of(DAYS[3])[-1]]}
    assert result.daily.height == 1
    assert result.periods == 52
    months, _ = run("1mo", lambda context, data: data.current(context.asset, "volume"), dates=(DAYS[0], DAYS[-1]))
    assert [(moment, int(volume)) for moment, volume in months] == [(minutes_of(DAYS[-1])[-1], stored.height * 1_000)]


def test_stored_bars_are_moments_wherever_the_vendor_put_them() -> None:
    stamps = [
        dt.datetime(2023, 11, 21, hour, minute, second, micro, tzinfo=dt.UTC)
        for hour, minute, second, micro in ((14, 30, 0, 1_000), (14, 30, 0, 7_000), (15, 1, 2, 0), (21, 0, 0, 0))
    ]
    later = dt.datetime(2023, 11, 24, 15, 0, tzinfo=dt.UTC)
    frame = pl.DataFrame({"symbol": ["AAA"] * 5, "timestamp": [*stamps, later], "close": ["1", "2", "3", "4", "5"]})
    frame = frame.with_columns(open="close", high="close", low="close", volume=1)
    rustybt.ingest("small", frame, frequency="1ms", stamp="end", mode="replace")
    seen, result = run("1ms", lambda context, data: data.current(context.asset, "price"), dates=(DAYS[1], DAYS[3]))
    assert seen == [*zip([*stamps, later], map(Decimal, "12345"), strict=True)]
    assert result.daily.height == 3, "a session without a bar has its row"


def test_what_can_not_be_made_of_the_stored_bars_names_what_is_there(stored: pl.DataFrame) -> None:
    with pytest.raises(NoData, match=r"no '10s' bars, only 1m"):
        run("10s", lambda context, data: None)


def test_a_run_of_five_minutes_equals_one_on_stored_five_minutes(stored: pl.DataFrame) -> None:
    def trade(context: Any, data: Any) -> None:
        order(context.asset, 3 if data.current_dt.minute % 2 else -2)

    made = run("5m", trade)[1]
    from rustybt.catalog import open_version, scan

    with open_version("small") as version:
        frame = scan(version, "5m").collect(engine="in-memory")
    rustybt.ingest("small", frame.drop("sid"), frequency="5m", stamp="end", mode="replace")
    assert run("5m", trade)[1].ledger_hash == made.ledger_hash


def test_a_week_in_which_an_asset_ended_is_seen_and_traded_and_the_next_one_is_not() -> None:
    """AAA has bars until a Wednesday, BBB beyond: that week's bar is AAA's last."""
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in range(21)]  # Monday to Sunday, three times
    rows = [("BBB", day, 50) for day in days] + [("AAA", day, 10 + n) for n, day in enumerate(days[:10])]
    frame = pl.DataFrame(rows, schema=["symbol", "date", "close"], orient="row")
    frame = frame.with_columns(pl.col("close").alias("open"), high="close", low="close", volume=1_000)
    rustybt.ingest("weeks", frame, calendar="24/7")
    seen: list[Any] = []

    def look(context: Any, data: Any) -> None:
        a = context.asset
        last = data.history(a, "close", 1, "1w", dtype=Decimal).to_list()
        seen.append((data.current(a, "close"), data.can_trade(a), data.is_stale(a), last))

    def start(context: Any) -> None:
        context.asset = symbol("AAA")

    def bar(context: Any, data: Any) -> None:
        look(context, data)
        if data.current_dt.day == 8:  # the midnight that ends the first week
            order(context.asset, 1)

    result = rustybt.run_algorithm(days[0], days[-1], start, 1_000, bar, data_frequency="1w", bundle="weeks")
    assert seen[0] == (Decimal(16), True, False, [Decimal(16)])
    assert seen[1] == (Decimal(19), True, False, [Decimal(19)])
    assert (seen[2][1], seen[2][2]) == (False, False)
    assert result.transactions.select("symbol", "price").rows() == [("AAA", Decimal("19.0095"))]
    compared = rustybt.run_algorithm(
        days[0], days[13], lambda context: set_benchmark(symbol("AAA")), 1_000, data_frequency="1w", bundle="weeks"
    )
    assert compared.daily["benchmark_period_return"].to_list() == [Decimal("0.6"), Decimal("0.9")]


def test_data_that_reach_over_no_whole_month_say_so(minutes: pl.DataFrame) -> None:
    few = minutes.filter(pl.col("timestamp").dt.day() < 28)
    rustybt.ingest("small", few, frequency="1m", stamp="end", mode="replace")
    with pytest.raises(NoData, match="reach over no whole bar of '1mo'"):
        run("1mo", lambda context, data: None)


def test_all_orders_of_an_asset_fill_at_the_open_of_a_week(kernels: str) -> None:
    """Placed with the week of 1 February, all three fill on Monday the 8th, whatever leaves the queue by then."""
    small.ingest({"A": [10] * 14}, volume=10**6)

    def three(context: Any, data: Any) -> None:
        for amount in (1, 20, 300):
            context.order(context.symbol("A"), amount)

    result = small.run({0: three}, days=14, data_frequency="1w", fill_at="open", kernel=kernels)
    assert result.transactions["amount"].to_list() == [1, 20, 300]
    assert result.transactions["dt"].n_unique() == 1
