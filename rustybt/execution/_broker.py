"""The seam between a run and whoever fills its orders: simulated, paper or live."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, Moment, OrderTerms, Report


class Broker(Protocol):
    """Takes orders, and reports what happens to them. `rustybt.testing.BrokerContract` holds one to what follows.

    One thread calls it. The orders are the run's: a broker reads them, and changes none; they change as its reports are
    applied. A call reports nothing by itself, whatever it causes comes with the next `reports`.
    """

    def submit(self, order: WorkingOrder, /) -> None:
        """A new order, PENDING_NEW. Reported ACCEPTED or REJECTED, once."""

    def replace(
        self, order: WorkingOrder, terms: OrderTerms[int] | None, stamp: int, amount: int | None = None, /
    ) -> None:
        """Other terms for what is open of an order, and another amount of the whole where one is given.

        Reported REPLACED; nothing where the order is over by then, or that much of it is filled.
        """

    def cancel(self, order: WorkingOrder, stamp: int, cause: Cause, told: str | None = None, /) -> None:
        """An end to an open order. Reported CANCELLED with that cause; nothing where the order is over by then."""

    def reports(self, moment: Moment, /) -> Iterable[Report]:
        """Reports of what has happened up to a moment and was not reported before, in that order.

        Each report is applied before the next is asked for. Called again for the same moment it gives only what came
        since. Fills never exceed an order's amount; a fill may follow a cancel that came too late.
        """


class SavedBroker(Broker, Protocol):
    """A broker whose runs have snapshots and forks: what it knows beside the orders themselves comes along.

    The orders, and what was reported of them, are the run's, and are there again. The `snapshot` of a broker that has
    nothing else returns None.
    """

    def snapshot(self) -> object:
        """The state it is restored with: an object that pickles, orders by their numbers."""

    def restore(self, state: Any, order: Callable[[int], WorkingOrder], /) -> None:
        """Takes over what `snapshot` returned, in a broker of whom nothing was asked yet.

        order: the order of the run with that number.
        """
