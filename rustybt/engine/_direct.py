"""Bars of orders executed past reports, where that can be: with models that are numbers alone."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import Kernel
from rustybt.core import Moment
from rustybt.engine._executor import Executor
from rustybt.engine._recorder import Recorder
from rustybt.execution import SimulatedBroker
from rustybt.ledger import Ledger
from rustybt.orders import OrderBook


class DirectExecution:
    """Executes what the simulated broker makes ready, past its reports: fewer steps to the same books."""

    __slots__ = ("_broker", "_executor")

    def __init__(self, executor: Any, broker: SimulatedBroker) -> None:
        self._executor = executor
        self._broker = broker

    def work(self, bar: int, stamp: int, session: int) -> bool:
        """Works a bar. False, with nothing done, where there is an asset that this can't work."""
        transit = self._broker.transit
        if transit:
            if bar >= transit.last and not transit.late:
                transit.forget()
            elif transit.watched:
                # a bar that meets no order is done; one that meets some and comes before others is the broker's
                if transit.passes(bar, self._broker.orders):
                    return True
                if transit:
                    return False
        awake = self._executor.work(bar, stamp, session)
        if awake is None:
            return True
        ready = self._broker.ready(awake, Moment(stamp, session, bar))
        if ready is None:
            return False
        if ready:
            self._executor.execute(bar, stamp, session, ready)
        return True


def direct_execution(
    kernel: Kernel, broker: SimulatedBroker, book: OrderBook, ledger: Ledger, recorder: Recorder
) -> DirectExecution | None:
    """What works bars past reports; None where the models need them."""
    models = broker.plain_models()
    if models is None:
        return None
    if kernel.executor is None:
        return DirectExecution(Executor(broker, book, ledger, recorder), broker)
    executor = kernel.executor(
        ledger.books,
        book.store,
        ledger.rows,
        recorder.transactions,
        ledger.register,
        broker.no_price,
        broker.triggers.field,
        *models,
        broker.limits_hold,
        broker.fees_can_fall,
        broker.triggers_need_volume,
        book.applier,
        book.apply,
    )
    return DirectExecution(executor, broker)
