"""Drawn bars, brackets and trailing stops: what must hold whatever the bars do."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, execution, slippage
from tests._examples import examples

DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)]
CAPITAL = 1_000_000
ENDED = ("filled", "cancelled", "rejected")


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
    st.sampled_from(["range", "close"]),
    st.sampled_from(["open", "close"]),
)
def test_brackets_protect_and_no_more(
    rows: list[tuple[Decimal, ...]], asked: list[Asked], trigger: str, fill_at: str
) -> None:
    asked.sort(key=lambda one: one.bar)  # as they are placed
    result, brackets = run(rows, asked, "python", trigger=trigger, fill_at=fill_at)
    native, _ = run(rows, asked, "auto", trigger=trigger, fill_at=fill_at)
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
