"""The terms that an order is placed with: what its style and its options say, at the moment of placing it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal, TypedDict

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    DAY_NS,
    MARKET_TERMS,
    Cause,
    OrderTerms,
    TimeInForce,
    datetime_of,
    parse_moment,
    tick_at,
    trailed,
)
from rustybt.errors import BadOrderParameters, InputError
from rustybt.orders._instrument import Instrument, Market
from rustybt.orders._styles import scaled_price, terms_of
from rustybt.orders._tick import price_on_tick, terms_on_tick

_new: Any = tuple.__new__  # a third of what calling a NamedTuple costs
BEYOND_PRICES: Final = MARKET_TERMS[2:]
"""What the terms of an order say after limit and stop where prices are all that it has."""
AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)


type TimeInForceName = Literal["gtc", "day", "gtd", "ioc", "fok"]
type GoodTill = dt.date | dt.datetime | str


class OrderOptions(TypedDict, total=False):
    """What every order function takes by name besides price and style.

    time_in_force: "gtc" until it is cancelled (the default), "day" to the end of the session, "gtd" to `good_till`,
    "ioc" on the next bar, what is left is cancelled, "fok" the same, whole or not at all.
    good_till: a date, to the end of that session; or a moment: a bar that ends later does not fill the order.
    post_only: a limit order that would fill at once, at the last price, is refused. reduce_only: the order makes a
    position smaller and never larger: it fills up to what is held, and ends when nothing is. tag: a word of one's own.

    >>> from rustybt import run
    >>> from rustybt.api import order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("IBM"), 5, limit_price=100, time_in_force="day", tag="dip")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-06")
    >>> result.orders["cause"].to_list()
    ['expired', 'expired', 'placed']
    """

    time_in_force: TimeInForceName
    good_till: GoodTill | None
    post_only: bool
    reduce_only: bool
    tag: str | None


NO_OPTIONS: Final[OrderOptions] = {}

TAGS_OF_FORCED: Final = {Cause.MARGIN_CALL: "margin call", Cause.LIQUIDATION: "liquidation", Cause.RECALLED: "recalled"}
"""The tags of orders that a broker places for the account; no other order can have them."""


def is_forced(order: WorkingOrder) -> bool:
    """Whether a broker placed the order: nobody else can cancel or change it."""
    return order.more is not None and order.more.tag in TAGS_OF_FORCED.values()


def options_of(
    time_in_force: TimeInForceName | None,
    good_till: GoodTill | None,
    post_only: bool | None,
    reduce_only: bool | None,
    tag: str | None,
) -> OrderOptions:
    """Those of the options that are not None.

    Functions name them one by one, with defaults: for `**options` Python makes a dict at each call, though it is empty.
    """
    if time_in_force is None and good_till is None and post_only is None and reduce_only is None and tag is None:
        return NO_OPTIONS
    options: OrderOptions = {}
    if time_in_force is not None:
        options["time_in_force"] = time_in_force
    if good_till is not None:
        options["good_till"] = good_till
    if post_only is not None:
        options["post_only"] = post_only
    if reduce_only is not None:
        options["reduce_only"] = reduce_only
    if tag is not None:
        options["tag"] = tag
    return options


def terms_at(
    instrument: Instrument, buys: bool, limit_price: Any, stop_price: Any, style: Any
) -> OrderTerms[int] | None:
    """The terms of an order for an asset, its prices on the tick; None for a market order.

    Raises UnsupportedOrderParameters and BadOrderParameters.
    """
    tick, fill_scale = instrument.tick, instrument.fill_scale
    if style is None:
        # what the lines below come to for prices alone, at a third of the cost
        limit = (
            None
            if limit_price is None
            else price_on_tick(scaled_price(limit_price, "limit_price"), buys, tick, fill_scale)
        )
        stop = (
            None
            if stop_price is None
            else price_on_tick(scaled_price(stop_price, "stop_price"), not buys, tick, fill_scale)
        )
        return _new(OrderTerms, (limit, stop, *BEYOND_PRICES))  # type: ignore[no-any-return]
    terms = terms_on_tick(terms_of(limit_price, stop_price, style, buys), buys, tick, fill_scale)
    return None if terms == MARKET_TERMS else terms


def placed(
    terms: OrderTerms[int] | None, options: OrderOptions, instrument: Instrument, buys: bool, market: Market
) -> OrderTerms[int] | None:
    """Terms with what the options say, and with what they come to now. None for a market order.

    Raises BadOrderParameters.
    """
    new = _with_options(terms or MARKET_TERMS, options, market)
    _check(new, market)
    trail = new.trail
    if trail is not None and trail.best is None and instrument.priced <= market.bar <= instrument.last:
        last = instrument.price[market.bar] * instrument.mark_to_fill_scale
        activation = trail.activation
        if activation is None or (last <= activation if buys else last >= activation):
            new = trailed(new, buys, last, tick_at(instrument.tick, instrument.fill_scale))
    return None if new == MARKET_TERMS else new


def takes(terms: OrderTerms[int], instrument: Instrument, buys: bool, bar: int) -> bool:
    """Whether a limit order would fill at the last price."""
    if terms.limit is None or terms.stop is not None or not instrument.priced <= bar <= instrument.last:
        return False
    last = instrument.price[bar] * instrument.mark_to_fill_scale
    return terms.limit >= last if buys else terms.limit <= last


def _with_options(terms: OrderTerms[int], options: OrderOptions, market: Market) -> OrderTerms[int]:
    unknown = options.keys() - OrderOptions.__annotations__.keys()
    if unknown:
        raise TypeError(
            f"an order takes no {', '.join(sorted(unknown))}. By name it takes limit_price, stop_price, style, "
            f"{', '.join(OrderOptions.__annotations__)}."
        )
    kept, good_till = terms.time_in_force, options.get("good_till")
    if "time_in_force" in options:
        kept = _time_in_force(options["time_in_force"])
    elif good_till is not None:
        kept = TimeInForce.GTD
    tag = options.get("tag", terms.tag)
    if tag is not None and not isinstance(tag, str):
        raise BadOrderParameters(f"tag={tag!r}: give a text, or nothing.")
    if tag in TAGS_OF_FORCED.values():
        raise BadOrderParameters(f"tag={tag!r}: orders that a broker forces have that one. Choose another.")
    return terms._replace(
        time_in_force=kept,
        expires=_expires(kept, good_till, market) if kept is not TimeInForce.GTC or good_till is not None else None,
        post_only=bool(options.get("post_only", terms.post_only)),
        reduce_only=bool(options.get("reduce_only", terms.reduce_only)),
        tag=tag,
    )


def _time_in_force(given: Any) -> TimeInForce:
    try:
        return TimeInForce(given.lower() if isinstance(given, str) else given)
    except ValueError:
        names = ", ".join(repr(kind.value) for kind in TimeInForce)
        raise BadOrderParameters(f"time_in_force={given!r}: give one of {names}.") from None


def _expires(kept: TimeInForce, good_till: Any, market: Market) -> int | None:
    """When an order ends, in ns UTC; None where that is not for a moment to say, or lies beyond the run."""
    if kept is not TimeInForce.GTD:
        if good_till is not None:
            raise BadOrderParameters(
                f"time_in_force={kept.value!r} and good_till={good_till!r} were given. Give time_in_force='gtd', or "
                "leave it out."
            )
        return _end_of_session(market) if kept is TimeInForce.DAY else None
    if good_till is None:
        raise BadOrderParameters("time_in_force='gtd' needs good_till=, a date or a moment.")
    axis, now = market.axis, placed_at(market)
    try:
        moment = parse_moment(good_till, "good_till")
    except InputError as error:
        raise BadOrderParameters(str(error)) from None
    if _is_date(good_till):
        day = moment // DAY_NS
        moment = axis.close_of(day) if day <= axis.days[-1] else (day + 1) * DAY_NS
    if moment <= now:
        raise BadOrderParameters(
            f"good_till={good_till!r} is over at {datetime_of(now):%Y-%m-%d %H:%M} UTC, when the order is placed. Give "
            "a later one."
        )
    return moment


def _is_date(good_till: Any) -> bool:
    if isinstance(good_till, str):
        return len(good_till.strip()) <= len("2024-01-02")
    return isinstance(good_till, dt.date) and not isinstance(good_till, dt.datetime)


def _end_of_session(market: Market) -> int | None:
    """The close of the session that an order placed now is for: in daily runs the one after the bar."""
    axis, session = market.axis, market.session
    if axis.daily and not market.before_open:
        session += 1
    return axis.run_closes[session] if session < len(axis.run_closes) else None


def _check(terms: OrderTerms[int], market: Market) -> None:
    """Raises BadOrderParameters for terms that contradict each other."""
    waits = terms.stop is not None or terms.touch is not None or terms.trail is not None
    if terms.time_in_force in AT_ONCE and waits:
        raise BadOrderParameters(
            f"time_in_force={terms.time_in_force.value!r} ends with the next bar, and a stop or touch waits for a "
            "price. Leave one of them out."
        )
    if terms.at is not None and (terms.time_in_force not in (TimeInForce.GTC, TimeInForce.DAY) or waits):
        raise BadOrderParameters(
            f"An order for the {terms.at.value} ends with that auction. Leave out time_in_force, good_till and stop."
        )
    if terms.at is not None and market.axis.steps is not None:
        raise BadOrderParameters(
            f"A run of weeks or months has no auction at a session's {terms.at.value}. Run on days, or leave it out."
        )
    if terms.post_only and (terms.limit is None or terms.at is not None or terms.time_in_force in AT_ONCE):
        raise BadOrderParameters("post_only needs a limit that can rest: give limit_price or a limit style.")


def placed_at(market: Market) -> int:
    """The stamp of an order that is placed now, ns UTC."""
    axis = market.axis
    stamp = market.now or axis.times[market.bar]
    if not market.before_open:
        return stamp
    # where the session before has only just ended, the order is one of the session to come all the same
    before_open = axis.before_open_stamp(market.session)
    return before_open if before_open > stamp else axis.opens[market.session]
