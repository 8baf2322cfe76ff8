"""What a continuous path of a bar's prices does to orders, step by step, written from decisions 31, 32 and 38.

A path goes up or down by one step of a grid at a time. All paths from the open, over the high and the low, to the
close are searched: of what each of them leaves of the orders, the worst and the best are those of the decision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

GRID = 2
"""Steps per unit of price: prices of bars and orders are whole, and between two of them is one step."""

type Fill = tuple[int, int, int]
"""The number of an order, its signed units, and its price in steps."""


@dataclass(frozen=True)
class Order:
    """An order in a group. Prices are in steps. entry: the number of the order that it is an exit of.

    kind: what it waits for first: "market" for nothing, "stop", "touch" or "trail", at `level`, or `far` from the best
    price; then it is a limit order where it has one. offset: of the limit from the level of a trailing stop. away: of
    an exit's price from that of its entry, signed; it is the limit's or the level's. best: None until it begins.
    """

    number: int
    units: int
    kind: str = "market"
    level: int | None = None
    limit: int | None = None
    far: int = 0
    offset: int | None = None
    by_bar: bool = False
    away: int | None = None
    entry: int | None = None
    status: str = "open"
    filled: int = 0
    reached: bool = False
    best: int | None = None

    @property
    def side(self) -> int:
        return 1 if self.units > 0 else -1


@dataclass(frozen=True)
class Group:
    """Orders that are linked, or one alone. link: "oco", or "reduce": a fill takes from the others what it fills."""

    orders: tuple[Order, ...]
    link: str = "reduce"

    def put(self, order: Order) -> Group:
        return replace(self, orders=tuple(order if one.number == order.number else one for one in self.orders))


@dataclass(frozen=True)
class Market:
    """How a run reads bars. close: of the bar that is gone through."""

    fill_at: str = "close"
    through: bool = False
    close: int = 0


type Way = tuple[Group, tuple[Fill, ...]]
"""What a group has become, and its fills on the bar."""


def worth(fills: tuple[Fill, ...], close: int) -> int:
    """What fills are worth at the close."""
    return sum(units * (close - price) for _, units, price in fills)


def along(group: Group, path: list[int], how: Market) -> Way:
    """What a path through some prices comes to."""
    how = replace(how, close=path[-1])
    way = _met((group, ()), path[0], how, at_open=True)
    for begins, ends in pairwise(path):
        step = 1 if ends > begins else -1
        for price in range(begins, ends, step):
            way = _goes(way, price, price + step, how)
    return _over(way, path[-1], max(path), min(path), how)


def everywhere(group: Group, bar: tuple[int, int, int, int], how: Market) -> set[Way]:
    """What all paths of a bar come to."""
    opened, high, low, close = bar
    how = replace(how, close=close)
    todo = [(opened, opened == high, opened == low, _met((group, ()), opened, how, at_open=True))]
    seen = set(todo)
    found: set[Way] = set()
    while todo:
        price, was_high, was_low, way = todo.pop()
        if price == close and was_high and was_low:
            found.add(_over(way, close, high, low, how))
        for to in (price - 1, price + 1):
            if low <= to <= high:
                state = to, was_high or to == high, was_low or to == low, _goes(way, price, to, how)
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
    return found


def _goes(way: Way, price: int, to: int, how: Market) -> Way:
    """From one price to the next. Limits at a price may be reached as prices go beyond it."""
    while how.through:
        hit = [one for one in way[0].orders if _rests(one) and one.limit == price and (to - price) * one.side < 0]
        if not hit:
            break
        way = _filled(way, _first(way, hit, price, how), price)
    return _met(way, to, how)


def _first(way: Way, hit: list[Order], price: int, how: Market) -> Order:
    """Of orders at one price an entry comes before its exits, then the one that is worth less at the close."""
    entries = {one.entry for one in way[0].orders}
    return min(hit, key=lambda one: (one.number not in entries, one.units * (how.close - price), one.number))


def _rests(order: Order) -> bool:
    return order.status == "open" and order.limit is not None and (order.kind == "market" or order.reached)


def _met(way: Way, price: int, how: Market, at_open: bool = False) -> Way:
    """All that happens at a price."""
    while True:
        group = replace(way[0], orders=tuple(_follows(one, price) for one in way[0].orders))
        way = group, way[1]
        hit = [one for one in group.orders if one.status == "open" and _is_met(one, price, how, at_open)]
        if not hit:
            return way
        waking = [one for one in hit if not _fills(one, price, how, at_open)]
        order = waking[0] if waking else _first(way, hit, price, how)
        way = _reached(way, order, price, how, at_open)


def _follows(order: Order, price: int) -> Order:
    if order.status != "open" or order.kind != "trail" or order.reached or order.by_bar:
        return order
    best = price if order.best is None else max(order.best, price) if order.side < 0 else min(order.best, price)
    return replace(order, best=best)


def _at(order: Order) -> int | None:
    """Where the stop of an order stands."""
    if order.kind != "trail":
        return order.level
    return None if order.best is None else order.best + order.side * order.far


def _is_met(order: Order, price: int, how: Market, at_open: bool) -> bool:
    if order.kind != "market" and not order.reached:
        at = _at(order)
        turn = order.side if order.kind != "touch" else -order.side
        return at is not None and turn * price >= turn * at
    return _is_had(order, price, how, at_open)


def _is_had(order: Order, price: int, how: Market, at_open: bool) -> bool:
    if order.limit is None:
        return order.kind != "market" or (at_open and how.fill_at == "open")
    return order.side * price < order.side * order.limit or (price == order.limit and not how.through)


def _reached(way: Way, order: Order, price: int, how: Market, at_open: bool) -> Way:
    changed = _woken(order)
    way = way[0].put(changed), way[1]
    return _filled(way, changed, price) if _is_had(changed, price, how, at_open) else way


def _woken(order: Order) -> Order:
    """An order of which what it waited for is reached."""
    if order.kind == "market" or order.reached:
        return order
    at, limit = _at(order), order.limit
    if order.offset is not None and at is not None:
        limit = at + order.side * order.offset
    return replace(order, reached=True, limit=limit, level=at)


def _fills(order: Order, price: int, how: Market, at_open: bool) -> bool:
    """Whether an order that is met fills, and does not only begin to wait for its limit."""
    return _is_had(_woken(order), price, how, at_open)


def _filled(way: Way, order: Order, price: int) -> Way:
    """An order fills whole; its exits begin, or the others of its group end or are for less."""
    group, fills = way
    left = order.units - order.filled
    orders = []
    for one in group.orders:
        if one.number == order.number:
            one = replace(one, filled=one.units, status="filled")  # noqa: PLW2901
        elif one.entry == order.number:
            one = _begun(one, price)  # noqa: PLW2901
        elif one.status in ("open", "held") and order.entry is None and one.entry is None:
            one = _less(one, abs(left), group.link)  # noqa: PLW2901
        elif one.status in ("open", "held") and one.entry == order.entry:
            one = replace(one, status="cancelled")  # noqa: PLW2901
        orders.append(one)
    return replace(group, orders=tuple(orders)), (*fills, (order.number, left, price))


def _less(order: Order, units: int, link: str) -> Order:
    left = abs(order.units) - units
    return replace(order, status="cancelled") if link == "oco" or left <= 0 else replace(order, units=order.side * left)


def _begun(order: Order, price: int) -> Order:
    order = replace(order, status="open", best=price if order.kind == "trail" else None)
    if order.away is None:
        return order
    if order.kind == "stop":
        return replace(order, level=price + order.away)
    return replace(order, limit=price + order.away)


def _over(way: Way, close: int, high: int, low: int, how: Market) -> Way:
    """The bar is over: orders at the market fill at its close, and stops that trail by whole bars are moved."""
    standing = {one.number for one in way[0].orders if one.status == "open"}
    for order in way[0].orders:
        if order.status == "open" and order.kind == "market" and order.limit is None and how.fill_at == "close":
            way = _filled(way, order, close)
    orders = []
    for order in way[0].orders:
        if order.by_bar and order.number in standing and order.best is not None:
            best = max(order.best, high) if order.side < 0 else min(order.best, low)
            order = replace(order, best=best)  # noqa: PLW2901
        orders.append(order)
    return replace(way[0], orders=tuple(orders)), way[1]
