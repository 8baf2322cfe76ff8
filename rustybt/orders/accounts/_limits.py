"""All that an account's orders are held to besides the controls that a strategy sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.orders.accounts._buying_power import Becoming, Refusal, Reserving, Terms, largest


class Asking(Protocol):
    """One of them."""

    def refusal(self, instrument: Any, size: int, terms: Terms, /) -> Refusal | None: ...


class Limits:
    """Asks each, in order. What `OrderGate.limit` is.

    changing: by number, what an order would become; `becoming` tells that of one that is in it.
    """

    def __init__(self, asked: Sequence[Asking], becoming: Becoming, changing: dict[int, tuple[Terms, int]]) -> None:
        self._asked = asked
        self._becoming = becoming
        self._changing = changing

    def refusal(self, instrument: Any, size: int, terms: Terms) -> Refusal | None:
        """Why an order is refused; None where none of them refuses it."""
        for one in self._asked:
            found = one.refusal(instrument, size, terms)
            if found is not None:
                return found
        return None

    def refusal_of_change(self, order: WorkingOrder, terms: Terms, amount: int) -> Refusal | None:
        """Why an open order may not get other terms, or become one for so many scaled units; None where it may."""
        more = amount - largest(self._becoming, order)
        if more * order.amount > 0:
            found = self.refusal(order.instrument, more, order.terms)
            if found is not None:
                return found
        asked = [one for one in self._asked if isinstance(one, Reserving)]
        reserved = [one.reserved(order.instrument) for one in asked]
        self._changing[order.number] = terms, amount
        try:
            for one, before in zip(asked, reserved, strict=True):
                refusal: Refusal | None = one.refusal_of_more(order.instrument, before)
                if refusal is not None:
                    return refusal
        finally:
            del self._changing[order.number]
        return None
