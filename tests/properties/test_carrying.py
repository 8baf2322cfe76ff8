"""What holding costs, over drawn days, trades and rates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, slippage
from tests._examples import examples

D, F = Decimal, Fraction
START = dt.date(2024, 1, 1)
KERNELS = st.sampled_from(["python", "auto"])


def weekday(number: int) -> dt.date:
    """The weekday of that number, the first one 0."""
    return START + dt.timedelta(number // 5 * 7 + number % 5)


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[dt.date], list[str], list[int]]:
    """Weekdays, with a close and a trade each; the nights of weekends lie between some."""
    gaps = draw(st.lists(st.integers(1, 9), min_size=3, max_size=8))
    days = [weekday(sum(gaps[:place])) for place in range(len(gaps))]
    closes = [f"{draw(st.integers(1, 20_000))}e-2" for _ in days]
    return days, [str(D(close)) for close in closes], [draw(st.integers(-50, 50)) for _ in days]


def bars(days: list[dt.date], closes: list[str]) -> pl.DataFrame:
    """A bar each weekday, at the last close that is known."""
    every = [day for day in map(weekday, range(100)) if day <= days[-1]]
    known, last, rows = dict(zip(days, closes, strict=True)), closes[0], []
    for day in every:
        last = known.get(day, last)
        rows.append(("X", day, last, last, last, last, "1000000"))
    return pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")


class Trades:
    """Orders so many units on each day that has a trade."""

    def __init__(self, trades: dict[dt.date, int], **terms: Any) -> None:
        self.trades, self.terms = trades, terms

    def initialize(self, context: Any) -> None:
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        for name, arguments in self.terms.items():
            getattr(context, name)(**arguments)

    def handle_data(self, context: Any, data: Any) -> None:
        size = self.trades.get(data.current_session)
        if size:
            context.order(context.symbol("X"), size)


def run(market: Any, trades: Trades, **how: Any) -> rustybt.Result:
    days, closes, _ = market
    return rustybt.run_algorithm(
        initialize=trades.initialize, handle_data=trades.handle_data, data=bars(days, closes), trading_calendar="24/5",
        capital_base=10**9, progress=False, **how,
    )  # fmt: skip


@given(market=markets(), kernel=KERNELS)
@settings(max_examples=examples(10), deadline=None)
def test_nights_charged_are_the_calendar_days_that_were_held(market: Any, kernel: Any) -> None:
    """At a cent a share and night, by points, longs and shorts pay for each day until the next fill."""
    days, _, sizes = market
    trades = Trades(dict(zip(days, sizes, strict=True)), set_rollover={"rates": {"X": (-1, -1)}, "unit": "points"})
    result = run(market, trades, kernel=kernel)
    held, owed = 0, 0
    fills = {
        (row["dt"] - dt.timedelta(seconds=1)).date(): int(row["amount"])
        for row in result.transactions.iter_rows(named=True)
    }
    for place in range((days[-1] - days[0]).days):
        held += fills.get(days[0] + dt.timedelta(place), 0)
        owed += abs(held)
    assert -result.entries.filter(kind="rollover")["amount"].sum() == owed


@given(market=markets(), rate=st.integers(0, 300), street=st.booleans(), settled=st.integers(0, 2), kernel=KERNELS)
@settings(max_examples=examples(10), deadline=None)
def test_borrow_never_raises_a_short_s_profit(market: Any, rate: int, street: bool, settled: int, kernel: Any) -> None:
    days, _, sizes = market
    trades = dict(zip(days, sizes, strict=True))
    terms = {"default": f"{rate}e-2", "value": "street" if street else "close", "settled": settled}
    free, paid = run(market, Trades(trades)), run(market, Trades(trades, set_borrow=terms), kernel=kernel)
    entries = paid.entries.filter(kind="borrow")
    assert all(amount < 0 for amount in entries["amount"])
    assert paid.transactions.drop("order_id").equals(free.transactions.drop("order_id"))
    # not a digit but what was charged
    ends = [F(result.daily["portfolio_value"][-1]) for result in (free, paid)]
    assert ends[1] == ends[0] + sum(map(F, entries["amount"]))


@pytest.mark.parametrize("kernel", ["python", "auto"])
def test_a_run_that_is_stopped_at_each_moment_charges_the_same(kernel: Any) -> None:
    days = [START + dt.timedelta(day) for day in (0, 3, 4, 8, 9, 11)]
    market = days, ["10", "11", "9.5", "12", "8", "9"], [-20, 5, 30, -40, 20, 0]
    trades = Trades(
        dict(zip(days, market[2], strict=True)),
        set_borrow={"default": "0.2", "settled": 2},
        set_financing={"debit": "0.05", "credit": {"2024-01-01": "0.01", "2024-01-06": "0.02"}},
    )
    whole = run(market, trades, kernel=kernel)
    going = rustybt.Run(
        initialize=trades.initialize, handle_data=trades.handle_data, data=bars(*market[:2]), trading_calendar="24/5",
        capital_base=10**9, kernel=kernel,
    )  # fmt: skip
    data = rustybt.load_data(bars(*market[:2]), calendar="24/5")
    while going.step() is not None:
        going = rustybt.Run.restore(
            going.snapshot(), initialize=trades.initialize, handle_data=trades.handle_data, market=data
        )
    assert going.finish().ledger_hash == whole.ledger_hash
