"""Placing linked orders: an entry with its exits, and orders of which one cancels the others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, NamedTuple

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    DAY_NS,
    MARKET_TERMS,
    Asset,
    OrderEventKind,
    OrderStatus,
    OrderTerms,
    div_half_even,
    exact_number,
    scaled,
    tick_at,
    to_scale,
)
from rustybt.errors import BadOrderParameters, InputError
from rustybt.orders._gate import OrderGate
from rustybt.orders._instrument import Instrument
from rustybt.orders._links import Away, Group
from rustybt.orders._placed import OrderOptions, is_forced, placed_at, terms_at
from rustybt.orders._styles import ExecutionStyle, LimitOrder, StopOrder, order_price

LINKS: Final = ("reduce", "oco")
STARTS: Final = ("part", "whole")
_FILLS: Final = (OrderEventKind.FILLED.value, OrderEventKind.PARTIALLY_FILLED.value)


class Bracket(NamedTuple):
    """The ids of an entry and its exits; None for what was not asked for, or not placed.

    >>> from rustybt import run
    >>> from rustybt.api import bracket_order, symbol
    >>> brackets = []
    >>> def handle_data(context, data):
    ...     if not brackets:
    ...         brackets.append(bracket_order(symbol("IBM"), 10, take_profit=140, stop_loss=125))
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-06")
    >>> brackets
    [Bracket(entry='main-1', take_profit='main-2', stop_loss='main-3')]
    """

    entry: str | None
    take_profit: str | None
    stop_loss: str | None


class Distance:
    """The price of an exit, so much money away from the price at which its entry first fills.

    >>> Distance("1.50")
    Distance(1.50)
    """

    def __init__(self, amount: Any) -> None:
        self.amount = order_price(amount, "Distance")

    def __repr__(self) -> str:
        return f"Distance({self.amount})"


class Percent:
    """The price of an exit, so many per cent away from the price at which its entry first fills; 2.5 is 2.5 %.

    >>> Percent(2.5)
    Percent(2.5)
    """

    def __init__(self, percent: Any) -> None:
        self.percent = exact_number(percent, "Percent")
        if not 0 < self.percent < 100:
            raise BadOrderParameters(f"Percent({percent!r}): give a number between 0 and 100; 2.5 is 2.5 %.")

    def __repr__(self) -> str:
        return f"Percent({self.percent})"


class _Exit(NamedTuple):
    """An exit that is to be placed: its terms, and where its price comes from the entry's, how."""

    terms: OrderTerms[int]
    away: Away | None


def place_bracket(
    gate: OrderGate,
    asset: Asset,
    amount: Any,
    exits: tuple[Any, Any],
    prices: tuple[Any, Any, Any],
    link: str,
    after: str,
    options: OrderOptions,
) -> Bracket:
    """Places an entry and its exits, or refuses all of them.

    exits: take_profit and stop_loss. prices: limit_price, stop_price and style of the entry.
    Raises BadOrderParameters before anything is placed.
    """
    instrument = gate.orderable(asset)
    size = 0 if instrument is None else gate.units(instrument, amount, "amount")
    if instrument is None or not size:
        return Bracket(None, None, None)
    terms = terms_at(instrument, size > 0, *prices) if any(price is not None for price in prices) else None
    reference = _reference(gate, instrument, terms)
    made = _exits(instrument, size > 0, exits, reference, link, after, options.get("tag"))
    entry_id = gate.order(asset, amount, *prices, options)
    entry = gate.book.find(entry_id)
    if entry is None or entry.status is OrderStatus.REJECTED:
        return Bracket(entry_id, None, None)
    return Bracket(entry_id, *_attach(gate, entry, made, link, after))


def _reference(gate: OrderGate, instrument: Instrument, terms: OrderTerms[int] | None) -> int | None:
    """About where an entry fills: its limit or stop, else the last price; None where there is none."""
    if terms is not None and (terms.limit is not None or terms.stop is not None):
        return terms.limit if terms.limit is not None else terms.stop
    bar = gate.market.bar
    if not instrument.priced <= bar <= instrument.last:
        return None
    return instrument.price[bar] * instrument.mark_to_fill_scale


def _check_split(gate: OrderGate, entry: WorkingOrder, order_id: object) -> None:
    """What an order that is over filled counts in the units of then."""
    if entry.status is OrderStatus.OPEN:
        return
    ended, today = entry.changed // DAY_NS, gate.market.axis.days[gate.market.session]
    if any(ended < split.ex_day <= today for split in entry.instrument.splits):
        raise BadOrderParameters(
            f"attach_exits({order_id!r}): the order filled before a split of {entry.instrument.asset.symbol}, and "
            "counts other units. Place the exit by itself, with reduce_only=True."
        )


