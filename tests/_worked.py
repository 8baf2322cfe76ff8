"""A bar of orders worked by a broker, its reports applied: what a run does with it, without a ledger."""

from __future__ import annotations

from rustybt.core import Moment, Report
from rustybt.engine._fills import take_reports
from rustybt.execution import Offer, SimulatedBroker, WhyOpen
from rustybt.orders import OrderBook

MOMENT = Moment(0, 0, 0)


def offer(wanted: int, price: int, volume: int, used: int) -> Offer:
    """What a bar offers, for models that look at nothing else."""
    return Offer(wanted, price, volume, used, MOMENT)


class Seen:
    """A run at a bar."""

    def __init__(self) -> None:
        self.bar = 0
        self.axis = self
        self.times: dict[int, int] = {}


def worked(broker: SimulatedBroker, book: OrderBook, bar: int, stamp: int) -> list[Report]:
    """The fills of a bar. The book says from then on what that bar did to its orders."""
    seen = Seen()
    seen.bar, seen.times = bar, {bar: stamp}
    book.why = WhyOpen(broker.triggers, seen, triggers_need_volume=broker.triggers_need_volume)
    return take_reports(broker, book, Moment(stamp, 0, bar))
