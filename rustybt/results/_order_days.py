"""The orders of each session as Zipline's frame lists them: those that something happened to, as they stood then."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

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


class OrderDays:
    """Per session the orders that something happened to in it, each as it stood at that session's close.

    closes: of the sessions, ns UTC. stamp: makes the frame's stamp of ns. assets: by sid, what stands for an asset.
    """

    def __init__(self, result: Result, closes: list[int], stamp: Callable[[int], Any], assets: dict[int, Any]) -> None:
        self._assets = assets
        self._closes = closes
        self._stamp = stamp
        self._forgets = bool(result.manifest.get("compat", {}).get("stop_limits_become_limits"))
        self._daily = result.manifest.get("data_frequency") == "daily"
        events, fills = result.order_events, result.transactions
        self._orders = {row["id"]: row for row in _order_rows(result.orders)}
        self._events = list(
            zip(
                events["order_id"].to_list(),
                events["stamp"].to_physical().to_list(),
                events["kind"].to_list(),
                amounts(events["quantity"]),
                optional_floats(events["price"]),
                optional_floats(events["stop"]),
                events["cause"].to_list(),
                events["ratio"].to_list(),
                strict=True,
            )
        )
        self._fees: dict[str, list[tuple[int, float]]] = {}
        fees = zip(
            fills["order_id"].to_list(), fills["dt"].to_physical().to_list(), floats(fills["commission"]), strict=True
        )
        for order, ns, fee in fees:
            if order is not None:
                self._fees.setdefault(order, []).append((ns, fee))

    def lists(self, sessions: int) -> list[list[dict[str, Any]]]:
        """One list a session."""
        touched: list[dict[str, OrderState]] = [{} for _ in range(sessions)]
        standing: dict[str, OrderState] = {}
        known, closes, last_day = self._orders, self._closes, sessions - 1
        for order, ns, kind, quantity, price, stop, cause, ratio in self._events:
            if order not in known:
                continue
            before = standing.get(order)
            if before is None:
                now = OrderState(quantity, price, stop, ns, 0, CLOSED.get(kind, OPEN))
            elif kind == "adjusted":
                now = _restated(before, quantity, price, stop, ratio)
            elif kind == "triggered":
                now = self._triggered(order, before, ns, cause)
            else:
                filling = kind in FILLING
                filled = before.filled + (quantity or 0) if filling else before.filled
                now = OrderState(
                    before.amount, before.limit, before.stop, ns, filled, CLOSED.get(kind, before.status),
                    before.triggered or filling, before.stopped,
                )  # fmt: skip
            standing[order] = now
            day = min(bisect_left(closes, ns), last_day)
            by_policy = kind == "cancelled" and cause == SESSION_ENDED and self._forgets
            if order in touched[day] or (kind not in UNLISTED and not by_policy):
                touched[day][order] = now
            # Zipline lists what its policy cancels with the next bar's orders, or nowhere in a run of minutes
            if by_policy and self._daily and day < last_day:
                touched[day + 1][order] = now
        last = {order: day for day, orders in enumerate(touched) for order in orders}
        return [
            [self._row(order, now, day, last=last[order] == day) for order, now in orders.items()]
            for day, orders in enumerate(touched)
        ]

    def _triggered(self, order: str, before: OrderState, ns: int, cause: str | None) -> OrderState:
        at_stop = cause == STOP_REACHED
        quiet = at_stop and self._forgets and self._orders[order]["limit"] is not None
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

    def _row(self, order: str, now: OrderState, day: int, *, last: bool) -> dict[str, Any]:
        final = self._orders[order]
        close = self._closes[day]
        limited = now.limit is not None
        became_limit = now.stopped and limited and self._forgets
        return {
            "id": order,
            "dt": self._stamp(now.dt),
            "reason": None if now.status == OPEN else final["reason"],
            "created": self._stamp(final["created"]),
            "amount": now.amount,
            "filled": now.filled,
            "commission": final["commission"] if last else self._fee(order, close),
            "stop": None if became_limit else now.stop,
            "limit": now.limit,
            "stop_reached": now.stopped and not became_limit,
            "limit_reached": limited and now.triggered,
            "sid": self._assets.get(final["sid"], final["sid"]),
            "status": now.status,
        }


def _restated(before: OrderState, quantity: Any, limit: Any, stop: Any, ratio: str | None) -> OrderState:
    """How an order stands after a split."""
    filled = before.filled if ratio is None else int(before.filled / Fraction(ratio))
    return before._replace(amount=filled + quantity, filled=filled, limit=limit, stop=stop)


def _order_rows(orders: pl.DataFrame) -> list[dict[str, Any]]:
    columns = {
        "id": orders["id"].to_list(),
        "created": orders["created"].to_physical().to_list(),
        "sid": orders["sid"].to_list(),
        "limit": optional_floats(orders["limit"]),
        "stop": optional_floats(orders["stop"]),
        "commission": floats(orders["commission"]),
        "reason": orders["reason"].to_list(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
