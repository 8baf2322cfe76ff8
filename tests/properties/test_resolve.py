"""Drawn minutes within a day: a daily run that looks into them fills as a run on minutes, within the day's bounds."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.errors import BadOrderParameters
from tests._examples import examples
from tests.properties.test_same_bar import PATHS, alone, brackets
from tests.unit.orders._bars import CAPITAL, Bar, Outcome, run_bars
from tests.unit.orders._within import market_of

FLAT: Bar = ("100", "100", "100", "100")


@st.composite
def minutes(draw: st.DrawFn) -> list[Bar]:
    """Minutes around 100, in whole units; each opens where the one before has closed."""
    found: list[Bar] = []
    price = draw(st.integers(97, 104))
    for _ in range(draw(st.integers(1, 6))):
        close = price + draw(st.integers(-5, 5))
        high, low = max(price, close) + draw(st.integers(0, 2)), min(price, close) - draw(st.integers(0, 2))
        found.append((str(price), str(high), str(low), str(close)))
        price = close
    return found


def fills(done: Outcome) -> list[Any]:
    return [(name, amount, price) for _, name, amount, price in done.fills]


def check(inner: list[Bar], same_bar: str, orders: Any, **how: Any) -> None:
    market = market_of([[FLAT], inner])
    how |= {"kernel": "python"}
    by_the_minute = rustybt.load(market.bundle, data_frequency="minute")
    resolved = run_bars([], {0: orders}, market=market, same_bar=same_bar, resolve="1m", **how)
    by_minutes = run_bars([], {0: orders}, market=by_the_minute, same_bar=same_bar, **how)
    assert fills(resolved) == fills(by_minutes)
    assert resolved.cash == by_minutes.cash
    by_days = {
        reading: run_bars([], {0: orders}, market=market, same_bar=reading, **how)
        for reading in ("pessimistic", "optimistic")
    }
    made = {name: value(done) for name, done in (by_days | {"resolved": resolved}).items()}
    assert made["pessimistic"] <= made["resolved"] <= made["optimistic"], made
    rows = by_days["pessimistic"].result.ambiguous
    assert resolved.result.ambiguous.drop("shorter_bars").equals(rows.drop("shorter_bars"))
    said = set(resolved.result.ambiguous["shorter_bars"])
    assert said <= {"decide", "ambiguous"}
    if "ambiguous" not in said:
        # no policy has had a say
        other = run_bars([], {0: orders}, market=market, same_bar="optimistic", resolve="1m", **how)
        assert fills(other) == fills(resolved)


def value(done: Outcome) -> Decimal:
    return done.result.daily["portfolio_value"][-1] - CAPITAL


@given(minutes(), brackets(by_bar=False), st.sampled_from(["open", "close"]), st.sampled_from(["pessimistic", *PATHS]))
@settings(max_examples=examples(15), deadline=None)
def test_a_bracket_fills_as_on_minutes(inner: list[Bar], how: dict[str, Any], fill_at: str, same_bar: str) -> None:
    at_market = not {"limit_price", "stop_price"} & how.keys()

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        with contextlib.suppress(BadOrderParameters):  # an exit on the wrong side of its entry
            placed = context.bracket_order(asset, **how)
            ids.update({name: order for name, order in zip("EPL", placed, strict=True) if order is not None})

    # a market order fills at the close of a day, or of a minute
    check(inner, same_bar, place, fill_at="open" if at_market else fill_at)


@given(minutes(), st.lists(alone(), min_size=1, max_size=2), st.booleans(), st.sampled_from(["pessimistic", *PATHS]))
@settings(max_examples=examples(15), deadline=None)
def test_orders_alone_and_linked_ones_fill_as_on_minutes(
    inner: list[Bar], styles: list[Any], linked: bool, same_bar: str
) -> None:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = [context.order(asset, side * 10, style=style) for side, style in styles]
        ids.update(zip("AB", placed, strict=False))
        if linked and len(placed) > 1:
            context.oco(*placed)

    check(inner, same_bar, place)
