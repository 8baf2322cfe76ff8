"""Bars of orders executed by the native kernel, where it can: its books, models and prices that it knows."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import Kernel
from rustybt.core import Moment
from rustybt.engine._recorder import Recorder
from rustybt.execution import SimulatedBroker
from rustybt.ledger import Ledger
from rustybt.orders import OrderBook


class NativeExecution:
    """Executes what the simulated broker makes ready, past reports and ledger: the native kernel does their work."""

    __slots__ = ("_broker", "_executor")

    def __init__(self, executor: Any, broker: SimulatedBroker) -> None:
        self._executor = executor
        self._broker = broker

    def work(self, bar: int, stamp: int, session: int) -> bool:
        """Works a bar. False, with nothing done, where there is an asset that this can't work."""
        if self._broker.transit:
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


def native_execution(
    kernel: Kernel, broker: SimulatedBroker, book: OrderBook, ledger: Ledger, recorder: Recorder
) -> NativeExecution | None:
    """What works bars natively; None where Python does them all."""
    models = broker.native_models()
    if kernel.executor is None or models is None:
        return None
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
    return NativeExecution(executor, broker)
