"""Why an order is as it is: the label of its cause, and words."""

from __future__ import annotations

from typing import Final

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, OrderStatus

CAUSE_LABELS: Final = tuple(cause.label for cause in sorted(Cause))
CAUSE_SENTENCES: Final = tuple(cause.sentence for cause in sorted(Cause))
"""By the number of a cause."""


def cause_of(order: WorkingOrder) -> str | None:
    """The label of an order's cause; None for one that is filled."""
    return None if order.status is OrderStatus.FILLED else CAUSE_LABELS[order.cause]


def reason_of(order: WorkingOrder) -> str | None:
    """Why an order was refused or cancelled, or did not fill on the last bar; None for one that is filled."""
    if order.reason is not None:
        return order.reason
    return CAUSE_SENTENCES[order.cause] if order.status is OrderStatus.OPEN else None
