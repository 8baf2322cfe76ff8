"""What did happen in a case, read from Zipline's outcome: a generator can't hollow out unnoticed."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

from tests.parity._case import Case, minute_count, session_days
from tests.parity._draw_base import COMMISSIONS, DATE_RULES, ORDERS, SLIPPAGES
from tests.parity._features_more import more_features

BOTH = (
    *(f"order function {name}" for name in ORDERS),
    *(f"date rule {name} fired" for name in DATE_RULES),
    *(f"time rule {name} fired" for name in ("market_open", "market_close", "every_minute")),
    *(f"slippage {name} filled" for name in SLIPPAGES),
    *(f"commission {name} filled" for name in COMMISSIONS),
    "split on a long position", "split on a short position", "split on an open order",
    "dividend on a long position", "dividend on a short position",
    "pay date is a session", "pay date is no session", "pay date is missing",
    "fill in parts over several bars", "limit filled", "limit never filled", "order cancelled", "order without fill",
    "missing bar", "bar without volume", "listed during the run", "half day", "short position", "position closed",
    "order refused by size", "two orders of an asset in one bar",
)  # fmt: skip
MINUTE_ONLY = ("before the open", "fill in parts over several sessions")
HISTORY_FIELDS = ("price", "open", "high", "low", "close", "volume", "*")
EVERYWHERE = (
    *BOTH,
    *(f"history {field}" for field in HISTORY_FIELDS),
    *(f"script {name}" for name in ("current", "current_many", "portfolio", "account", "record", "get_order")),
)


def features(case: Case, outcome: dict[str, Any]) -> set[str]:
    """Names of what occurred; of a run that a control ended only what was seen until then."""
    found = _script(case, outcome) | more_features(case, outcome)
    if outcome["raised"] is not None:
        return found
    return found | _orders(case, outcome) | _actions(case, outcome) | _data(case, outcome)


def _script(case: Case, outcome: dict[str, Any]) -> set[str]:
    labels = {label for _, label, value in outcome["seen"] if value is not None}
    found = {f"order function {name}" for name in ORDERS if name in labels}
    for number, schedule in enumerate(case.schedules):
        if f"schedule {number}" in labels:
            found |= {f"date rule {schedule.date[0]} fired", f"time rule {schedule.time[0]} fired"}
    every = [*case.ops, *(op for schedule in case.schedules for op in schedule.ops)]
    found |= {f"script {op['do']}" for op in every}
    for op in every:
        if op["do"] == "history":
            found.add(f"history {op['field']}")
    if case.before_open:
        found.add("before the open")
    if any(label in ORDERS and value is None for _, label, value in outcome["seen"]):
        found.add("order refused by size")
    return found


def _orders(case: Case, outcome: dict[str, Any]) -> set[str]:
    found = set()
    transactions = outcome["transactions"]
    if transactions:
        found |= {f"slippage {case.slippage[0]} filled", f"commission {case.commission[0]} filled"}
    stamps: dict[int, set[int]] = {}
    for stamp, _, _, _, ordinal in transactions:
        stamps.setdefault(ordinal, set()).add(stamp)
    if any(len(times) > 1 for times in stamps.values()):
        found.add("fill in parts over several bars")
    if any(len({_day(t) for t in times}) > 1 for times in stamps.values()):
        found.add("fill in parts over several sessions")
    placed = [(order["created"], order["symbol"]) for order in outcome["orders"]]
    if len(placed) != len(set(placed)):
        found.add("two orders of an asset in one bar")
    for order in outcome["orders"]:
        if order["limit"] is not None and order["status"] == "filled":
            found.add("limit filled")
        if order["limit"] is not None and order["status"] == "open" and not order["filled"]:
            found.add("limit never filled")
        if order["status"] == "cancelled":
            found.add("order cancelled")
        if order["status"] == "open" and not order["filled"]:
            found.add("order without fill")
    return found


def _day(stamp: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=stamp // 86_400_000_000_000)).isoformat()


def _actions(case: Case, outcome: dict[str, Any]) -> set[str]:
    found = set()
    for stock in case.stocks:
        for at, _ in stock.splits:
            held = _held_before(case, outcome, stock.symbol, at)
            if held:
                found.add(f"split on a {'long' if held > 0 else 'short'} position")
            if _open_across(case, outcome, stock.symbol, at):
                found.add("split on an open order")
        for dividend in stock.dividends:
            held = _held_before(case, outcome, stock.symbol, dividend.ex)
            if held:
                found.add(f"dividend on a {'long' if held > 0 else 'short'} position")
                missing = dividend.pay is None
                kind = "missing" if missing else "a session" if dividend.pay in case.sessions else "no session"
                found.add(f"pay date is {kind}")
    return found


def _held_before(case: Case, outcome: dict[str, Any], symbol: str, session: int) -> int:
    day = session - case.first - 1
    if not 0 <= day < len(outcome["positions"]):
        return 0
    return int(outcome["positions"][day].get(symbol, [0])[0])


def _open_across(case: Case, outcome: dict[str, Any], symbol: str, session: int) -> bool:
    """Whether an order stood when the session began: placed earlier, and filled later or never."""
    day = case.sessions[session]
    for ordinal, order in enumerate(outcome["orders"]):
        if order["symbol"] == symbol and _day(order["created"]) < day:
            last = max((t[0] for t in outcome["transactions"] if t[4] == ordinal), default=None)
            if order["status"] == "open" or (last is not None and _day(last) >= day):
                return True
    return False


def _data(case: Case, outcome: dict[str, Any]) -> set[str]:
    found = set()
    run = range(case.first, case.last + 1)
    for stock in case.stocks:
        sessions = [case.session_of(bar[0]) for bar in stock.bars]
        bars = sum(session in run and session >= sessions[0] for session in sessions)
        days = range(max(case.first, sessions[0]), case.last + 1)
        full = (
            len(days) if case.frequency == "daily" else sum(minute_count(case.sessions[s], case.calendar) for s in days)
        )
        if bars < full:
            found.add("missing bar")
        if any(bar[5] == 0 and session in run for bar, session in zip(stock.bars, sessions, strict=True)):
            found.add("bar without volume")
        if sessions[0] > case.first:
            found.add("listed during the run")
    lengths = {minute_count(case.sessions[session], case.calendar) for session in run}
    if min(lengths) < max(minute_count(day, case.calendar) for day in session_days(case.calendar)[-20:]):
        found.add("half day")
    held = [set(day) for day in outcome["positions"]]
    if any(values[0] < 0 for day in outcome["positions"] for values in day.values()):
        found.add("short position")
    if any(before - after for before, after in pairwise(held)):
        found.add("position closed")
    return found
