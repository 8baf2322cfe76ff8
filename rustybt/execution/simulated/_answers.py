"""What the simulated broker answers at once: each a report, or None where an order can't be changed any more."""

from __future__ import annotations

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    Cause,
    OrderEventKind,
    OrderStatus,
    OrderTerms,
    Report,
    report_of_cancel,
    report_of_replacement,
)


def accepted(order: WorkingOrder) -> Report | None:
    """A new order works from now on."""
    if order.status is not OrderStatus.PENDING_NEW:
        return None
    return Report(order.number, OrderEventKind.ACCEPTED, order.created, order.amount, terms=order.terms)


def replaced(order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int) -> Report | None:
    """What is open of an order has other terms."""
    if order.status is not OrderStatus.OPEN:
        return None
    return report_of_replacement(order.number, order.amount - order.filled, stamp, terms)


def cancelled(order: WorkingOrder, stamp: int, cause: Cause, told: str | None) -> Report | None:
    """What is open of an order is taken out of work."""
    if order.status is not OrderStatus.OPEN:
        return None
    return report_of_cancel(order.number, order.amount - order.filled, stamp, cause, told)
