"""All that an account's orders are held to besides the controls that a strategy sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.orders.accounts._buying_power import Refusal, Terms


class Asking(Protocol):
    """One of them."""

    def refusal(self, instrument: Any, size: int, terms: Terms, /) -> Refusal | None: ...


class Limits:
    """Asks each, in order. What `OrderGate.limit` is."""

    def __init__(self, asked: Sequence[Asking]) -> None:
        self._asked = asked

    def refusal(self, instrument: Any, size: int, terms: Terms) -> Refusal | None:
        """Why an order is refused; None where none of them refuses it."""
        for one in self._asked:
            found = one.refusal(instrument, size, terms)
            if found is not None:
                return found
        return None

    def allows_change(self, order: WorkingOrder, changes: Mapping[str, Any], size: Callable[[Any], int]) -> bool:
        """Whether an open order may be for more. size: units as scaled units of its asset."""
        if changes.get("amount") is None:
            return True
        more = size(changes["amount"]) - order.amount
        return more * order.amount <= 0 or self.refusal(order.instrument, more, order.terms) is None
