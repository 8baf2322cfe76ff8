"""What a strategy has called when something happens: intervals, price levels, triggers of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from rustybt.core import Asset, Number
from rustybt.strategy import Trigger, current_algorithm

if TYPE_CHECKING:
    from rustybt.strategy import Context
    from rustybt.view import BarData


def on_time_interval[S: (Decimal, float)](
    interval: dt.timedelta | str,
    function: Callable[[Context[S], BarData[S]], object],
    *,
    priority: int = 0,
) -> str:
    """Calls function(context, data) each time that an interval is over, counted from the open of each session.

    The first call is with the session's first bar or later, the last one at its close; none is in a break. A moment
    that lies between two bars sees the last one. interval: a timedelta, or a text like "5m" or "250ms". priority: of
    what is due at one moment, the smaller one is called first. Returns an id for `cancel_event`.

    >>> import polars as pl
    >>> from rustybt import Strategy, run
    >>> from rustybt.api import get_datetime, on_time_interval
    >>> stamps = [f"2024-01-02 14:{30 + minute}" for minute in range(1, 11)]
    >>> bars = pl.DataFrame({"timestamp": stamps, "open": 10, "high": 10, "low": 10, "close": 10, "volume": 100})
    >>> class Told(Strategy):
    ...     def initialize(self, context):
    ...         context.every = on_time_interval("150s", self.tell)
    ...
    ...     def tell(self, context, data):
    ...         print(get_datetime("America/New_York").time())
    ...         if get_datetime().minute >= 35:
    ...             context.cancel_event(context.every)
    >>> result = run(Told, {"A": bars}, data_frequency="minute", stamp="end", tz="UTC")
    09:32:30
    09:35:00
    """
    event: str = current_algorithm("on_time_interval").on_time_interval(interval, function, priority=priority)
    return event


def on_price_threshold[S: (Decimal, float)](
    asset: Asset,
    price: Number,
    function: Callable[[Context[S], BarData[S]], object],
    *,
    direction: Literal["up", "down", "both"] = "both",
    once: bool = False,
    priority: int = 0,
) -> str:
    """Calls function(context, data) with each bar whose price comes to a level from below ("up"), from above ("down")
    or from either side.

    Looked at is what `data.current(asset, "price")` says with each bar, and where it was before, at first when this is
    called: a price that is beyond the level already calls nothing before it has been on the other side. Splits restate
    the level, as they do stop prices. once: the first call is the last one. priority: of what is due at one moment, the
    smaller one is called first. Returns an id for `cancel_event`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import on_price_threshold, order, symbol
    >>> class Breakout(Strategy):
    ...     def initialize(self, context):
    ...         on_price_threshold(symbol("IBM"), "131", self.buy, direction="up", once=True)
    ...
    ...     def buy(self, context, data):
    ...         order(symbol("IBM"), 10)
    >>> result = run(Breakout, start="2010-01-05", end="2010-01-15")
    >>> [str(when.date()) for when in result.orders["created"]], result.transactions["price"].to_list()
    (['2010-01-14'], [Decimal('131.84589')])
    """
    run = current_algorithm("on_price_threshold")
    event: str = run.on_price_threshold(asset, price, function, direction=direction, once=once, priority=priority)
    return event


def on_event[S: (Decimal, float)](
    trigger: Trigger,
    function: Callable[[Context[S], BarData[S]], object],
    *,
    once: bool = False,
    priority: int = 0,
) -> str:
    """Calls function(context, data) when a trigger of one's own fires: an object with the method fires(moment, data).

    The trigger is asked with each bar, when the turn of this function comes. once: the first call is the last one.
    priority: of what is due at one moment, the smaller one is called first. Returns an id for `cancel_event`.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import on_event, symbol
    >>> class Falls:
    ...     '''So many closes below the one before, one after the other.'''
    ...     def __init__(self, asset, count):
    ...         self.asset, self.count, self.fallen, self.close = asset, count, 0, None
    ...
    ...     def fires(self, moment, data):
    ...         before, self.close = self.close, data.current(self.asset, "close")
    ...         self.fallen = self.fallen + 1 if before is not None and self.close < before else 0
    ...         return self.fallen == self.count
    >>> class Contrarian(Strategy):
    ...     def initialize(self, context):
    ...         on_event(Falls(symbol("IBM"), 3), self.buy)
    ...
    ...     def buy(self, context, data):
    ...         context.order(symbol("IBM"), 10)
    >>> [str(when.date()) for when in run(Contrarian, start="2010-01-04", end="2010-02-26").orders["created"]]
    ['2010-01-07', '2010-01-22', '2010-02-08', '2010-02-23']
    """
    event: str = current_algorithm("on_event").on_event(trigger, function, once=once, priority=priority)
    return event


def cancel_event(event_id: str) -> bool:
    """Calls the function of an event no more. Returns whether it would have been called.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import cancel_event, on_price_threshold, symbol
    >>> class Impatient(Strategy):
    ...     def initialize(self, context):
    ...         context.event = on_price_threshold(symbol("IBM"), 131, print)
    ...
    ...     def handle_data(self, context, data):
    ...         context.record(waited=cancel_event(context.event))
    >>> run(Impatient, start="2010-01-05", end="2010-01-06").recorded["waited"].to_list()
    [True, False]
    """
    was: bool = current_algorithm("cancel_event").cancel_event(event_id)
    return was
