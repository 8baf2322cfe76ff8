"""Whether fills are fair, from the frames of a result and the bars alone; it knows no rule of the engine's.

No order fills on the bar that it was placed on, or on one without a volume. A limit is a limit. No fill is better than
what the bar offered after whatever triggered it. All orders of an asset together fill no more than the model's share of
a bar's volume.
"""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from typing import Any

import rustybt
from tests.properties._market import Bar, Market
from tests.properties._oracle import Plan
from tests.properties._runs import plain


def assert_fills_are_fair(market: Market, plan: Plan, result: rustybt.Result) -> None:
    """All of it, in the default mode."""
    stamps = [stamp for session in market.sessions for stamp in session.stamps]
    place_of = {stamp: place for place, stamp in enumerate(stamps)}
    assets = {asset.symbol: asset for asset in market.assets}
    created = {row[0]: plain(row[1]) for row in result.orders.select("id", "created").iter_rows()}
    history: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in result.order_events.select("order_id", "stamp", "kind", "price", "stop", "cause").iter_rows():
        if row[2] in ("accepted", "adjusted", "triggered"):
            history[row[0]].append(tuple(map(plain, row[1:])))
    used: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    for row in result.transactions.select("dt", "order_id", "symbol", "amount", "price").iter_rows():
        stamp, order, symbol, amount, price = map(plain, row)
        if order is None:
            continue
        bar = assets[symbol].bars[place_of[stamp]]
        assert created[order] < stamp, f"{order} fills on the bar it was placed on"
        assert bar.volume > 0, f"{order} fills without a volume"
        used[symbol, stamp] += abs(amount)
        assert used[symbol, stamp] <= _most(plan, bar.volume, assets[symbol].step), f"{order}: more than the share"
        if not plan.plain:
            continue  # the events of a stop that follows do not tell where it stood
        _assert_price_is_fair(plan, bar, history[order], stamp, price, 1 if amount > 0 else -1)


def _most(plan: Plan, volume: Fraction, step: Fraction) -> Fraction | float:
    name, *parameters = plan.slippage
    share = {"basis_points": 1, "volume_share": 0}.get(name)
    if share is None:
        return volume if name == "own" else math.inf
    return math.floor(volume * parameters[share] / step) * step


def _assert_price_is_fair(
    plan: Plan, bar: Bar, events: list[tuple[Any, ...]], stamp: int, price: Fraction, side: int
) -> None:
    """A price, turned so that more is worse for whoever trades."""
    limit, stop, stopped = _standing(events, stamp)
    worse = side * price
    if limit is not None:
        assert worse <= side * limit, "a limit is a limit"
    if plan.slippage[0] in ("own", "impact"):
        return  # these fill where they want to
    if not plan.by_range:
        offered: Fraction = getattr(bar, plan.fill_at)
        assert worse >= side * offered, "better than what the bar offers"
        if stop is not None and stopped == stamp:
            assert side * offered >= side * stop, "before its stop"
        return
    offered = getattr(bar, plan.fill_at)
    best = side * offered if limit is None else min(side * bar.open, side * limit)
    if stop is not None and stopped == stamp:
        # at its stop at the best, or at an open beyond it; a limit on the near side of the stop is reached later
        best = max(side * stop, side * bar.open)
        if limit is not None:
            best = min(best, side * limit)
    assert worse >= best, "better than what the bar offers after the trigger"
    if limit is not None and plan.slippage[0] == "none":
        assert bar.low <= price <= bar.high, "a price that was not traded"


def _standing(events: list[tuple[Any, ...]], stamp: int) -> tuple[Fraction | None, Fraction | None, int | None]:
    """Limit, stop, and when the stop was reached, as of a fill: from what its events say."""
    limit = stop = stopped = None
    for at, kind, price, trigger, cause in events:
        if at > stamp:
            break
        if kind in ("accepted", "adjusted") and at < stamp:
            limit, stop = price, trigger
        elif kind == "triggered" and cause == "stop_reached":
            stopped = at
    return limit, stop, stopped
