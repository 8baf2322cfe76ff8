"""The orders of a result from its order events alone, by the one table of transitions.

The native kernel fills orders without calling `advance`: this holds it to the same life.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import rustybt
from rustybt._kernels import WorkingOrder
from rustybt.core import Cause, OrderEventKind, OrderStatus, OrderTerms, Report
from rustybt.orders import advance
from tests.properties._market import Market

SCALE = 10**30


def scaled(value: Decimal | None) -> int | None:
    return None if value is None else int(Fraction(value) * SCALE)


def _report(row: dict[str, Any]) -> Report:
    ratio = None
    if row["ratio"] is not None:
        numerator, denominator = (int(part) for part in row["ratio"].split("/"))
        ratio = numerator, denominator
    price, stop = scaled(row["price"]), scaled(row["stop"])
    return Report(
        1,
        OrderEventKind(row["kind"]),
        0,
        scaled(row["quantity"]) or 0,
        price,
        stop,
        cause=None if row["cause"] is None else Cause[row["cause"].upper()],
        ratio=ratio,
        terms=None if price is stop is None else OrderTerms(price, stop),
    )


def assert_orders_are_what_their_events_come_to(market: Market, result: rustybt.Result, *, prices: bool = True) -> None:
    """Amount, filled, limit, stop, status and cause of every order; IllegalTransition where an event can't be.

    prices: without it limits and stops are left out: a step of a trailing stop is no event.
    """
    names = ("amount", "filled", "limit", "stop") if prices else ("amount", "filled")
    steps = {asset.symbol: int(asset.step * SCALE) for asset in market.assets}
    symbols = dict(result.orders.select("id", "symbol").iter_rows())
    orders: dict[str, Any] = {}
    for row in result.order_events.iter_rows(named=True):
        report = _report(row)
        order = orders.get(row["order_id"])
        if order is None:
            instrument = SimpleNamespace(slot=0, step=steps[symbols[row["order_id"]]])
            order = WorkingOrder(1, instrument, report.quantity, report.terms, 0)
            order.status = OrderStatus.PENDING_NEW
            orders[row["order_id"]] = order
        advance(order, report)
    for row in result.orders.iter_rows(named=True):
        order = orders[row["id"]]
        found = (*(getattr(order, name) for name in names), order.status.name.lower())
        assert found == (*(scaled(row[name]) for name in names), row["status"])
        assert (row["cause"] is None) is (row["status"] == "filled")
        if row["status"] in ("cancelled", "rejected"):
            assert Cause(order.cause).label == row["cause"]
