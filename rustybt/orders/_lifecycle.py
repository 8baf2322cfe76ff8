"""The life of an order: which report is legal in which state, and what it changes. Nothing else changes an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, OrderEventKind, OrderStatus, Report
from rustybt.errors import IllegalTransition

_OPEN, _FILLED, _CANCELLED = OrderStatus.OPEN, OrderStatus.FILLED, OrderStatus.CANCELLED
_FILL, _PART = OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED
_TRIGGERED, _ADJUSTED, _CANCEL = OrderEventKind.TRIGGERED, OrderEventKind.ADJUSTED, OrderEventKind.CANCELLED
_REPLACED, _NOT_FILLED = OrderEventKind.REPLACED, OrderEventKind.NOT_FILLED
_TRAILED, _RELEASED = OrderEventKind.TRAILED, OrderEventKind.RELEASED
_CHANGE_REFUSED = OrderEventKind.CHANGE_REFUSED
_HELD, _PENDING = OrderStatus.HELD, OrderStatus.PENDING_NEW

TRANSITIONS: Final[Mapping[tuple[OrderStatus, OrderEventKind], OrderStatus]] = {
    (OrderStatus.PENDING_NEW, OrderEventKind.ACCEPTED): _OPEN,
    (OrderStatus.PENDING_NEW, OrderEventKind.REJECTED): OrderStatus.REJECTED,
    (_OPEN, _TRIGGERED): _OPEN,
    (_OPEN, _PART): _OPEN,
    (_OPEN, _FILL): _FILLED,
    (_OPEN, _NOT_FILLED): _OPEN,
    (_OPEN, _TRAILED): _OPEN,
    (_OPEN, _ADJUSTED): _OPEN,
    (_OPEN, _REPLACED): _OPEN,
    (_OPEN, _CHANGE_REFUSED): _OPEN,
    (_OPEN, _CANCEL): _CANCELLED,
    # an exit waits for its entry
    (_PENDING, OrderEventKind.HELD): _HELD,
    (_HELD, _RELEASED): _PENDING,
    (_HELD, _ADJUSTED): _HELD,
    (_HELD, _CHANGE_REFUSED): _HELD,
    (_HELD, _CANCEL): _CANCELLED,
    # a venue may have filled it before the cancel reached it
    (_CANCELLED, _PART): _CANCELLED,
    (_CANCELLED, _FILL): _FILLED,
}
"""The state that follows a report. A pair that is not here is an error of the broker."""
_NEXT: Final = {
    was: {kind: follows for (status, kind), follows in TRANSITIONS.items() if status is was} for was in OrderStatus
}
"""The same by state, then by kind."""


def advance(order: WorkingOrder, report: Report) -> None:
    """Applies a report to an order.

    Raises IllegalTransition where the order's state does not allow it, and leaves the order as it is.
    """
    kind = report.kind
    status = _NEXT[order.status].get(kind)
    if status is None:
        raise IllegalTransition(
            f"Order {order.number} is {order.status.name.lower()}, and can't be {kind.value}. The broker reported what "
            "can't have happened."
        )
    if kind is _FILL or kind is _PART:
        fill(order, report.quantity, sum([fee[1] for fee in report.fees]), kind is _FILL)
    elif kind is _NOT_FILLED:
        # why is all that it says: neither state nor date change
        order.cause = report.cause or Cause.PLACED
        return
    elif kind is _TRAILED:
        order.terms = report.terms
        return
    elif kind is _TRIGGERED:
        _trigger(order, report)
    elif kind is _ADJUSTED:
        _restate(order, report)
        status = status if report.quantity or status is _HELD else _FILLED
    elif kind is _REPLACED or kind is _RELEASED:
        _replace(order, report)
    elif kind is _CHANGE_REFUSED:
        # the event says why; the order stays as it is
        return
    else:
        order.cause = report.cause or Cause.PLACED
        order.reason = report.told
    order.status = status
    if report.dated:
        order.changed = report.stamp


def fill(order: WorkingOrder, quantity: int, paid: int, whole: bool) -> None:
    """Fills an order that is open, or was cancelled too late. paid: its fee. whole: whether the order is filled now."""
    filled = order.filled + quantity
    left = order.amount - filled
    # a part leaves something on the side of what was filled: nothing beyond the amount, and nothing the other way
    if left if whole else left * quantity <= 0:
        kind = _FILL if whole else _PART
        raise IllegalTransition(
            f"Order {order.number} for {order.amount} units was reported {kind.value} with {filled} of them "
            "filled. The broker lost or doubled a fill."
        )
    order.filled = filled
    order.commission += paid
    order.units_charged += quantity if quantity > 0 else -quantity
    if not whole and order.status is _OPEN:
        order.cause = Cause.PARTLY_FILLED


def _trigger(order: WorkingOrder, report: Report) -> None:
    if report.cause is Cause.LIMIT_REACHED:
        order.limit_reached = True
    else:
        order.stop_reached = True
        if order.limit is not None:
            order.cause = Cause.LIMIT_NOT_REACHED


def _replace(order: WorkingOrder, report: Report) -> None:
    """Other terms: a price that changes has not been reached."""
    limit, stop = (None, None) if report.terms is None else report.terms[:2]
    order.limit_reached = order.limit_reached and limit == order.limit
    order.stop_reached = order.stop_reached and stop == order.stop
    order.terms = report.terms
    order.amount = order.filled + report.quantity


def _restate(order: WorkingOrder, report: Report) -> None:
    """After a split: what is open as reported, what was filled in the units of now, cut to whole steps."""
    numerator, denominator = report.ratio or (1, 1)
    step = order.instrument.step
    order.filled = cut(order.filled * denominator, numerator * step) * step
    order.amount = order.filled + report.quantity
    order.terms = report.terms
    if report.recharged:
        order.units_charged = abs(order.filled)


def cut(numerator: int, denominator: int) -> int:
    """A quotient cut towards zero."""
    return -(-numerator // denominator) if numerator < 0 else numerator // denominator
