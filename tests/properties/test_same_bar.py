"""Drawn bars and linked orders: whatever order of prices a bar is read with, the worst and the best bound it."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.api import execution
from rustybt.errors import BadOrderParameters
from tests._examples import examples
from tests.unit.orders._bars import CAPITAL, Bar, run_bars

PATHS = ("path:ohlc", "path:olhc", "path:nearest")
READINGS = ("pessimistic", *PATHS, "optimistic")
FLAT: Bar = ("100", "100", "100", "100")


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    """One bar around 100, in whole units, so that prices of orders and of bars meet often."""
    low = draw(st.integers(90, 102))
    high = draw(st.integers(max(low, 98), 112))
    opened, close = (draw(st.integers(low, high)) for _ in range(2))
    return tuple(str(price) for price in (opened, high, low, close))


def loss(side: int, by_bar: bool) -> st.SearchStrategy[Any]:
    trails = ["range", "bar"] if by_bar else ["range"]
    return st.one_of(
        st.integers(1, 8).map(lambda away: 100 - side * away),
        st.integers(1, 6).map(execution.Distance),
        st.builds(
            lambda away, by: execution.TrailingStopOrder(amount=away, trail=by),
            st.integers(1, 5),
            st.sampled_from(trails),
        ),
        st.integers(1, 4).map(lambda away: execution.StopLimitOrder(100 - side * (away + 1), 100 - side * away)),
    )


def entry(side: int) -> st.SearchStrategy[dict[str, Any]]:
    away = st.integers(0, 4)
    return st.one_of(
        st.just({}),
        away.map(lambda far: {"limit_price": 100 - side * far}),
        away.map(lambda far: {"stop_price": 100 + side * far}),
    )


@st.composite
def brackets(draw: st.DrawFn, by_bar: bool = True) -> dict[str, Any]:
    """by_bar: also stops that trail by whole bars."""
    side = draw(st.sampled_from([1, -1]))
    profit = st.one_of(st.none(), st.integers(5, 9).map(lambda far: 100 + side * far), st.just(execution.Distance(3)))
    how: dict[str, Any] = {"amount": side * 10, "take_profit": draw(profit), "stop_loss": draw(loss(side, by_bar))}
    # exits beyond wherever the entry may be
    how |= draw(entry(side))
    how["link"] = draw(st.sampled_from(["reduce", "oco"]))
    return how


def worth(bar: Bar, same_bar: str, fill_at: str, orders: Any) -> tuple[Decimal, Any]:
    """What the run made, and its result."""
    done = run_bars([FLAT, bar], {0: orders}, same_bar=same_bar, fill_at=fill_at)
    return done.result.daily["portfolio_value"][-1] - CAPITAL, done.result


def check(bar: Bar, fill_at: str, orders: Any) -> None:
    found = {name: worth(bar, name, fill_at, orders) for name in READINGS}
    made = {name: value for name, (value, _) in found.items()}
    assert made["pessimistic"] <= min(made.values()), made
    assert max(made.values()) <= made["optimistic"], made
    ambiguous = [result.ambiguous.rows() for _, result in found.values()]
    # how a bar is read does not change what it does not say
    assert all(rows == ambiguous[0] for rows in ambiguous)
    if not ambiguous[0]:
        assert len(set(made.values())) == 1, made
    else:
        stakes = [row[6] for row in ambiguous[0]]
        assert made["optimistic"] - made["pessimistic"] == sum(stakes) > 0


@given(bars(), brackets(), st.sampled_from(["open", "close"]))
@settings(max_examples=examples(60), deadline=None)
def test_a_bracket_is_bounded_by_the_worst_and_the_best(bar: Bar, how: dict[str, Any], fill_at: str) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        with contextlib.suppress(BadOrderParameters):  # an exit on the wrong side of its entry
            context.bracket_order(asset, **how)

    check(bar, fill_at, place)


def alone() -> st.SearchStrategy[tuple[int, Any]]:
    away = st.integers(1, 5)
    side = st.sampled_from([1, -1])
    trailing = away.map(lambda far: execution.TrailingStopOrder(amount=far))
    return st.one_of(
        st.tuples(side, trailing),
        st.tuples(side, away.map(lambda far: execution.TrailingStopLimitOrder(amount=far, limit_offset=1))),
        st.tuples(st.just(1), st.tuples(away, away).map(lambda at: execution.StopLimitOrder(99 + at[1], 100 + at[0]))),
        st.tuples(
            st.just(1), st.tuples(away, away).map(lambda at: execution.LimitIfTouchedOrder(98 + at[1], 100 - at[0]))
        ),
    )


@given(bars(), st.lists(alone(), min_size=1, max_size=2), st.booleans())
@settings(max_examples=examples(60), deadline=None)
def test_orders_alone_and_one_that_cancels_the_other(bar: Bar, styles: list[Any], linked: bool) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = [context.order(asset, side * 10, style=style) for side, style in styles]
        if linked and len(placed) > 1:
            context.oco(*placed)

    check(bar, "close", place)
