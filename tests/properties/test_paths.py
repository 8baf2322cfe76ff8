"""Linked orders and orders alone on bars that are read by range, against a search of all paths of each bar."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rustybt.api import execution
from rustybt.errors import BadOrderParameters
from tests._examples import examples
from tests._kernels import kernel_of
from tests.properties._paths import GRID, Group, Market, Order, along, everywhere, worth
from tests.properties.test_same_bar import FLAT, READINGS
from tests.unit.orders._bars import DAYS, Bar, run_bars

CLOSE = 100
SIZE = 10


@st.composite
def bars(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """A bar of whole prices around 100."""
    low = draw(st.integers(92, 101))
    high = draw(st.integers(max(low, 98), 110))
    opened, close = (draw(st.integers(low, high)) for _ in range(2))
    return opened, high, low, close


def styles(side: int) -> st.SearchStrategy[tuple[Any, Order]]:
    """A style, and the same as the search takes it."""
    away, near = st.integers(1, 5), st.integers(0, 2)

    def order(**given: Any) -> Order:
        return Order(0, side * SIZE, **given)

    def stop(far: int) -> Any:
        return execution.StopOrder(CLOSE + side * far), order(kind="stop", level=_steps(CLOSE + side * far))

    def limit(far: int) -> Any:
        return execution.LimitOrder(CLOSE - side * far), order(limit=_steps(CLOSE - side * far))

    def stop_limit(far: int, back: int) -> Any:
        at, to = CLOSE + side * far, CLOSE + side * (far - back)
        return execution.StopLimitOrder(to, at), order(kind="stop", level=_steps(at), limit=_steps(to))

    def trail(far: int, by_bar: bool, offset: int | None) -> Any:
        by, best = ("bar" if by_bar else "range"), _steps(CLOSE)
        if offset is None:
            asked: Any = execution.TrailingStopOrder(amount=far, trail=by)
        else:
            asked = execution.TrailingStopLimitOrder(amount=far, limit_offset=offset, trail=by)
        much = None if offset is None else _steps(offset)
        return asked, order(kind="trail", far=_steps(far), by_bar=by_bar, best=best, offset=much)

    def touch(far: int, back: int | None) -> Any:
        at = CLOSE - side * far
        if back is None:
            return execution.MarketIfTouchedOrder(at), order(kind="touch", level=_steps(at))
        to = at - side * back
        return execution.LimitIfTouchedOrder(to, at), order(kind="touch", level=_steps(at), limit=_steps(to))

    return st.one_of(
        away.map(stop),
        away.map(limit),
        st.builds(stop_limit, away, st.integers(-2, 5)),
        st.builds(trail, away, st.booleans(), st.none() | near),
        st.builds(touch, away, st.none() | st.integers(-4, 3)),
    )


def _steps(price: int) -> int:
    return price * GRID


def check(rows: list[tuple[int, int, int, int]], how: dict[str, Any], place: Any, groups: list[Group]) -> None:
    """place: places the orders at bar 0 and returns their ids by number; all groups are theirs."""
    numbers: dict[str, int] = {}

    def placed(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        for number, order in place(context, asset).items():
            numbers[order] = number
            ids[str(number)] = order

    text: list[Bar] = [FLAT, *[(*map(str, row),) for row in rows]]
    done = run_bars(text, {0: placed}, **how)
    assume(numbers)
    got: dict[int, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    of = {order.number: place for place, group in enumerate(groups) for order in group.orders}
    for bar, name, units, price in done.fills:
        got[bar][of[int(name)]].append((int(name), units, int(price * GRID)))
    hung = {
        (DAYS.index(row["stamp"].date()), of[numbers[row["orders"][0]]]): (row["worst"] * GRID, row["best"] * GRID)
        for row in done.result.ambiguous.iter_rows(named=True)
    }
    market = Market(how["fill_at"], how["touch"] == "through")
    for place_, group in enumerate(groups):
        states = {group}
        for bar, row in enumerate(rows, 1):
            fills, stake = sorted(got[bar][place_]), hung.pop((bar, place_), None)
            allowed = [after for one in states for after in _after(one, row, how["same_bar"], market, stake)]
            states = {after for after, made in allowed if sorted(made) == fills}
            assert states, (bar, row, f"engine {fills} {stake}", "possible", allowed)
        orders = {numbers[row["id"]]: row for row in done.result.orders.iter_rows(named=True)}
        for state in states:
            told = [(orders[one.number]["status"], int(orders[one.number]["filled"])) for one in state.orders]
            if told == [(one.status, one.filled) for one in state.orders]:
                break
        else:
            raise AssertionError((told, states))
    assert not hung, "a bar is called ambiguous that is not"


def _after(
    group: Group, row: tuple[int, int, int, int], same_bar: str, market: Market, stake: Any
) -> list[tuple[Group, Any]]:
    """What a group may be after a bar, with its fills on it; nothing where the stake is another one."""
    opened, high, low, close = bar = tuple(map(_steps, row))
    ways = everywhere(group, bar, market)  # type: ignore[arg-type]
    by_worth = defaultdict(list)
    for way in ways:
        by_worth[worth(way[1], close)].append(way)
    worst, best = min(by_worth), max(by_worth)
    if stake != ((Decimal(worst), Decimal(best)) if worst < best else None):
        return []
    if same_bar in ("pessimistic", "optimistic"):
        return by_worth[worst if same_bar == "pessimistic" else best]
    high_first = same_bar == "path:ohlc" or (same_bar == "path:nearest" and high - opened <= opened - low)
    path = [opened, high, low, close] if high_first else [opened, low, high, close]
    return [along(group, path, market)]


def entries(side: int) -> st.SearchStrategy[tuple[dict[str, Any], Order]]:
    away = st.integers(0, 4)
    return st.one_of(
        st.just(({}, Order(1, side * SIZE))),
        away.map(lambda n: ({"limit_price": CLOSE - side * n}, Order(1, side * SIZE, limit=_steps(CLOSE - side * n)))),
        away.map(
            lambda n: ({"stop_price": CLOSE + side * n}, Order(1, side * SIZE, "stop", level=_steps(CLOSE + side * n)))
        ),
    )


@st.composite
def brackets(draw: st.DrawFn) -> tuple[dict[str, Any], Group]:
    side = draw(st.sampled_from([1, -1]))
    how, entry = draw(entries(side))
    at_market = entry.kind == "market" and entry.limit is None
    orders, given = [entry], {"amount": side * SIZE, **how}
    what = draw(st.sampled_from(["profit", "loss", "both", "both", "both"]))
    if what != "loss":
        far = draw(st.integers(1, 8))
        exit_ = Order(2, -side * SIZE, entry=1, status="held")
        if draw(st.booleans()):
            given["take_profit"] = execution.Distance(far)
            orders.append(replace(exit_, away=side * _steps(far)))
        else:
            given["take_profit"] = CLOSE + side * far
            orders.append(replace(exit_, limit=_steps(CLOSE + side * far)))
    if what != "profit":
        far, way = draw(st.integers(1, 6)), draw(st.sampled_from(["price", "distance", "trail", "trail", "limit"]))
        exit_ = Order(3, -side * SIZE, "stop", entry=1, status="held")
        at = CLOSE - side * far
        if way == "distance":
            given["stop_loss"], exit_ = execution.Distance(far), replace(exit_, away=-side * _steps(far))
        elif way == "price":
            given["stop_loss"], exit_ = at, replace(exit_, level=_steps(at))
        elif way == "limit":
            to = at - side * draw(st.integers(-2, 2))
            given["stop_loss"] = execution.StopLimitOrder(to, at)
            exit_ = replace(exit_, level=_steps(at), limit=_steps(to))
        else:
            by_bar = at_market and draw(st.booleans())
            given["stop_loss"] = execution.TrailingStopOrder(amount=far, trail="bar" if by_bar else "range")
            exit_ = replace(exit_, kind="trail", far=_steps(far), by_bar=by_bar)
        orders.append(exit_)
    given["link"] = draw(st.sampled_from(["reduce", "oco"]))
    return given, Group(tuple(orders), given["link"])


HOW = st.fixed_dictionaries(
    {
        "same_bar": st.sampled_from(READINGS),
        "fill_at": st.sampled_from(["close", "open"]),
        "touch": st.sampled_from(["at", "at", "through"]),
        "kernel": st.integers(0, 1).map(kernel_of),
    }
)


@given(st.lists(bars(), min_size=1, max_size=4), brackets(), HOW)
@settings(max_examples=examples(60), deadline=None)
def test_a_bracket_comes_to_what_a_path_of_its_bars_does(rows: Any, asked: Any, how: Any) -> None:
    given, group = asked

    def place(context: Any, asset: Any) -> dict[int, str]:
        with contextlib.suppress(BadOrderParameters):  # an exit on the wrong side of its entry
            placed = context.bracket_order(asset, **given)
            return {number: one for number, one in enumerate(placed, 1) if one is not None}
        return {}

    check(rows, how, place, [group])


@given(
    st.lists(bars(), min_size=1, max_size=4),
    st.lists(st.sampled_from([1, -1]).flatmap(styles), min_size=1, max_size=3),
    st.sampled_from([None, "oco", "reduce"]),
    HOW,
)
@settings(max_examples=examples(60), deadline=None)
def test_orders_alone_and_linked_ones_do_too(rows: Any, asked: Any, link: str | None, how: Any) -> None:
    orders = [replace(order, number=number) for number, (_, order) in enumerate(asked, 1)]
    linked = link if len(orders) > 1 else None

    def place(context: Any, asset: Any) -> dict[int, str]:
        placed = [
            context.order(asset, order.units, style=style) for order, (style, _) in zip(orders, asked, strict=True)
        ]
        if linked is not None:
            context.oco(*placed, link=linked)
        return dict(enumerate(placed, 1))

    groups = [Group((one,)) for one in orders] if linked is None else [Group(tuple(orders), linked)]
    check(rows, how, place, groups)
