"""Where the native kernel works whole bars, if it can: kernel's books, models and prices that it knows."""

from __future__ import annotations

from typing import Any

from rustybt import _kernels
from rustybt.engine._recorder import Recorder
from rustybt.execution import SimulatedBroker
from rustybt.ledger import Ledger


def floor_of(broker: SimulatedBroker, intake: _kernels.Intake, ledger: Ledger, recorder: Recorder) -> Any:
    """What has `work(bar, stamp, session)`, which says whether it did the bar; None where Python does them all."""
    plain = broker.plain_models()
    if _kernels.Floor is None or plain is None or type(ledger.books) is not _kernels.Books:
        return None
    return _kernels.Floor(
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
