"""Orders that fill on one bar or are over: those for an auction, at once, and those that find nothing to reduce."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rustybt._kernels import WorkingOrder
from rustybt.core import Auction, Cause, Moment, OrderEventKind, OrderStatus, Report, as_plain_decimal

NEVER: Final = 2**62
"""No bar: the auction that an order waits for lies beyond the run."""


def auction_bar(sessions: Sequence[tuple[int, int]], at: Auction, moment: Moment) -> int:
    """The bar of the auction that an order waits for, which was placed on the bar before or earlier.

    sessions: for each session its first bar and the one after its last.
    """
    session = moment.session
    first, end = sessions[session]
    if at is Auction.CLOSE:
        return end - 1
    while first < moment.bar and session + 1 < len(sessions):
        session += 1
        first = sessions[session][0]
    return first if first >= moment.bar else NEVER


def rest(order: WorkingOrder, moment: Moment, why: str = "") -> Iterator[Report]:
    """The end of what is open of an order that works on one bar only. why: what is told of the bar."""
    if order.more is not None and order.more.at_once and order.status is OrderStatus.OPEN:
        scale = order.instrument.quantity_scale
        left, amount = (as_plain_decimal(abs(units), scale) for units in (order.amount - order.filled, order.amount))
        yield over(order, moment, Cause.NOT_AT_ONCE, f"{why}{left} of {amount} were left")


def end_untried(sessions: Sequence[tuple[int, int]], queue: Sequence[WorkingOrder], moment: Moment) -> Iterator[Report]:
    """On a bar without a trade: what was to fill on it, or not at all, is over."""
    for order in queue:
        more = order.more
        if more is not None and (more.at is None or auction_bar(sessions, more.at, moment) == moment.bar):
            yield from rest(order, moment, f"there was no trade at the session's {more.at.value}: " if more.at else "")


def over(order: WorkingOrder, moment: Moment, cause: Cause, told: str) -> Report:
    """The end of what is open of an order."""
    left = order.amount - order.filled
    return Report(order.number, OrderEventKind.CANCELLED, moment.stamp, left, cause=cause, told=told)


def room_to_reduce(order: WorkingOrder, held: int) -> int:
    """How many units of an order only make a position smaller, without a sign."""
    wanted = order.amount - order.filled
    return min(abs(wanted), abs(held)) if wanted * held < 0 else 0