def attach(gate: OrderGate, order_id: object, exits: tuple[Any, Any], link: str, after: str) -> Bracket:
    """Gives an order exits: an open one, or one that is filled. Raises InputError and BadOrderParameters."""
    entry = _found(gate, order_id, "attach_exits")
    if entry.status not in (OrderStatus.OPEN, OrderStatus.FILLED) and not entry.filled:
        raise BadOrderParameters(
            f"attach_exits({order_id!r}): the order is {entry.status.name.lower()} without a fill."
        )
    if gate.book.links is not None and gate.book.links.protecting(entry.number):
        raise BadOrderParameters(f"attach_exits({order_id!r}): the order has exits. Change or cancel those.")
    _check_split(gate, entry, order_id)
    tag = None if entry.more is None else entry.more.tag
    is_open = entry.status is OrderStatus.OPEN
    first_fill = _first_fill(gate, entry) if entry.filled else None
    reference = first_fill if is_open else None
    if reference is None:
        reference = _reference(gate, entry.instrument, entry.terms if is_open else None)
    made = _exits(entry.instrument, entry.amount > 0, exits, reference, link, after, tag, first_fill)
    ids = _attach(gate, entry, made, link, after)
    if entry.filled and gate.book.links is not None:
        group = gate.book.links.protects(entry.number)
        if group is not None:
            gate.book.carry_out(gate.book.links.started(group, entry, placed_at(gate.market)))
            for order in map(gate.book.numbered, group.exits if gate.wire is not None else ()):
                gate.wire.sent(order, order.terms, order.instrument.slot)  # type: ignore[union-attr]  # there is one
    return Bracket(gate.book.order_id(entry.number), *ids)


def one_cancels_others(gate: OrderGate, order_ids: tuple[Any, ...], link: str) -> str:
    """Links open orders. Returns the group's id. Raises InputError and BadOrderParameters."""
    _check(link, LINKS, "link")
    orders = [_found(gate, order_id, "oco") for order_id in order_ids]
    if len({order.number for order in orders}) < 2:
        raise BadOrderParameters(f"oco{order_ids!r}: give two orders or more.")
    for order, order_id in zip(orders, order_ids, strict=True):
        if order.status is not OrderStatus.OPEN:
            raise BadOrderParameters(f"oco: order {order_id!r} is {order.status.name.lower()}, and not open.")
        if is_forced(order):
            raise BadOrderParameters(f"oco: order {order_id!r} is the broker's. Link orders of your own.")
        if gate.book.links is not None and gate.book.links.group_of(order.number) is not None:
            raise BadOrderParameters(f"oco: order {order_id!r} is linked already.")
    if link == "reduce" and len(assets := {order.instrument.asset for order in orders}) > 1:
        raise BadOrderParameters(
            f"oco(link='reduce'): the orders are of {', '.join(sorted(asset.symbol for asset in assets))}, and units "
            "of one are not those of another. Give orders of one asset, or link='oco'. Nothing was linked."
        )
    return f"group-{gate.book.link(Group([order.number for order in orders], None, link, 'part'))}"


def _attach(
    gate: OrderGate, entry: WorkingOrder, made: tuple[_Exit | None, _Exit | None], link: str, after: str
) -> list[str | None]:
    """Places exits, held until their entry fills. Returns their ids."""
    book, stamp = gate.book, placed_at(gate.market)
    orders = [None if one is None else book.hold(entry.instrument, -entry.amount, one.terms, stamp) for one in made]
    group = Group([order.number for order in orders if order is not None], entry.number, link, after)
    for one, order in zip(made, orders, strict=True):
        if one is not None and order is not None and one.away is not None:
            group.away[order.number] = one.away
    book.link(group)
    return [None if order is None else book.order_id(order.number) for order in orders]


def _exits(
    instrument: Instrument,
    long: bool,
    exits: tuple[Any, Any],
    reference: int | None,
    link: str,
    after: str,
    tag: str | None,
    first_fill: int | None = None,
) -> tuple[_Exit | None, _Exit | None]:
    """What is to be placed. first_fill: the price at which an entry has filled that gets its exits later."""
    _check(link, LINKS, "link")
    _check(after, STARTS, "after")
    if exits == (None, None):
        raise BadOrderParameters("Give take_profit, stop_loss or both.")
    profit, loss = (
        None if given is None else _exit(instrument, long, given, name, tag)
        for given, name in zip(exits, ("take_profit", "stop_loss"), strict=True)
    )
    if first_fill is not None:
        profit, loss = (_away_from(instrument, long, one, first_fill) for one in (profit, loss))
    if reference is not None:
        _check_side(instrument, long, profit, reference, exits[0], "take_profit")
        _check_side(instrument, long, loss, reference, exits[1], "stop_loss")
    return profit, loss


