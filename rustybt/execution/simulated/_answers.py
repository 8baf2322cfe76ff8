"""Answers that the simulated broker gives at once: each a report, or None where an order can't be changed any more."""

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
    # one that was held is accepted when it is released
    return Report(order.number, OrderEventKind.ACCEPTED, order.changed, order.amount, terms=order.terms)


def replaced(
    order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None
) -> Report | None:
    """What is open of an order has other terms, and another amount where one is given."""
    left = (order.amount if amount is None else amount) - order.filled
    if order.status is not OrderStatus.OPEN or left * order.amount <= 0:
        return None
    return report_of_replacement(order.number, left, stamp, terms)


def cancelled(order: WorkingOrder, stamp: int, cause: Cause, told: str | None) -> Report | None:
    """What is open of an order is taken out of work."""
    if order.status is not OrderStatus.OPEN:
        return None
    return report_of_cancel(order.number, order.amount - order.filled, stamp, cause, told)
