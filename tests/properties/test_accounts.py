"""What accounts allow, over drawn prices and orders."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.api import commission, slippage
from tests._examples import examples
from tests.unit._small import DAYS, ingest, run

ONE = dt.timedelta(seconds=1)
DAY = st.tuples(st.integers(20, 200), st.integers(20, 300), st.integers(-150, 150), st.integers(-150, 150))
"""A close of X and one of Y, and an order of each."""


def traded(days: list[Any], kind: str, kernel: str, **parameters: Any) -> Any:
    ingest({"X": [day[0] for day in days], "Y": [day[1] for day in days]})

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        context.set_account(kind, **parameters)

    def on_bar(context: Any, data: Any) -> None:
        for symbol, size in zip("XY", days[context.bar][2:], strict=True):
            context.order(context.symbol(symbol), size)

    return run(on_bar, initialize=initialize, days=len(days), end=DAYS[len(days) - 1], kernel=kernel)


@given(days=st.lists(DAY, min_size=3, max_size=6), kernel=st.sampled_from(["python", "auto"]))
@settings(max_examples=examples(8), deadline=None)
def test_a_cash_account_never_owes_but_what_prices_rose_by(days: list[Any], kernel: str) -> None:
    """It is never short; and at prices that stand still its cash is never below zero."""
    result = traded(days, "cash", kernel)
    assert all(amount >= 0 for amount in result.positions["amount"])
    still = [(*days[0][:2], *day[2:]) for day in days]
    assert all(cash >= 0 for cash in traded(still, "cash", kernel).daily["ending_cash"])


@given(days=st.lists(DAY, min_size=3, max_size=6), kernel=st.sampled_from(["python", "auto"]))
@settings(max_examples=examples(8), deadline=None)
def test_a_margin_call_restores_the_margin_at_the_prices_at_which_it_was_made(days: list[Any], kernel: str) -> None:
    """With the day's closes again on the next day, nothing is asked for twice, and a step less would not have done."""
    doubled = [two for day in days for two in (day, (*day[:2], 0, 0))]
    result = traded(doubled, "reg_t", kernel, minimum_equity=0)
    rows = result.order_events.filter(
        (result.order_events["kind"] == "accepted") & (result.order_events["cause"] == "margin_call")
    )
    symbols = dict(result.orders.select("id", "symbol").iter_rows())
    for when in sorted(set(rows["stamp"])):
        called = {
            symbols[row["order_id"]]: int(row["quantity"])
            for row in rows.filter(rows["stamp"] == when).iter_rows(named=True)
        }
        day = next(n for n, stamp in enumerate(result.daily["session"]) if stamp == (when - ONE).date())
        if day % 2:
            # on the second day of the two the first one's calls have been filled: orders of the first day came between
            continue
        held = {
            row["symbol"]: int(row["amount"])
            for row in result.positions.filter(result.positions["session"] == result.daily["session"][day]).iter_rows(
                named=True
            )
        }
        closes = dict(zip("XY", doubled[day][:2], strict=True))
        equity = Fraction(result.daily["portfolio_value"][day])
        assert needed(held, closes) > equity
        left = {symbol: amount + called.get(symbol, 0) for symbol, amount in held.items()}
        assert needed(left, closes) <= equity or not any(left.values())
        last = list(called)[-1]
        less = {**left, last: left[last] - (1 if called[last] > 0 else -1)}
        assert needed(less, closes) > equity


def needed(held: dict[str, int], closes: dict[str, int]) -> Fraction:
    total = Fraction(0)
    for symbol, amount in held.items():
        close = closes[symbol]
        total += (
            Fraction(amount * close, 4) if amount > 0 else max(Fraction(-amount * close * 3, 10), Fraction(-amount * 5))
        )
    return total