def _exit(instrument: Instrument, long: bool, given: Any, name: str, tag: str | None) -> _Exit:
    is_limit = name == "take_profit"
    if isinstance(given, Distance | Percent):
        return _Exit(
            MARKET_TERMS._replace(reduce_only=True, linked=True, tag=tag), _away(given, instrument.fill_scale, is_limit)
        )
    if isinstance(given, str) and given.strip().endswith("%"):
        raise BadOrderParameters(f"{name}={given!r}: from the entry's price on, write execution.Percent(5) for 5 %.")
    style = given
    if not isinstance(given, ExecutionStyle):
        style = (LimitOrder if is_limit else StopOrder)(order_price(given, name))
    terms = terms_at(instrument, not long, None, None, style)
    if terms is None or terms[:4] == (None, None, None, None):
        raise BadOrderParameters(f"{name}={given!r} would exit at once. Give a price, or a style that waits for one.")
    _check_kind(terms, given, name)
    return _Exit(terms._replace(reduce_only=True, linked=True, tag=tag), None)


def _away_from(instrument: Instrument, long: bool, one: _Exit | None, price: int) -> _Exit | None:
    """An exit whose price hangs on the entry's, at its price."""
    if one is None or one.away is None:
        return one
    limit, stop = one.away.terms(price, not long, tick_at(instrument.tick, instrument.fill_scale))[:2]
    return _Exit(one.terms._replace(limit=limit, stop=stop), None)


def _first_fill(gate: OrderGate, entry: WorkingOrder) -> int | None:
    """The price at which an order first filled, at the fill scale, in the units of today."""
    first: int | None = None
    rows: Any = gate.book.rows
    for number, _, kind, _, price, _, _, ratio, _ in rows:
        if number != entry.number:
            continue
        if first is None and kind in _FILLS:
            first = price
        elif first is not None and kind == OrderEventKind.ADJUSTED.value and ratio is not None:
            numerator, denominator = map(int, ratio.split("/"))
            first = div_half_even(first * numerator, denominator)
    return first


def _away(given: Distance | Percent, scale: int, is_limit: bool) -> Away:
    if isinstance(given, Distance):
        return Away(to_scale(given.amount, scale), None, is_limit)
    value, own = scaled(given.percent)
    return Away(None, (value, 10 ** (own + 2)), is_limit)


def _check_side(instrument: Instrument, long: bool, one: _Exit | None, reference: int, given: Any, name: str) -> None:
    """A sale takes its profit above the entry, and its loss below."""
    if one is None:
        return
    terms = one.terms
    price = terms.limit if name == "take_profit" else terms.stop
    if price is None:
        return
    above = long is (name == "take_profit")
    if price <= reference if above else price >= reference:
        at = Decimal(reference).scaleb(-instrument.fill_scale).normalize()
        away = "" if one.away is not None else ", or how far from it: execution.Percent(5), execution.Distance(2)"
        raise BadOrderParameters(
            f"{name}={given!r} of a bracket that {'buys' if long else 'sells'} at about {at:f} lies on the wrong side. "
            f"Give a price {'above' if above else 'below'} it{away}. Nothing was placed."
        )


def _check_kind(terms: OrderTerms[int], given: Any, name: str) -> None:
    """A profit is not taken by a plain stop, a loss not stopped by a plain limit: prices have passed it already."""
    if terms.touch is not None or terms.trail is not None or terms.at is not None:
        return
    if name == "stop_loss" and terms.stop is None:
        raise BadOrderParameters(f"{name}={given!r} is a limit. Give a price, a StopOrder or a StopLimitOrder.")
    if name == "take_profit" and terms.limit is None:
        raise BadOrderParameters(f"{name}={given!r} is a stop. Give a price, or a LimitOrder.")


def _check(given: str, known: tuple[str, ...], name: str) -> None:
    if given not in known:
        raise BadOrderParameters(f"{name}={given!r}: give {' or '.join(map(repr, known))}.")


def _found(gate: OrderGate, order_id: Any, function: str) -> WorkingOrder:
    order = gate.book.find(getattr(order_id, "id", order_id))
    if order is None:
        raise InputError(f"{function}({order_id!r}): there is no order with that id.")
    return order
