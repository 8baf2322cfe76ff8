"""The orders of each session as Zipline's frame lists them: those that something happened to, as they stood then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from rustybt.core import Cause, OrderStatus
from rustybt.results._floats import amounts, floats, optional_floats

if TYPE_CHECKING:
    from rustybt.results._result import Result

OPEN = int(OrderStatus.OPEN)
CLOSED = {
    "filled": int(OrderStatus.FILLED),
    "cancelled": int(OrderStatus.CANCELLED),
    "rejected": int(OrderStatus.REJECTED),
}
FILLING = ("filled", "partially_filled")
UNLISTED = ("triggered", "adjusted")
"""Events for which Zipline does not list an order."""
SESSION_ENDED = Cause.SESSION_ENDED.label
STOP_REACHED = Cause.STOP_REACHED.label


class OrderState(NamedTuple):
    """How an order stands while its events are replayed."""

    amount: Any
    limit: Any
    stop: Any
    dt: int
    filled: Any = 0
    status: int = OPEN
    triggered: bool = False
    stopped: bool = False


class Placed(NamedTuple):
    """What of an order does not change, as the frame has it, or is known at its end only."""

    created: Any
    asset: Any
    limited: bool
    commission: float
    reason: str | None


class OrderDays:
    """Per session the orders that something happened to in it, each as it stood at that session's close.

    closes: of the sessions, ns UTC. stamp: makes the frame's stamp of ns. assets: by sid, what stands for an asset.
    """

    def __init__(self, result: Result, closes: list[int], stamp: Callable[[int], Any], assets: dict[int, Any]) -> None:
        self._closes = closes
        self._stamp = stamp
        self._forgets = bool(result.manifest.get("compat", {}).get("stop_limits_become_limits"))
        self._daily = result.manifest.get("data_frequency") == "daily"
        self._orders = _placed(result.orders, stamp, assets)
        self._events = result.order_events
        fills = result.transactions
        self._fees: dict[str, list[tuple[int, float]]] = {}
        fees = zip(
            fills["order_id"].to_list(), fills["dt"].to_physical().to_list(), floats(fills["commission"]), strict=True
        )
        for order, ns, fee in fees:
            if order is not None:
                self._fees.setdefault(order, []).append((ns, fee))

    def _replayed(self) -> Iterator[tuple[Any, ...]]:
        """The events as rows, each with the session in which it was."""
        events = self._events
        stamps = events["stamp"].to_physical()
        days = np.minimum(np.searchsorted(self._closes, stamps.to_numpy()), len(self._closes) - 1)
        return zip(
            events["order_id"].to_list(),
            stamps.to_list(),
            days.tolist(),
            events["kind"].to_list(),
            amounts(events["quantity"]),
            optional_floats(events["price"]),
            optional_floats(events["stop"]),
            events["cause"].to_list(),
            events["ratio"].to_list(),
            strict=True,
        )

    def lists(self, sessions: int) -> list[list[dict[str, Any]]]:
        """One list a session."""
        touched: list[dict[str, OrderState]] = [{} for _ in range(sessions)]
        standing: dict[str, OrderState] = {}
        known, forgets, last_day = self._orders, self._forgets, sessions - 1
        for order, ns, day, kind, quantity, price, stop, cause, ratio in self._replayed():
            if order not in known:
                continue
            before = standing.get(order)
            if before is None:
                now = OrderState(quantity, price, stop, ns, 0, CLOSED.get(kind, OPEN))
            elif kind in FILLING:
                now = OrderState(
                    before.amount, before.limit, before.stop, ns, before.filled + (quantity or 0),
                    CLOSED.get(kind, before.status), True, before.stopped,
                )  # fmt: skip
            elif kind == "adjusted":
                now = _restated(before, quantity, price, stop, ratio)
            elif kind == "triggered":
                now = self._triggered(order, before, ns, cause)
            else:
                now = before._replace(dt=ns, status=CLOSED.get(kind, before.status))
            standing[order] = now
            by_policy = forgets and kind == "cancelled" and cause == SESSION_ENDED
            if order in touched[day] or (kind not in UNLISTED and not by_policy):
                touched[day][order] = now
            # Zipline lists what its policy cancels with the next bar's orders, or nowhere in a run of minutes
            if by_policy and self._daily and day < last_day:
                touched[day + 1][order] = now
        last = {order: day for day, orders in enumerate(touched) for order in orders}
        return [self._rows(day, orders, last) for day, orders in enumerate(touched)]

    def _triggered(self, order: str, before: OrderState, ns: int, cause: str | None) -> OrderState:
        at_stop = cause == STOP_REACHED
        quiet = at_stop and self._forgets and self._orders[order].limited
        return before._replace(
            dt=before.dt if quiet else ns,
            triggered=before.triggered or not at_stop,
            stopped=before.stopped or at_stop,
        )

    def _fee(self, order: str, close: int) -> float:
        """The fees of an order up to a session's close."""
        fees = self._fees.get(order, ())
        if len(fees) == 1:
            return fees[0][1] if fees[0][0] <= close else 0.0
        return sum((fee for ns, fee in fees if ns <= close), 0.0)

    def _rows(self, day: int, orders: dict[str, OrderState], last: dict[str, int]) -> list[dict[str, Any]]:
        close, stamp, forgets, known = self._closes[day], self._stamp, self._forgets, self._orders
        rows = []
        for order, (amount, limit, stop, ns, filled, status, triggered, stopped) in orders.items():
            created, asset, _, commission, reason = known[order]
            limited = limit is not None
            became_limit = stopped and limited and forgets
            rows.append(
                {
                    "id": order,
                    "dt": stamp(ns),
                    "reason": None if status == OPEN else reason,
                    "created": created,
                    "amount": amount,
                    "filled": filled,
                    "commission": commission if last[order] == day else self._fee(order, close),
                    "stop": None if became_limit else stop,
                    "limit": limit,
                    "stop_reached": stopped and not became_limit,
                    "limit_reached": limited and triggered,
                    "sid": asset,
                    "status": status,
                }
            )
        return rows


def _restated(before: OrderState, quantity: Any, limit: Any, stop: Any, ratio: str | None) -> OrderState:
    """How an order stands after a split."""
    filled = before.filled if ratio is None else int(before.filled / Fraction(ratio))
    return before._replace(amount=filled + quantity, filled=filled, limit=limit, stop=stop)


def _placed(orders: pl.DataFrame, stamp: Callable[[int], Any], assets: dict[int, Any]) -> dict[str, Placed]:
    """The orders by their ids."""
    columns = zip(
        map(stamp, orders["created"].to_physical().to_list()),
        [assets.get(sid, sid) for sid in orders["sid"].to_list()],
        orders["limit"].is_not_null().to_list(),
        floats(orders["commission"]),
        orders["reason"].to_list(),
        strict=True,
    )
    return dict(zip(orders["id"].to_list(), map(Placed._make, columns), strict=True))
