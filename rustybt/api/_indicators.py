"""Indicators that a strategy reads at its moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rustybt.core import Asset, Number
from rustybt.strategy import current_algorithm

if TYPE_CHECKING:
    from rustybt.indicators import Indicator
    from rustybt.strategy import Context
    from rustybt.view import BarData, Term


def term(
    kind: Indicator,
    assets: Asset | Iterable[Asset],
    field: str | None = None,
    *,
    frequency: str | None = None,
    against: Asset | None = None,
    **parameters: Any,
) -> Any:
    """An indicator of one asset or several, computed once for the whole run and read at the moment: `.now`, `.history`.

    kind: from `rustybt.indicators`. field: what it is of, by default "close", where it is of one field; "price" is the
    last close of a bar without a trade.
    frequency: of longer bars, such as "1w" in a run of days, "5m" or "1d" in one of minutes: those that are over; by
    default the run's own bars.
    against: the other asset, of an indicator that compares with one. parameters: its own, such as window=20.
    Returns a `Term`, for an indicator of several columns an object with a term for each: `bands.upper`. Splits and
    dividends restate it as they do `data.history`: what is read equals the same arithmetic on a window of it.
    Raises InputError and WrongType; HistoryWindowStartsBeforeData, when it is first read, where the data up to the
    run's end are too short for a single value.

    >>> from rustybt import run_algorithm
    >>> from rustybt.api import order_target_percent, symbol, term
    >>> from rustybt.indicators import SMA
    >>> def initialize(context):
    ...     context.apple = symbol("AAPL")
    ...     context.fast, context.slow = [term(SMA, context.apple, window=n) for n in (10, 30)]
    >>> def handle_data(context, data):
    ...     order_target_percent(context.apple, 1 if context.fast.now > context.slow.now else 0)
    >>> result = run_algorithm("2010-01-04", "2010-12-31", initialize=initialize, handle_data=handle_data)
    >>> result.orders.height
    22
    """
    return current_algorithm("term").term(kind, assets, field, frequency=frequency, against=against, **parameters)


def on_cross[S: (Decimal, float)](
    a: Term,
    b: Term | Number,
    function: Callable[[Context[S], BarData[S], str], object],
    *,
    once: bool = False,
    priority: int = 0,
) -> str:
    """Calls function(context, data, direction) with each bar at which a term crosses another one, or a number.

    direction: "up" where `a` was at or below `b` on the bar before and is above it now, "down" the other way round;
    both as `history(2)` tells them. The terms are of one asset. The bars are known beforehand, so that nothing runs in
    between. It comes after handle_data, by priority among what is scheduled; what is registered with a bar begins with
    the next. once: over with the first call. Returns an id for `cancel_event`. Raises WrongType and InputError.

    >>> from rustybt import run_algorithm
    >>> from rustybt.api import on_cross, order_target_percent, symbol, term
    >>> from rustybt.indicators import SMA
    >>> def initialize(context):
    ...     context.apple = symbol("AAPL")
    ...     on_cross(*[term(SMA, context.apple, window=n) for n in (10, 30)], crossed)
    >>> def crossed(context, data, direction):
    ...     print(data.current_session, direction)
    ...     order_target_percent(context.apple, 1 if direction == "up" else 0)
    >>> result = run_algorithm("2010-01-04", "2010-04-30", initialize=initialize)
    2010-01-29 down
    2010-02-26 up
    """
    event: str = current_algorithm("on_cross").on_cross(a, b, function, once=once, priority=priority)
    return event


def on_true[S: (Decimal, float)](
    condition: Term,
    function: Callable[[Context[S], BarData[S]], object],
    *,
    once: bool = False,
    priority: int = 0,
) -> str:
    """Calls function(context, data) with each bar at which a condition holds: a comparison of terms of one asset.

    The bars are known beforehand, so that nothing runs in between. It comes after handle_data, by priority among what
    is scheduled; what is registered with a bar begins with the next. once: over with the first call. Returns an id for
    `cancel_event`. Raises WrongType and InputError.

    >>> from rustybt import run_algorithm
    >>> from rustybt.api import on_true, symbol, term
    >>> from rustybt.indicators import RSI
    >>> def initialize(context):
    ...     on_true(term(RSI, symbol("AAPL"), window=2) < 5, weak)
    >>> def weak(context, data):
    ...     print(data.current_session)
    >>> result = run_algorithm("2010-01-04", "2010-02-26", initialize=initialize)
    2010-02-23
    """
    event: str = current_algorithm("on_true").on_true(condition, function, once=once, priority=priority)
    return event
