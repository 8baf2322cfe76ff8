"""Reports on an order that a bar triggers, before it fills."""

from __future__ import annotations

from typing import Any, Final

from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, OrderEventKind, Report
from rustybt.execution.simulated._triggers import Trigger

TRIGGERED: Final = OrderEventKind.TRIGGERED
STOP_REACHED, LIMIT_REACHED = Cause.STOP_REACHED, Cause.LIMIT_REACHED
_new: Any = tuple.__new__  # a third of what calling a NamedTuple costs


def first_reports(order: WorkingOrder, trigger: Trigger, stamp: int, stops_date_orders: bool) -> tuple[Report, ...]:
    """Its terms where they moved, then that its stop was reached, or its price touched, then its limit."""
    limit, stop, cause = order.limit, order.stop, STOP_REACHED
    moved: tuple[Report, ...] = ()
    if trigger.terms is not None:
        limit, stop = trigger.terms[:2]
        left = order.amount - order.filled
        moved = (Report(order.number, OrderEventKind.TRAILED, stamp, left, terms=trigger.terms),)
    at_limit = (_triggered(order, stamp, limit, None, LIMIT_REACHED, True),) if trigger.limit else ()
    if not trigger.stop:
        return moved + at_limit
    if order.more is not None and order.more.touch is not None:
        stop, cause = order.more.touch, Cause.TOUCH_REACHED
    dated = order.limit is None or stops_date_orders
    return *moved, _triggered(order, stamp, None, stop, cause, dated), *at_limit


def _triggered(
    order: WorkingOrder, stamp: int, limit: int | None, stop: int | None, cause: Cause, dated: bool
) -> Report:
    left = order.amount - order.filled
    told = (order.number, TRIGGERED, stamp, left, limit, stop, (), cause, None, None, dated, False, None, None)
    return _new(Report, told)  # type: ignore[no-any-return]
