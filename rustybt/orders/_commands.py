"""What orders ask of their broker: the answers of linked orders to a report."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, OrderTerms


class Cancel(NamedTuple):
    """An end to an open order. told: in words, where the cause does not say all."""

    order: WorkingOrder
    stamp: int
    cause: Cause
    told: str | None = None


class Replace(NamedTuple):
    """Other terms for an open order, and another amount of the whole where one is given."""

    order: WorkingOrder
    terms: OrderTerms[int] | None
    stamp: int
    amount: int | None = None


class Release(NamedTuple):
    """A held order goes to work, on terms and for an amount."""

    order: WorkingOrder
    terms: OrderTerms[int] | None
    stamp: int
    amount: int


type Command = Cancel | Replace | Release


class Venue(Protocol):
    """Where orders are sent: a broker, as the order book calls it."""

    def submit(self, order: WorkingOrder, /) -> None: ...
    def replace(
        self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None, /
    ) -> None: ...
    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None, /) -> None: ...
