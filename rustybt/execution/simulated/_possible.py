"""The possible effects of a bar on orders: the worst and the best that a path of its prices comes to.

A result is possible if a continuous path from the open that touches high and low, and ends at the close, gives it. All
such paths between the prices that matter are gone through; what they do to an order is what `Triggers` says of their
straight parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import OrderStatus, OrderTerms, level_of, tick_at, trailed
from rustybt.execution.simulated._bars import Bars, LinkedGroup
from rustybt.execution.simulated._legs import Four, Leg, four_of
from rustybt.execution.simulated._triggers import Triggers

WAITS, WORKS, OVER = 0, 1, 2


class Piece(NamedTuple):
    """An order, as a path has left it. phase: waits for its entry, works or is over. amount: what is open of it."""

    phase: int
    amount: int
    terms: OrderTerms[int] | None
    stop_reached: bool
    limit_reached: bool


class Unit(NamedTuple):
    """Orders that are read together: one alone, or those that are linked, with exits that wait for their entry.

    entry: the place of the entry; None without. group: None where the order is alone. working: those that the bar looks
    at.
    """

    orders: tuple[WorkingOrder, ...]
    entry: int | None
    group: LinkedGroup | None
    working: tuple[WorkingOrder, ...]


class Ends(NamedTuple):
    """The worst and the best of the possible: the worth at the close of what is filled, and a path that gives it."""

    worst: int
    best: int
    worst_path: list[int]
    best_path: list[int]


class _Place(NamedTuple):
    """How far a path has come: at which of the prices, which extremes it has touched, and what the orders are."""

    at: int
    high: bool
    low: bool
    pieces: tuple[Piece, ...]


type Seen = dict[_Place, tuple[int, _Place | None]]


class Paths:
    """The paths of a bar, as far as they matter to the orders of a unit."""

    def __init__(self, unit: Unit, bars: Bars, bar: int, triggers: Triggers) -> None:
        self._unit = unit
        self._bars = bars
        self._bar = bar
        self._triggers = triggers
        self._four = four_of(bars, bar)
        self._moves: dict[tuple[int, int, tuple[Piece, ...]], tuple[tuple[Piece, ...], int]] = {}

    def ends(self) -> Ends:
        """The worst and the best."""
        prices = prices_that_matter(self._unit, self._bars, self._bar, 1 if self._triggers.through else 0)
        four, pieces = self._four, tuple([self._piece(order) for order in self._unit.orders])
        pieces, worth = self._move(four.open, four.open, pieces)
        start = _Place(prices.index(four.open), four.open == four.high, four.open == four.low, pieces)
        found = [self._search(prices, start, worth, sign) for sign in (-1, 1)]
        (worst, worst_path), (best, best_path) = found
        return Ends(worst, best, worst_path, best_path)

    def _search(self, prices: list[int], start: _Place, worth: int, sign: int) -> tuple[int, list[int]]:
        """The most of worth times sign, and a path to it."""
        four, seen, todo = self._four, {start: (worth, None)}, [start]
        known: Seen = seen  # type: ignore[assignment]  # the first has no place before it
        while todo:
            place = todo.pop()
            so_far = known[place][0]
            for at in (place.at - 1, place.at + 1):
                if not 0 <= at < len(prices):
                    continue
                pieces, more = self._move(prices[place.at], prices[at], place.pieces)
                high, low = place.high or prices[at] == four.high, place.low or prices[at] == four.low
                there = _Place(at, high, low, pieces)
                if there not in known or (so_far + more - known[there][0]) * sign > 0:
                    known[there] = so_far + more, place
                    todo.append(there)
        close = prices.index(four.close)
        ends = [place for place in known if place.at == close and place.high and place.low]
        end = max(ends, key=lambda place: known[place][0] * sign)
        path: list[int] = []
        at_place: _Place | None = end
        while at_place is not None:
            path.append(prices[at_place.at])
            at_place = known[at_place][1]
        return known[end][0], _turns(path[::-1])

    def _piece(self, order: WorkingOrder) -> Piece:
        works = order.status is OrderStatus.OPEN and not at_named_price(order, self._triggers, "close")
        phase = WORKS if works else WAITS if order.status is OrderStatus.HELD else OVER
        return Piece(phase, order.amount - order.filled, order.terms, order.stop_reached, order.limit_reached)

    def _move(self, start: int, end: int, pieces: tuple[Piece, ...]) -> tuple[tuple[Piece, ...], int]:
        """The orders after a straight part of the path, and what that is worth at the close."""
        known = self._moves.get((start, end, pieces))
        if known is None:
            known = self._moves[start, end, pieces] = self._moved(start, end, pieces)
        return known

    def _moved(self, start: int, end: int, pieces: tuple[Piece, ...]) -> tuple[tuple[Piece, ...], int]:
        found, worth, price = list(pieces), 0, start
        while True:
            leg = Leg(self._bars, self._bar, price, end)
            reached = self._reached(leg, found, price)
            if reached is None:
                self._wait(leg, found)
                return tuple(found), worth
            place, at = reached
            self._wait(Leg(self._bars, self._bar, price, at), found, but=place)
            worth += found[place].amount * (self._four.close - at)
            self._fill(found, place, at)
            price = at

    def _reached(self, leg: Leg, pieces: list[Piece], start: int) -> tuple[int, int] | None:
        """The first order that a part fills, by its place, and at which price; of several at one price the worse."""
        found: list[tuple[int, bool, int, int, int]] = []
        for place, piece in enumerate(pieces):
            if piece.phase == WORKS and piece.amount:
                at = self._trigger(place, piece, leg).price
                if at is not None:
                    worth = piece.amount * (self._four.close - at)
                    found.append((abs(at - start), place != self._unit.entry, worth, place, at))
        return min(found)[3:] if found else None

    def _trigger(self, place: int, piece: Piece, leg: Leg) -> Any:
        order = WorkingOrder(0, self._unit.orders[place].instrument, piece.amount, piece.terms, 0)
        order.stop_reached, order.limit_reached = piece.stop_reached, piece.limit_reached
        return self._triggers.of(order, leg, self._bar, leg.column("open")[self._bar])

    def _wait(self, leg: Leg, pieces: list[Piece], but: int | None = None) -> None:
        """Stops move, and stop-limits are triggered, on a part that fills none of them."""
        for place, piece in enumerate(pieces):
            if piece.phase == WORKS and place != but and piece.terms is not None:
                trigger = self._trigger(place, piece, leg)
                if trigger.price is None and (trigger.stop or trigger.terms is not None):
                    terms = piece.terms if trigger.terms is None else trigger.terms
                    pieces[place] = piece._replace(terms=terms, stop_reached=piece.stop_reached or trigger.stop)

    def _fill(self, pieces: list[Piece], place: int, price: int) -> None:
        """An order is filled, and those that are linked to it do what they do then."""
        filled = pieces[place]
        pieces[place] = filled._replace(phase=OVER, amount=0)
        group, entry = self._unit.group, self._unit.entry
        if group is None:
            return
        for other, piece in enumerate(pieces):
            if other == place or piece.phase == OVER:
                continue
            if place == entry:
                size = -filled.amount if piece.phase == WAITS else piece.amount - filled.amount
                terms = exit_terms(group, self._unit.orders[other], price)
                pieces[other] = piece._replace(phase=WORKS, amount=size, terms=terms or piece.terms)
            elif other == entry or group.link == "oco" or abs(piece.amount) <= abs(filled.amount):
                pieces[other] = piece._replace(phase=OVER, amount=0)
            else:
                side = 1 if piece.amount > 0 else -1
                pieces[other] = piece._replace(amount=piece.amount - side * abs(filled.amount))


def exit_terms(group: LinkedGroup, order: WorkingOrder, price: int) -> OrderTerms[int] | None:
    """The terms of an exit that waits, were its entry to fill at a price; None for one at work."""
    terms = order.terms
    if order.status is not OrderStatus.HELD or terms is None:
        return None
    first = price if group.price is None else group.price
    buys, tick = order.amount > 0, tick_at(order.instrument.tick, order.instrument.fill_scale)
    away = group.away.get(order.number)
    if away is not None:
        limit, stop = away.terms(first, buys, tick)[:2]
        terms = terms._replace(limit=limit, stop=stop)
    if terms.trail is not None and terms.trail.best is None and terms.trail.activation is None:
        terms = trailed(terms, buys, first, tick)
    return terms


def at_named_price(order: WorkingOrder, triggers: Triggers, name: str) -> bool:
    """Whether an order fills at the open or the close of a bar, as named, and at no other price."""
    more = order.more
    if more is not None and more.at is not None:
        return more.at.value == name
    waits = order.limit is not None or (
        not order.stop_reached
        and (order.stop is not None or (more is not None and (more.touch is not None or more.trail is not None)))
    )
    return triggers.field == name and (not waits or (more is not None and more.at_once))


def prices_that_matter(unit: Unit, bars: Bars, bar: int, beyond: int = 0) -> list[int]:
    """The prices of a bar between which it makes no difference where a path turns, lowest first.

    beyond: how far beyond a limit prices have to go.
    """
    four = four_of(bars, bar)
    within = set(four)
    entries = {four.open}
    for place, order in enumerate(unit.orders):
        if place == unit.entry and order.terms is not None:
            entries |= {price for price in order.terms[:3] if price is not None}
    for order in unit.orders:
        found = _prices_of(unit, order, four, entries)
        within |= found
        if beyond:
            within |= {price + much for price in found for much in (-beyond, beyond)}
    return sorted(price for price in within if four.low <= price <= four.high)


def _prices_of(unit: Unit, order: WorkingOrder, four: Four, entries: Iterable[int]) -> set[int]:
    all_terms: Sequence[OrderTerms[int] | None] = [order.terms]
    if unit.group is not None and order.status is OrderStatus.HELD:
        all_terms = [exit_terms(unit.group, order, price) for price in entries]
    found: set[int] = set()
    for terms in all_terms:
        if terms is None:
            continue
        found |= {price for price in terms[:3] if price is not None}
        if terms.trail is not None and not terms.trail.by_bar:
            tick = tick_at(order.instrument.tick, order.instrument.fill_scale)
            found |= _trailing_prices(terms, four, order.amount > 0, tick)
    return found


def _trailing_prices(terms: OrderTerms[int], four: Four, buys: bool, tick: int) -> set[int]:
    """Levels at which a stop that trails may stand, and the prices that bring it to the other end of the bar."""
    rule = terms.trail
    if rule is None:
        return set()
    best, bad = (four.low, four.high) if buys else (four.high, four.low)
    firsts = [price for price in (rule.activation, rule.best, four.open, best) if price is not None]
    found = {level_of(rule, buys, price, tick) for price in firsts} | {*firsts}
    # the best price from which the stop comes to lie at the worst price of the bar
    side = 1 if buys else -1
    if rule.share is not None:
        numerator, denominator = rule.share
        exact = -(-bad * denominator // (denominator + side * numerator))
    else:
        exact = bad - side * (rule.distance or (rule.ticks or 0) * tick)
    for price in (exact, exact + tick, exact - tick):
        found |= {price, level_of(rule, buys, price, tick)}
    return found


def _turns(path: list[int]) -> list[int]:
    """The path with what lies on a straight line left out."""
    found = path[:1]
    for price in path[1:]:
        if len(found) > 1 and (found[-1] - found[-2]) * (price - found[-1]) > 0:
            found[-1] = price
        elif price != found[-1] or len(found) == 1:
            found.append(price)
    return found
