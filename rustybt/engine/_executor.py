"""Orders that are ready, executed in Python without a report of each fill: the twin of the native `Executor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, FeeKind, Moment
from rustybt.engine._recorder import Recorder
from rustybt.execution import SimulatedBroker
from rustybt.execution.simulated import ReadyOrder
from rustybt.ledger import Ledger
from rustybt.orders import OrderBook

VOLUME_USED_UP: Final = Cause.VOLUME_USED_UP
COMMISSION: Final = FeeKind.COMMISSION


class Executor:
    """Executes a run's orders, where models of numbers alone price and charge them.

    What it does is what the reports of the simulated broker come to, applied and booked: a bar fills orders one after
    the other, asset by asset; then all are booked, then all are charged.
    """

    __slots__ = ("_book", "_broker", "_ledger", "_transactions")

    def __init__(self, broker: SimulatedBroker, book: OrderBook, ledger: Ledger, recorder: Recorder) -> None:
        self._broker = broker
        self._book = book
        self._ledger = ledger
        self._transactions = recorder.transactions

    def work(self, bar: int, stamp: int, session: int) -> list[list[WorkingOrder]] | None:
        """Executes the orders of a bar, where all of them are market orders, one an asset.

        Otherwise returns, by asset, the open orders that the bar wakes; None where there is nothing left to do.
        """
        awake: list[list[WorkingOrder]] = self._book.wake.awake(bar, self._book.open)
        for queue in awake:
            order = queue[0]
            if len(queue) > 1 or not order.is_market or order.instrument.is_future:
                return awake
        if awake:
            self._work_alone(bar, stamp, session, [queue[0] for queue in awake])
        return None

    def _work_alone(self, bar: int, stamp: int, session: int, orders: Sequence[WorkingOrder]) -> None:
        deal, filled, moment = self._broker.deal, self._book.filled, Moment(stamp, session, bar)
        field, fills = self._broker.triggers.field, []
        for order in orders:
            instrument = order.instrument
            volume = instrument.tradable[bar]
            if volume <= 0:
                continue
            price = instrument.column(field)[bar] * instrument.mark_to_fill_scale
            dealt = deal(order, price, volume, 0, None, moment)
            if dealt is None:
                order.cause = VOLUME_USED_UP
                continue
            quantity, filled_at, fee = dealt
            filled(order, stamp, quantity, filled_at, fee)
            fills.append((order.number, instrument, quantity, filled_at, fee))
        self._post(stamp, session, fills)

    def execute(self, bar: int, stamp: int, session: int, ready: Sequence[Sequence[ReadyOrder]]) -> None:
        """Executes orders that are ready, asset by asset."""
        book, deal = self._book, self._broker.deal
        filled, moment, needs_volume = book.filled, Moment(stamp, session, bar), self._broker.triggers_need_volume
        fills = []
        for orders in ready:
            instrument: Any = orders[0][0].instrument
            volume, used, exhausted = instrument.tradable[bar], 0, False
            for order, price, cap, first in orders:
                if exhausted and needs_volume and not order.is_market:
                    continue
                if first:
                    for report in first:
                        book.apply(report)
                if price is None:
                    continue
                dealt = None if exhausted else deal(order, price, volume, used, cap, moment)
                if dealt is None:
                    exhausted = True
                    order.cause = VOLUME_USED_UP
                    continue
                quantity, filled_at, fee = dealt
                used += quantity if quantity > 0 else -quantity
                filled(order, stamp, quantity, filled_at, fee)
                fills.append((order.number, instrument, quantity, filled_at, fee))
        self._post(stamp, session, fills)

    def _post(self, stamp: int, session: int, fills: Sequence[tuple[int, Any, int, int, int]]) -> None:
        """Books fills, then their fees, and keeps them for the frame of transactions."""
        fill, charge, keep = self._ledger.fill, self._ledger.charge, self._transactions.add
        for number, instrument, quantity, price, fee in fills:
            fill(stamp, instrument, quantity, price, number)
            keep((session, stamp, number, instrument.slot, quantity, price, fee if fee > 0 else 0))
        for number, instrument, _, _, fee in fills:
            if fee > 0:
                charge(stamp, instrument, fee, number, COMMISSION)
