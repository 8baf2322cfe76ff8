"""The smallest case that still fails, found by dropping one thing after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.parity._case import Case, Op, Schedule

SECONDS = 60.0


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
    for index in range(len(case.stocks)):
        if len(case.stocks) > 1:
            yield _without_stock(case, index)
    for parts in (4, 2, 1):
        yield from _fewer_ops(case, parts)
    for index in range(len(case.schedules)):
        yield case.with_(schedules=case.schedules[:index] + case.schedules[index + 1 :])
    for index in range(len(case.before_open)):
        yield case.with_(before_open=case.before_open[:index] + case.before_open[index + 1 :])
    yield from _fewer_actions(case)
    if case.commission[0] != "free":
        yield case.with_(commission=("free", {}))
    if case.slippage[0] != "none":
        yield case.with_(slippage=("none", {}))


def _shorter(case: Case) -> Iterator[Case]:
    length = case.last - case.first
    for cut in (length // 2, length // 4, 5, 1):
        if 0 < cut <= length:
            shorter = _cut(case, case.last - cut)
            if shorter is not None:
                yield shorter


def _cut(case: Case, last: int) -> Case | None:
    """The run up to an earlier session, and data for the shortest stretch after it that every stock has a bar for."""
    traded = [{case.session_of(bar[0]) for bar in stock.bars} for stock in case.stocks]
    final = next((s for s in range(last + 1, len(case.sessions)) if all(s in days for days in traded)), None)
    if final is None:
        return None
    stocks = tuple(
        replace(stock, bars=tuple(bar for bar in stock.bars if case.session_of(bar[0]) <= final),
              splits=tuple(split for split in stock.splits if split[0] <= last),
              dividends=tuple(d for d in stock.dividends if d.ex <= last))
        for stock in case.stocks
    )  # fmt: skip
    return case.with_(last=last, sessions=case.sessions[: final + 1], stocks=stocks)


def _fewer_ops(case: Case, parts: int) -> Iterator[Case]:
    size = max(1, len(case.ops) // parts) if parts > 1 else 1
    for start in range(0, len(case.ops), size):
        yield case.with_(ops=case.ops[:start] + case.ops[start + size :])


def _fewer_actions(case: Case) -> Iterator[Case]:
    for index, stock in enumerate(case.stocks):
        for name in ("splits", "dividends"):
            actions = getattr(stock, name)
            for drop in range(len(actions)):
                change: dict[str, Any] = {name: actions[:drop] + actions[drop + 1 :]}
                less = replace(stock, **change)
                yield case.with_(stocks=(*case.stocks[:index], less, *case.stocks[index + 1 :]))


def _without_stock(case: Case, index: int) -> Case:
    def kept(ops: tuple[Op, ...]) -> tuple[Op, ...]:
        return tuple(_renumbered(op, index) for op in ops if op.get("asset") != index)

    return case.with_(
        stocks=case.stocks[:index] + case.stocks[index + 1 :],
        ops=kept(case.ops),
        before_open=kept(case.before_open),
        schedules=tuple(Schedule(s.date, s.time, s.half_days, kept(s.ops)) for s in case.schedules),
    )


def _renumbered(op: Op, dropped: int) -> Op:
    asset = op.get("asset")
    return {**op, "asset": asset - 1} if asset is not None and asset > dropped else op
