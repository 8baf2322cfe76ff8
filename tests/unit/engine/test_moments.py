"""What holds at which moment: at which price an order fills, and what is held is worth before a session's first bar."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, order, set_commission, set_slippage, slippage, symbol

DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
#       open    high    low    close
ROWS = [("10", "10.5", "9", "10"), ("9", "11", "8.5", "10.5"), ("12", "12.5", "9.5", "12"), ("11", "11", "10", "10.5")]
ROWS += [("10", "10", "9", "9.5")]


def ingest(rows: list[tuple[str, str, str, str]], **actions: Any) -> None:
    prices = dict(zip(("open", "high", "low", "close"), zip(*rows, strict=True), strict=True))
    frame = pl.DataFrame({"symbol": ["A"] * 5, "date": DAYS, **prices, "volume": [1_000_000] * 5})
    rustybt.ingest("a", frame, mode="replace", **actions)


def initialize(context: Any) -> None:
    set_slippage(slippage.FixedBasisPointsSlippage(5))
    set_commission(commission.PerShare(0))
    context.stock, context.bars, context.seen = symbol("A"), 0, []


def fills(limit: str | None, **how: str) -> list[tuple[dt.date, Decimal]]:
    """The fills of an order for ten shares that is placed on the first bar."""

    def handle_data(context: Any, data: Any) -> None:
        if context.bars == 0:
            order(context.stock, 10, limit_price=limit)
        context.bars += 1

    result = rustybt.run_algorithm("2024-01-02", "2024-01-08", initialize, 10_000, handle_data, bundle="a", **how)
    return list(result.transactions.select("session", "price").iter_rows())


@pytest.mark.parametrize(
    ("fill_at", "trigger", "limit", "day", "price"),
    [
        # the close is 10.5, then 12, 10.5 and 9.5: only the last is at or below 9.8; 5 basis points above it
        ("close", "close", "9.8", 8, "9.50475"),
        ("close", "close", None, 3, "10.50525"),
        # the open of the next bar, 9, is below the limit at once
        ("open", "close", "9.8", 3, "9.0045"),
        ("open", "range", "9.8", 3, "9.0045"),
        ("open", "close", None, 3, "9.0045"),
        # the low of the next bar, 8.5, reaches 8.8: at the limit, and slippage does not go beyond it
        ("close", "range", "8.8", 3, "8.8"),
        # it opened below 9.8: at the open
        ("close", "range", "9.8", 3, "9.0045"),
        ("close", "range", None, 3, "10.50525"),
        # a market order at the open, a limit within the bar
        ("open", "range", None, 3, "9.0045"),
        ("open", "range", "8.8", 3, "8.8"),
        # no open and no close is at or below 8.8
        ("open", "close", "8.8", None, None),
        ("close", "close", "8.8", None, None),
    ],
)
def test_each_line_of_the_table_of_fills(
    fill_at: str, trigger: str, limit: str | None, day: int | None, price: str | None
):
    ingest(ROWS)
    expected = [] if day is None or price is None else [(dt.date(2024, 1, day), Decimal(price))]
    assert fills(limit, fill_at=fill_at, trigger=trigger) == expected


@pytest.mark.parametrize(
    ("actions", "amount", "value"),
    [
        # 10 shares at 12 become 20 at 6; 10,000 - 10 x 10.50525 in cash
        ({"splits": pl.DataFrame({"symbol": ["A"], "ex_date": [DAYS[3]], "ratio": ["1/2"]})}, 20, "10014.9475"),
        # of 10 shares a one-for-three makes 3 at 36; the one that is left over is paid at 12
        ({"splits": pl.DataFrame({"symbol": ["A"], "ex_date": [DAYS[3]], "ratio": ["3"]})}, 3, "10014.9475"),
        # a dividend of 0.6 that is paid at once: cash up by 6, the marks down by 6
        ({"dividends": pl.DataFrame({"symbol": ["A"], "ex_date": [DAYS[3]], "amount": ["0.6"]})}, 10, "10014.9475"),
    ],
)
def test_before_a_session_marks_are_the_last_prices_restated_by_its_actions(actions: Any, amount: int, value: str):
    ingest(ROWS, **actions)

    def before(context: Any, data: Any) -> None:
        held = context.portfolio.positions[context.stock].amount
        context.seen.append((data.current_session, held, context.portfolio.portfolio_value))

    def handle_data(context: Any, data: Any) -> None:
        if context.bars == 0:
            order(context.stock, 10)
        context.bars += 1

    seen: list[Any] = []
    rustybt.run_algorithm(
        "2024-01-02",
        "2024-01-08",
        initialize,
        10_000,
        handle_data,
        before,
        lambda context, result: seen.extend(context.seen),
        bundle="a",
    )
    assert (DAYS[3], Decimal(amount), Decimal(value)) in seen


@pytest.mark.parametrize("cents", range(1001, 1040, 6))
def test_before_a_session_with_a_split_and_a_dividend_mark_price_and_window_are_one_number(cents: int) -> None:
    """The last price times 1/3, times what the dividend leaves, rounded once at the grid of fills."""
    price = Fraction(cents, 100)
    actions = {
        "splits": pl.DataFrame({"symbol": ["A"], "ex_date": [DAYS[3]], "ratio": ["1/3"]}),
        "dividends": pl.DataFrame({"symbol": ["A"], "ex_date": [DAYS[3]], "amount": ["0.37"]}),
    }
    ingest([(f"{cents / 100:.2f}",) * 4] * 5, **actions)
    seen: dict[dt.date, Any] = {}

    def before(context: Any, data: Any) -> None:
        if data.current_session != DAYS[3]:
            return
        window = data.history(context.stock, "price", 1, "1d", dtype=Decimal).to_list()
        mark = context.portfolio.positions[context.stock].last_sale_price
        seen[data.current_session] = mark, data.current(context.stock, "price"), *window

    def handle_data(context: Any, data: Any) -> None:
        if context.bars == 0:
            order(context.stock, 300)
        context.bars += 1

    rustybt.run_algorithm(DAYS[0], DAYS[-1], initialize, 10_000, handle_data, before, bundle="a", progress=False)
    exact = price / 3 * (1 - Fraction(37, 100) / price)
    assert {Fraction(one) for one in seen[DAYS[3]]} == {round(exact, 12)}


def test_a_dividend_after_a_split_with_no_bar_between_is_of_the_price_of_after_it() -> None:
    # 100, then a two-for-one split and a dividend of 5 on days without a bar: 50 less a tenth
    rows = [("A", DAYS[0], "100"), ("A", DAYS[4], "45"), *(("B", day, "1") for day in DAYS)]
    bars = pl.DataFrame(rows, schema=["symbol", "date", "close"], orient="row")
    rustybt.ingest(
        "a",
        bars.with_columns(open="close", high="close", low="close", volume=1),
        mode="replace",
        splits=pl.DataFrame({"symbol": ["A"], "ex_date": [DAYS[1]], "ratio": ["1/2"]}),
        dividends=pl.DataFrame({"symbol": ["A"], "ex_date": [DAYS[2]], "amount": ["5"]}),
    )
    prices: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        prices.append(data.current(context.stock, "price"))

    rustybt.run_algorithm(DAYS[0], DAYS[-1], initialize, 10_000, handle_data, bundle="a", progress=False)
    assert prices == [100, 50, 45, 45, 45]


def test_a_limit_must_hold_again_for_the_rest_of_an_order():
    """The volume allows 100,000 of a bar; the close of the second bar reaches the limit, the third's does not."""
    ingest(ROWS)

    def handle_data(context: Any, data: Any) -> None:
        if context.bars == 0:
            order(context.stock, 150_000, limit_price="10.6")
        context.bars += 1

    def sizes(compat: Any) -> list[tuple[int, int]]:
        result = rustybt.run_algorithm(
            "2024-01-02", "2024-01-08", initialize, 10_000_000, handle_data, bundle="a", compat=compat
        )
        return [(day.day, int(amount)) for day, amount in result.transactions.select("session", "amount").iter_rows()]

    assert sizes(None) == [(3, 100_000), (5, 50_000)]
    assert sizes("zipline") == [(3, 100_000), (4, 50_000)]
