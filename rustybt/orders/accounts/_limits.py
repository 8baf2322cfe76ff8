"""All that an account's orders are held to besides the controls that a strategy sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.orders.accounts._buying_power import Becoming, Refusal, Terms, largest


class Asking(Protocol):
    """One of them."""

    def refusal(self, instrument: Any, size: int, terms: Terms, /) -> Refusal | None: ...


class Limits:
    """Asks each, in order. What `OrderGate.limit` is."""

    def __init__(self, asked: Sequence[Asking], becoming: Becoming) -> None:
        self._asked = asked
        self._becoming = becoming

    def refusal(self, instrument: Any, size: int, terms: Terms) -> Refusal | None:
        """Why an order is refused; None where none of them refuses it."""
        for one in self._asked:
            found = one.refusal(instrument, size, terms)
            if found is not None:
                return found
        return None

    def refusal_of_change(self, order: WorkingOrder, amount: int) -> Refusal | None:
        """Why an open order may not become one for so many scaled units; None where it may."""
        more = amount - largest(self._becoming, order)
        return None if more * order.amount <= 0 else self.refusal(order.instrument, more, order.terms)
