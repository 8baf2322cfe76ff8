"""Orders as plain values: what a snapshot keeps of them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, Final

from rustybt._kernels import Kernel, WorkingOrder
from rustybt.core import OrderStatus, terms_from

CHANGES: Final = (
    "filled", "limit_reached", "stop_reached", "commission", "units_charged", "changed", "status", "reason", "cause",
)  # fmt: skip
"""What happens to an order after it was placed; its amount and its terms, which a split restates, stand apart."""


def plain_order(order: WorkingOrder) -> tuple[Any, ...]:
    """An order as plain values."""
    terms = None if order.terms is None else order.terms.plain()
    changes = [getattr(order, name) for name in CHANGES]
    plain = [int(value) if isinstance(value, enum.IntEnum) else value for value in changes]
    return order.instrument.slot, order.amount, terms, order.created, *plain


def order_from(plain: Sequence[Any], kernel: Kernel, number: int, instruments: Sequence[Any]) -> WorkingOrder:
    """The order of which `plain_order` gave the values. instruments: by slot."""
    slot, amount, terms, created, *changes = plain
    terms = None if terms is None else terms_from(terms)
    order = kernel.order(number, instruments[slot], amount, terms, created)
    for name, value in zip(CHANGES, changes, strict=True):
        setattr(order, name, OrderStatus(value) if name == "status" else value)
    return order
