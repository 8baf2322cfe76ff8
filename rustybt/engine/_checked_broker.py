"""A broker of the user's, whose reports are looked at before they are applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from rustybt.core import Moment, OrderEventKind, Report, as_plain_decimal, datetime_of
from rustybt.errors import IllegalTransition, InputError, SnapshotError, SnapshotMismatch
from rustybt.execution import Broker
from rustybt.orders import OrderBook

FILLS: Final = frozenset({OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED})
METHODS: Final = ("submit", "replace", "cancel", "reports")
SAVING: Final = ("snapshot", "restore")


class CheckedBroker:
    """Passes on what a broker of the user's reports, as far as it is about orders that there are.

    Raises InputError for what is no broker, for a fill at no price above zero and for a report of before its order,
    IllegalTransition for a report of no order of the run.
    """

    __slots__ = ("_broker", "_orders", "cancel", "replace", "submit")

    def __init__(self, broker: Broker, orders: OrderBook) -> None:
        missing = [name for name in METHODS if not callable(getattr(broker, name, None))]
        if missing:
            raise InputError(
                f"SimulationBlotter.broker returned {broker!r}, which has no method {missing[0]}. Return a "
                "rustybt.execution.Broker, or the simulated one."
            )
        self._broker = broker
        self._orders = orders
        self.submit, self.replace, self.cancel = broker.submit, broker.replace, broker.cancel

    def __repr__(self) -> str:
        return repr(self._broker)

    def saved(self) -> object:
        """What the broker says that it is to be restored with. Raises SnapshotError where it can't be saved."""
        if not all(callable(getattr(self._broker, name, None)) for name in SAVING):
            raise SnapshotError(
                f"The orders of this run are with {self!r}, and what that knows of them can't be saved: it lacks one "
                "of the methods snapshot and restore, which rustybt.execution.SavedBroker describes. Runs with the "
                "simulated broker itself have snapshots."
            )
        broker: Any = self._broker
        return broker.snapshot()

    def go_on(self, state: object) -> None:
        """Gives a broker of a run that goes on what `saved` returned, and the orders by their numbers."""
        broker: Any = self._broker
        if not callable(getattr(broker, "restore", None)):
            raise SnapshotMismatch(
                f"The run of the snapshot had a broker that could be saved, and {self!r} has no method restore. "
                "Restore it with the blotter of the run."
            )
        broker.restore(state, self._orders.numbered)

    def reports(self, moment: Moment, /) -> Iterator[Report]:
        told = self._broker.reports(moment)
        if not isinstance(told, Iterable):
            raise InputError(
                f"{self!r}.reports returned {told!r}. Return reports, or an empty list where there are none."
            )
        for report in told:
            self._check(report)
            yield report

    def _check(self, report: Report) -> None:
        if not isinstance(report, Report):
            raise InputError(f"{self!r} reported {report!r}. Report with rustybt.core.Report.")
        number, count = report.order, self._orders.count
        if type(number) is not int or not 0 < number <= count:
            raise IllegalTransition(
                f"{self!r} reported order {number!r} {report.kind.value}, and the run has {count} orders, numbered "
                "from 1. Report the number of the order that was submitted."
            )
        if type(report.stamp) is not int:
            raise InputError(
                f"{self!r} reported order {number} at {report.stamp!r}. Pass the stamp in ns UTC, an integer."
            )
        self._check_fill(report)

    def _check_fill(self, report: Report) -> None:
        order = self._orders.numbered(report.order)
        if report.stamp < order.created:
            raise InputError(
                f"{self!r} reported order {report.order} {report.kind.value} at {datetime_of(report.stamp)}, and it "
                f"was placed at {datetime_of(order.created)}. Report when it happened, in ns UTC."
            )
        price = report.price
        if report.kind in FILLS and (type(price) is not int or price <= 0):
            scale = order.instrument.fill_scale
            said = as_plain_decimal(price, scale) if type(price) is int else repr(price)
            raise InputError(
                f"{self!r} filled order {report.order} of {order.instrument.asset.symbol} at {said}. Report a price "
                f"above zero, as an integer with {scale} decimals."
            )
