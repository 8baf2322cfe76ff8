"""Drawn bars, brackets and trailing stops: what must hold whatever the bars do."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, execution, slippage
from rustybt.errors import BadOrderParameters
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties.test_same_bar import READINGS

DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)]
CAPITAL = 1_000_000
ENDED = ("filled", "cancelled", "rejected")
READ = st.fixed_dictionaries(
    {
        "trigger": st.sampled_from(["range", "range", "close"]),
        "same_bar": st.sampled_from(READINGS),
        "touch": st.sampled_from(["at", "through"]),
    }
)
"""How a bar is read."""


class Asked(NamedTuple):
    """A bracket: at which bar, how much, its entry and its exits as distances from the close, in ticks."""

    bar: int
    amount: int
    kind: str
    away: int
    profit: int | None
    loss: int | None
    trails: bool
    link: str
    after: str


@st.composite
def bars(draw: st.DrawFn) -> list[tuple[Decimal, ...]]:
    found = []
    for _ in DAYS:
        low = draw(st.integers(9_000, 10_000))
        high = low + draw(st.integers(0, 1_000))
        opened, close = (draw(st.integers(low, high)) for _ in range(2))
        volume = draw(st.sampled_from([0, 100, 1_000, 100_000]))
        found.append((*(Decimal(price) / 100 for price in (opened, high, low, close)), Decimal(volume)))
    return found


ASKED = st.builds(
    Asked,
    st.integers(0, len(DAYS) - 2),
    st.integers(1, 60).flatmap(lambda size: st.sampled_from([size, -size])),
    st.sampled_from(["market", "limit", "stop", "open"]),
    st.integers(0, 400),
    st.none() | st.integers(1, 600),
    st.none() | st.integers(1, 600),
    st.booleans(),
    st.sampled_from(["reduce", "oco"]),
    st.sampled_from(["part", "whole"]),
).filter(lambda one: one.profit is not None or one.loss is not None)


def place(context: Any, asset: Any, close: Decimal, one: Asked, ids: list[Any]) -> None:
    side = 1 if one.amount > 0 else -1
    tick = Decimal("0.01")
    entry: dict[str, Any] = {}
    if one.kind == "limit":
        entry = {"limit_price": close - side * one.away * tick}
    elif one.kind == "stop":
        entry = {"stop_price": close + side * one.away * tick}
    elif one.kind == "open":
        entry = {"style": execution.MarketOnOpen()}
    loss: Any = None if one.loss is None else execution.Distance(one.loss * tick)
    if one.trails and one.loss is not None:
        loss = execution.TrailingStopOrder(ticks=one.loss)
    profit = None if one.profit is None else execution.Distance(one.profit * tick)
    ids.append(
        context.bracket_order(
            asset, one.amount, take_profit=profit, stop_loss=loss, link=one.link, after=one.after, **entry
        )
    )


def run(rows: list[tuple[Decimal, ...]], asked: list[Asked], kernel: str, **how: Any) -> tuple[Any, list[Any]]:
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    frame = pl.DataFrame([("X", day, *row) for day, row in zip(DAYS, rows, strict=True)], schema=names, orient="row")
    ids: list[Any] = []

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_commission(commission.NoCommission())
        context.set_slippage(slippage.FixedBasisPointsSlippage(0, "0.1"))

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        asset = context.symbol("X")
        for one in asked:
            if one.bar == context.bar:
                place(context, asset, rows[context.bar][3], one, ids)

    result = rustybt.run_algorithm(
        initialize=initialize,
        handle_data=handle_data,
        data=frame,
        capital_base=CAPITAL,
        kernel=kernel,
        progress=False,
        **how,
    )
    return result, ids


@settings(max_examples=examples(60), deadline=None)
@given(
    bars(),
    st.lists(ASKED, min_size=1, max_size=3),
    READ,
    st.sampled_from(["open", "close"]),
)
def test_brackets_protect_and_no_more(
    rows: list[tuple[Decimal, ...]], asked: list[Asked], read: dict[str, str], fill_at: str
) -> None:
    asked.sort(key=lambda one: one.bar)  # as they are placed
    result, brackets = run(rows, asked, "python", fill_at=fill_at, **read)
    native, _ = run(rows, asked, "auto", fill_at=fill_at, **read)
    assert result.order_events.equals(native.order_events)
    assert result.manifest["ledger_hash"] == native.manifest["ledger_hash"]

    filled: dict[str, Decimal] = defaultdict(Decimal)
    cash = Decimal(CAPITAL)
    placed = dict(result.orders.select("id", "created").iter_rows())
    for row in result.transactions.iter_rows(named=True):
        _, high, low, _, volume = rows[DAYS.index(row["session"])]
        assert low <= row["price"] <= high, "a price that was not traded"
        assert row["dt"] > placed[row["order_id"]], "on the bar on which it was placed"
        assert abs(row["amount"]) <= volume / 10
        filled[row["order_id"]] += row["amount"]
        cash -= row["amount"] * row["price"]
    assert result.daily["ending_cash"][-1] == cash

    for one, bracket in zip(asked, brackets, strict=True):
        entry = filled[bracket.entry]
        exits = sum((filled[exit_] for exit_ in bracket[1:] if exit_ is not None), Decimal(0))
        assert abs(entry) <= abs(one.amount)
        assert entry * exits <= 0
        assert abs(exits) <= abs(entry), "exits are for no more than what was filled"

    over: set[str] = set()
    for event in result.order_events.iter_rows(named=True):
        assert event["order_id"] not in over, "something happened to an order that is over"
        if event["kind"] in ENDED:
            over.add(event["order_id"])


def simple(rows: list[tuple[Decimal, ...]], strategy: Any, kernel: str, share: str = "0.1", **how: Any) -> Any:
    """A run without costs in which strategy(context, asset, bar) does what it does on each bar."""
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    frame = pl.DataFrame([("X", day, *row) for day, row in zip(DAYS, rows, strict=True)], schema=names, orient="row")

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_commission(commission.NoCommission())
        context.set_slippage(slippage.FixedBasisPointsSlippage(0, share))

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        strategy(context, context.symbol("X"), context.bar)

    return rustybt.run_algorithm(
        initialize=initialize,
        handle_data=handle_data,
        data=frame,
        capital_base=CAPITAL,
        kernel=kernel,
        progress=False,
        **how,
    )


@settings(max_examples=examples(60), deadline=None)
@given(
    bars(),
    st.integers(1, 150),
    st.sampled_from([-1, 1]),
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from(["oco", "reduce"]),
    READ,
    st.sampled_from(KERNELS),
)
def test_of_linked_orders_no_more_than_one_fills_whole(
    rows: list[tuple[Decimal, ...]], size: int, side: int, near: int, far: int, link: str, read: Any, kernel: str
) -> None:
    """A limit and a stop for as much: with "oco" only one of them fills at all, with "reduce" both together no more."""
    close, tick = rows[0][3], Decimal("0.01")

    def strategy(context: Any, asset: Any, bar: int) -> None:
        if bar == 0:
            limit = context.order(asset, side * size, limit_price=close - side * near * tick)
            stop = context.order(asset, side * size, stop_price=close + side * far * tick)
            context.oco(limit, stop, link=link)

    result = simple(rows, strategy, kernel, **read)
    filled = [abs(amount) for amount in result.orders["filled"].to_list()]
    assert sum(filled) <= size
    if link == "oco":
        assert min(filled) == 0


@settings(max_examples=examples(60), deadline=None)
@given(
    bars(),
    st.integers(0, len(DAYS) - 3),
    st.sampled_from([-20, 20]),
    st.integers(1, 600),
    st.integers(1, 600),
    st.booleans(),
    READ,
    st.sampled_from(KERNELS),
)
def test_a_bracket_is_the_same_orders_placed_by_hand(
    rows: list[tuple[Decimal, ...]], at: int, amount: int, near: int, far: int, trails: bool, read: Any, kernel: str
) -> None:
    """Where the entry fills whole at a close: then nothing of its bar is left, and exits work from the next one."""
    rows = [(*row[:4], max(row[4], Decimal(1000))) for row in rows]
    side, close, tick = (1 if amount > 0 else -1), rows[at][3], Decimal("0.01")
    target, level = close + side * near * tick, close - side * far * tick
    if trails:
        # a trailing exit begins with what the entry filled at, which is the last price when one places it by hand
        style: Any = execution.TrailingStopOrder(ticks=far)

    def bracket(context: Any, asset: Any, bar: int) -> None:
        if bar == at:
            stop = style if trails else execution.StopOrder(level)
            with contextlib.suppress(BadOrderParameters):
                context.bracket_order(asset, amount, take_profit=target, stop_loss=stop)

    def by_hand(context: Any, asset: Any, bar: int) -> None:
        if bar == at:
            context.order(asset, amount)
        elif bar == at + 1 and context.portfolio.positions:
            stop = style if trails else execution.StopOrder(level)
            profit = context.order(asset, -amount, limit_price=target, reduce_only=True)
            loss = context.order(asset, -amount, style=stop, reduce_only=True)
            context.oco(profit, loss, link="reduce")

    one, other = (simple(rows, how, kernel, "1", **read) for how in (bracket, by_hand))
    columns = ["dt", "amount", "price"]
    assert one.transactions.select(columns).equals(other.transactions.select(columns))
    assert one.daily["ending_cash"].equals(other.daily["ending_cash"])


@settings(max_examples=examples(20), deadline=None)
@given(bars(), st.lists(ASKED, min_size=1, max_size=2), READ, st.sampled_from(["open", "close"]))
def test_an_interval_of_brackets_is_its_three_runs(
    rows: list[tuple[Decimal, ...]], asked: list[Asked], read: dict[str, str], fill_at: str
) -> None:
    asked.sort(key=lambda one: one.bar)
    result, _ = run(rows, asked, "auto", fill_at=fill_at, **(read | {"same_bar": "interval"}))
    assert result.interval.base is result
    for one, same_bar in zip(result.interval, ("pessimistic", "path:nearest", "optimistic"), strict=True):
        alone, _ = run(rows, asked, "auto", fill_at=fill_at, **(read | {"same_bar": same_bar}))
        assert one.ledger_hash == alone.ledger_hash
