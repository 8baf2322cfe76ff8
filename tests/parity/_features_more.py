"""What the features that `_ready` names must bring about in the drawn cases, read from Zipline's outcome."""

from __future__ import annotations

from typing import Any

from tests.parity._case import Case
from tests.parity._ready import READY

CLOSED_OUT = -1
SIZES = ("set_max_position_size", "set_max_order_size", "set_max_order_count", "set_long_only")
RESTRICTIONS = ("set_do_not_order_list", "static", "historical")
ACCOUNT = ("set_max_leverage", "set_min_leverage")
PROMISED: dict[str, tuple[str, ...]] = {
    "stops": ("stop reached", "stop never reached", "stop filled", "stop-limit filled", "style object"),
    "batch": ("batch ordered",),
    "cancel_policy": ("cancelled by policy eod", "cancelled by policy custom", "policy never with a waiting order"),
    "controls": tuple(f"{name} {on_error}" for name in SIZES for on_error in ("fail", "log")),
    "restrictions": ("restriction fail", *(f"{name} log" for name in RESTRICTIONS)),
    "account_controls": ("run ended by the leverage",),
    "delisting": ("closed out", "held after the end"),
    "all_end": ("run goes on after all bars",),
    "stock_dividends": ("shares of the same stock paid", "shares of another stock paid"),
    "capital_changes": ("capital change delta", "capital change target", "capital change within a session"),
    "minute_1d": ("window of days",),
    "benchmark": ("benchmark is a stock", "benchmark is a series"),
    "custom_models": (*("slippage custom filled", "slippage custom_impact filled", "commission custom filled"),),
    "context": ("weights of positions", "last sale dates"),
    "futures": ("future filled", "future closed out", "future held over a session"),
    "continuous": ("contract of a continuous future", "window of a continuous future"),
    "calendars": ("calendar 24/7", "calendar XLON", "calendar XTKS", "calendar us_futures"),
}


def promised(ready: frozenset[str] = READY) -> set[str]:
    """The names that must occur in the CI seeds, in days or in minutes, of the features that cases may carry."""
    return {name for feature, names in PROMISED.items() if feature in ready for name in names}


def more_features(case: Case, outcome: dict[str, Any]) -> set[str]:
    """Names of what occurred. A run that a control ended has only what was seen until then."""
    found = _settings(case) | _seen(case, outcome)
    if outcome["raised"] is not None:
        return found | {"run ended by the leverage"}
    return found | _stops(case, outcome) | _policies(case, outcome) | _positions(case, outcome)


def _settings(case: Case) -> set[str]:
    found = {f"calendar {case.calendar}"}
    if case.benchmark is not None:
        found.add(f"benchmark is a {'stock' if isinstance(case.benchmark, int) else 'series'}")
    if all(case.session_of(stock.bars[-1][0]) < case.last for stock in case.stocks):
        found.add("run goes on after all bars")
    found |= {f"capital change {kind}" for _, kind, _ in case.capital_changes}
    if any("T" in moment for moment, _, _ in case.capital_changes):
        found.add("capital change within a session")
    return found


def _seen(case: Case, outcome: dict[str, Any]) -> set[str]:
    found = set()
    ordered = any(label.startswith("order") for _, label, _ in outcome["seen"])
    # which of several controls refused is not told: one that stands alone did
    failing = [control for control in case.controls if control["set"] not in ACCOUNT and control["on_error"] == "fail"]
    for _, label, value in outcome["seen"]:
        if label == "refused by a control" and len(failing) == 1:
            name = failing[0]["set"]
            found.add("restriction fail" if name in RESTRICTIONS else f"{name} fail")
        elif label == "batch" and value:
            found.add("batch ordered")
        elif label == "weights" and value:
            found.add("weights of positions")
        elif label == "last sale dates" and value:
            found.add("last sale dates")
        elif label.startswith("history ") and " 1d " in label and case.frequency == "minute":
            found.add("window of days")
        elif label.startswith("contract ") and value is not None:
            found.add("contract of a continuous future")
        elif label.startswith("continuous history ") and any(cell is not None for cell in value):
            found.add("window of a continuous future")
    if ordered:
        found |= {f"{control['set']} log" for control in case.controls if control.get("on_error") == "log"}
        every = [*case.ops, *(op for schedule in case.schedules for op in schedule.ops)]
        found |= {"style object" for op in every if op.get("style")}
    return found


def _stops(case: Case, outcome: dict[str, Any]) -> set[str]:
    found = set()
    states: dict[str, dict[str, Any]] = {}
    for day in outcome["order_days"]:
        for ordinal, order in day.items():
            had = states.get(ordinal, {"had_stop": False})["had_stop"]
            states[ordinal] = {**order, "had_stop": had or order["stop"] is not None}
    for order in states.values():
        if order["had_stop"] and order["limit"] is None and order["status"] == "filled":
            found |= {"stop filled", "stop reached"}
        if order["had_stop"] and order["limit"] is not None and order["status"] == "filled":
            found |= {"stop-limit filled", "stop reached"}
        if order["stop"] is not None and not order["stop_reached"] and not order["filled"]:
            found.add("stop never reached")
    return found


def _policies(case: Case, outcome: dict[str, Any]) -> set[str]:
    statuses = {order["status"] for order in outcome["orders"]}
    if case.cancel == "never" and "open" in statuses:
        return {"policy never with a waiting order"}
    by_hand = {value for _, label, value in outcome["seen"] if label == "cancel"}
    by_policy = any(
        order["status"] == "cancelled" and ordinal not in by_hand for ordinal, order in enumerate(outcome["orders"])
    )
    return {f"cancelled by policy {case.cancel}"} if case.cancel in ("eod", "custom") and by_policy else set()


def _positions(case: Case, outcome: dict[str, Any]) -> set[str]:
    found = set()
    if outcome["transactions"]:
        found |= {f"slippage {case.slippage[0]} filled", f"commission {case.commission[0]} filled"}
    futures = {stock.symbol for stock in case.stocks if stock.contract is not None}
    for _, symbol, _, _, ordinal in outcome["transactions"]:
        kind = "future " if symbol in futures else ""
        if ordinal == CLOSED_OUT:
            found.add(f"{kind}closed out")
        elif kind:
            found.add("future filled")
    for at, day in enumerate(outcome["positions"]):
        for symbol in day:
            stock = next(stock for stock in case.stocks if stock.symbol == symbol)
            if stock.contract is not None:
                found.add("future held over a session")
            elif case.session_of(stock.bars[-1][0]) < case.first + at:
                found.add("held after the end")
            found |= {
                f"shares of {'the same' if paid.of == symbol else 'another'} stock paid"
                for paid in stock.stock_dividends
                if paid.ex == case.first + at + 1 and paid.pay in case.sessions[: case.last + 1]
            }
    return found
