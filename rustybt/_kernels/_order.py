"""An order at work: the immutable request, and what has happened to it so far, as integers."""

from __future__ import annotations

from typing import Any, Final

from rustybt.core import OrderStatus, Rows

OPEN: Final = OrderStatus.OPEN


class WorkingOrder:
    """What the blotter and the broker know of an order.

    number: its place in the account's sequence. amount, filled: scaled quantities. limit, stop: prices of the
    listing's fill scale, or None. plain: it has neither. commission: money. charged: the units that a commission was
    computed for; a split does not restate them. created, changed: ns UTC. why: a code of `rustybt.execution.WHY_OPEN`.
    """

    __slots__ = (
        "amount",
        "changed",
        "charged",
        "commission",
        "created",
        "filled",
        "limit",
        "limit_reached",
        "listing",
        "number",
        "plain",
        "reason",
        "status",
        "stop",
        "stop_reached",
        "why",
    )

    def __init__(
        self, number: int, listing: Any, amount: int, limit: int | None, created: int, stop: int | None = None
    ) -> None:
        self.number = number
        self.listing = listing
        self.amount = amount
        self.filled = 0
        self.limit = limit
        self.limit_reached = False
        self.stop = stop
        self.stop_reached = False
        self.plain = limit is None and stop is None
        self.commission = 0
        self.charged = 0
        self.created = created
        self.changed = created
        self.status: OrderStatus = OPEN
        self.reason: str | None = None
        self.why = 0


def order_rows(orders: list[WorkingOrder]) -> Rows:
    """Orders as rows: slot, created, amount, filled, limit, stop, status, commission, changed, reason, why."""
    rows = Rows("nnwwwwnwntn")
    for o in orders:
        sizes = o.amount, o.filled, o.limit, o.stop
        rows.add((o.listing.slot, o.created, *sizes, int(o.status), o.commission, o.changed, o.reason, o.why))
    return rows
