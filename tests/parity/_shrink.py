"""The smallest case that still fails, found by dropping one thing after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from tests.parity._case import Case, Op, Schedule, Stock

SECONDS = 60.0
PLAIN: tuple[tuple[str, Any], ...] = (
    ("cancel", None),
    ("benchmark", None),
    ("commission", ("free", {})),
    ("slippage", ("none", {})),
    ("future_commission", ("free", {})),
    ("future_slippage", ("none", {})),
)
"""What the settings of a case are where they don't matter."""


def shrink(case: Case, fails: Callable[[Case], bool], seconds: float = SECONDS) -> Case:
    """The case after every single drop that kept `fails` true; what was found by then when the time is up."""
    until = time.monotonic() + seconds
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(case):
            if time.monotonic() > until:
                return case
            if fails(smaller):
                case, progress = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with one thing less, the largest things first."""
    yield from _shorter(case)
    yield from _fewer_stocks(case)
    for parts in (4, 2, 1):
        yield from _fewer_ops(case, parts)
    yield from _fewer_scheduled(case)
    for name in ("before_open", "controls", "capital_changes"):
        for less in _each_dropped(getattr(case, name)):
            yield case.with_(**{name: less})
    for index in range(len(case.continuous)):
        yield without_continuous(case, index)
    yield from _fewer_actions(case)
    for name, plain in PLAIN:
        if getattr(case, name) != plain:
            yield case.with_(**{name: plain})


def _each_dropped(values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for index in range(len(values)):
        yield values[:index] + values[index + 1 :]


# time


def _shorter(case: Case) -> Iterator[Case]:
    length = case.last - case.first
    for cut in (length // 2, length // 4, 5, 1):
        if 0 < cut <= length:
            yield _cut(case, case.last - cut)


def _cut(case: Case, last: int) -> Case:
    """The run up to an earlier session, with data up to where each stock that goes on has had another bar."""
    days = [[case.session_of(bar[0]) for bar in stock.bars] for stock in case.stocks]
    nexts = [min(later) for traded in days if (later := [s for s in traded if s > last])]
    final = max((*nexts, min(last + 1, len(case.sessions) - 1)))
    stocks = tuple(
        replace(
            stock,
            bars=tuple(bar for bar, session in zip(stock.bars, traded, strict=True) if session <= final),
            splits=tuple(split for split in stock.splits if split[0] <= last),
            dividends=tuple(d for d in stock.dividends if d.ex <= last),
            stock_dividends=tuple(d for d in stock.stock_dividends if d.ex <= last),
        )
        for stock, traded in zip(case.stocks, days, strict=True)
    )
    changes = tuple(change for change in case.capital_changes if change[0][:10] <= case.sessions[last])
    return case.with_(last=last, sessions=case.sessions[: final + 1], stocks=stocks, capital_changes=changes)


# script


def _fewer_ops(case: Case, parts: int) -> Iterator[Case]:
    size = max(1, len(case.ops) // parts) if parts > 1 else 1
    for start in range(0, len(case.ops), size):
        yield case.with_(ops=case.ops[:start] + case.ops[start + size :])


def _fewer_scheduled(case: Case) -> Iterator[Case]:
    for less in _each_dropped(case.schedules):
        yield case.with_(schedules=less)
    for index, schedule in enumerate(case.schedules):
        for ops in _each_dropped(schedule.ops):
            changed = replace(schedule, ops=ops)
            yield case.with_(schedules=(*case.schedules[:index], changed, *case.schedules[index + 1 :]))


# assets


def _fewer_stocks(case: Case) -> Iterator[Case]:
    """Without a whole chain of contracts, then without each stock."""
    roots = sorted({stock.contract.root for stock in case.stocks if stock.contract is not None})
    for root in roots:
        chain = [n for n, stock in enumerate(case.stocks) if stock.contract is not None and stock.contract.root == root]
        if len(chain) < len(case.stocks):
            yield without_stocks(case, chain)
    for index in range(len(case.stocks)):
        if len(case.stocks) > 1:
            yield without_stocks(case, [index])


def _fewer_actions(case: Case) -> Iterator[Case]:
    for index, stock in enumerate(case.stocks):
        changes: list[dict[str, Any]] = [
            {name: less}
            for name in ("splits", "dividends", "stock_dividends")
            for less in _each_dropped(getattr(stock, name))
        ]
        if stock.auto_close is not None and stock.contract is None:
            changes.append({"auto_close": None})
        for change in changes:
            yield case.with_(stocks=(*case.stocks[:index], replace(stock, **change), *case.stocks[index + 1 :]))


def without_stocks(case: Case, dropped: Collection[int]) -> Case:
    """The case without some stocks: what was about them goes too, and the others are numbered anew."""
    left = [number for number in range(len(case.stocks)) if number not in dropped]
    places = {number: place for place, number in enumerate(left)}
    symbols = {case.stocks[number].symbol for number in left}
    smaller = case.with_(
        stocks=tuple(_paying(case.stocks[number], symbols) for number in left),
        benchmark=places.get(case.benchmark) if isinstance(case.benchmark, int) else case.benchmark,
        **_with_ops(case, lambda op: _renumbered(op, places)),
    )
    return _with_chains_only(smaller)


def _paying(stock: Stock, symbols: set[str]) -> Stock:
    return replace(stock, stock_dividends=tuple(d for d in stock.stock_dividends if d.of in symbols))


def _with_chains_only(case: Case) -> Case:
    """Without the continuous futures of which no contract is left."""
    roots = {stock.contract.root for stock in case.stocks if stock.contract is not None}
    for index in reversed(range(len(case.continuous))):
        if case.continuous[index].root not in roots:
            case = without_continuous(case, index)
    return case


def without_continuous(case: Case, index: int) -> Case:
    """The case without a continuous future: its operations go, and the others are numbered anew."""
    left = [number for number in range(len(case.continuous)) if number != index]
    places = {number: place for place, number in enumerate(left)}

    def kept(op: Op) -> Op | None:
        for name in ("which", "continuous"):
            if name in op:
                return {**op, name: places[op[name]]} if op[name] in places else None
        return op

    return case.with_(continuous=tuple(case.continuous[number] for number in left), **_with_ops(case, kept))


def _with_ops(case: Case, change: Callable[[Op], Op | None]) -> dict[str, Any]:
    """Every instruction of a case changed, or dropped where the change says None."""

    def kept(ops: tuple[Op, ...]) -> tuple[Op, ...]:
        return tuple(changed for op in ops if (changed := change(op)) is not None)

    schedules = tuple(Schedule(s.date, s.time, s.half_days, kept(s.ops)) for s in case.schedules)
    plain = {name: kept(getattr(case, name)) for name in ("ops", "before_open", "controls")}
    return {**plain, "schedules": schedules}


def _renumbered(op: Op, places: dict[int, int]) -> Op | None:
    """The instruction with the stocks' new numbers, None where none of its stocks is left."""
    changed = dict(op)
    if op.get("asset") is not None:
        if op["asset"] not in places:
            return None
        changed["asset"] = places[op["asset"]]
    for name in ("amounts", "changes"):
        if name in op:
            changed[name] = [[places[row[0]], *row[1:]] for row in op[name] if row[0] in places]
    if "assets" in op:
        changed["assets"] = [places[number] for number in op["assets"] if number in places]
    emptied = any(name in op and not changed[name] for name in ("amounts", "changes", "assets"))
    return None if emptied else changed
