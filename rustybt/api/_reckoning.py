"""Indicators that a strategy reads at its moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rustybt.core import Asset
from rustybt.indicators import Indicator
from rustybt.strategy import current_algorithm


def term(
    kind: Indicator,
    assets: Asset | Iterable[Asset],
    field: str | None = None,
    *,
    frequency: str | None = None,
    against: Asset | None = None,
    **parameters: Any,
) -> Any:
    """An indicator of one asset or several, reckoned once for the whole run and read at the moment: `.now`, `.history`.

    kind: from `rustybt.indicators`. field: what it is of, by default "close", where it is of one field; "price" is the
    last close of a bar without a trade. frequency: "1d" in a run of shorter bars: the sessions that are over; by
    default the run's own bars. against: the other asset, of an indicator that compares with one. parameters: its own,
    such as window=20.
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
    12
    """
    return current_algorithm("term").term(kind, assets, field, frequency=frequency, against=against, **parameters)
