"""Where the native kernel works whole bars, if it can: kernel's books, models and prices that it knows."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import Intake, Kernel
from rustybt.engine._recorder import Recorder
from rustybt.execution import SimulatedBroker
from rustybt.ledger import Ledger


def floor_of(kernel: Kernel, broker: SimulatedBroker, intake: Intake, ledger: Ledger, recorder: Recorder) -> Any:
    """What has `work(bar, stamp, session)`, which says whether it did the bar; None where Python does them all."""
    plain = broker.plain_models()
    if kernel.floor is None or plain is None:
        return None
    return kernel.floor(
        ledger.books,
        intake,
        ledger.rows,
        recorder.transactions,
        ledger.meet,
        broker.no_price,
        broker.triggers.field,
        *plain,
        broker.limits_hold,
        broker.stops_date_orders,
        broker.fees_can_fall,
        broker.triggers_need_volume,
    )
