"""Checks of the account: leverage, and what it costs to hold, to owe and to trade."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import polars as pl

from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._finding import Finding, found

BARELY = 1.05
"""Exposure per unit of account that is no leverage: an order for all of it fills at the next bar's price."""
MUCH = 3.0


def leverage(evidence: Evidence) -> Finding | None:
    """Positions worth more than the account at closes."""
    daily = evidence.result.daily.select("session", pl.col("gross_leverage", "ending_cash").cast(float)).drop_nulls()
    beyond = daily.filter(pl.col("gross_leverage") > BARELY).sort("gross_leverage", descending=True)
    if not beyond.height:
        return None
    day, most, _ = beyond.row(0)
    owed = beyond.filter(pl.col("ending_cash") < 0).height
    text = (
        f"At {beyond.height} of {evidence.result.daily.height} closes gross exposure, longs and shorts added, was more "
        f"than the account, up to {most:.2f} times on {day}"
    )
    advice = "Order less, or set_max_leverage(1); where it is meant, set_account and set_financing charge for it."
    if not owed:
        advice = "Order less where that is not meant; set_account asks for margin, set_borrow charges for shorts."
    return found(
        "leverage",
        "serious" if most > MUCH else "warning",
        f"{text}; on {owed} of them cash was below zero: that is borrowed money."
        if owed
        else f"{text}; cash was not below zero on them, so nothing was borrowed but what was sold short.",
        advice,
        closes=beyond.height,
        gross_leverage=most,
        day=day,
    )


def intraday_leverage(evidence: Evidence) -> Finding | None:
    """Positions worth more than the account within a session at whose close they are not."""
    daily = evidence.result.daily
    if evidence.several_currencies or {"future", "perpetual"} & set(evidence.kinds.values()):
        return None
    closes = dict(zip(daily["session"], daily["gross_leverage"].cast(float), strict=True))
    start = dict(zip(daily["session"], daily["portfolio_value"].shift(1).cast(float), strict=True))
    peaks = [
        (gross / start[day], day)
        for day, gross in _peaks(evidence, daily["session"].to_list())
        if start[day] and (closes[day] or 0) <= BARELY
    ]
    beyond = [peak for peak in peaks if peak[0] > BARELY + 0.05]
    if not beyond:
        return None
    most, day = max(beyond)
    return found(
        "intraday_leverage",
        "serious" if most > MUCH else "warning",
        f"Within {len(beyond)} of the sessions positions were worth more than the account, up to {most:.2f} times on "
        f"{day}, and no longer at the close: figures by session do not show it.",
        "Order less; set_max_leverage looks at closes only, set_account at each order.",
        sessions=len(beyond),
        gross_leverage=most,
        day=day,
    )


def _peaks(evidence: Evidence, sessions: list[dt.date]) -> Iterator[tuple[dt.date, float]]:
    """For each session with fills the most that positions were worth after some of them."""
    before = dict(zip(sessions[1:], sessions, strict=False))
    fills = evidence.result.transactions.select("session", "dt", "sid", pl.col("amount", "price").cast(float)).sort(
        "dt"
    )
    # where all fills of a session are at one moment, its close has what they left
    fills = fills.filter(pl.col("dt").n_unique().over("session") > 1)
    if not fills.height:
        return
    held = evidence.result.positions.select("session", "sid", pl.col("amount", "last_sale_price").cast(float))
    worth = dict(held.group_by("session").agg((pl.col("amount").abs() * pl.col("last_sale_price")).sum()).rows())
    # of what is held only that which is traded in the next session
    traded = fills.select(pl.col("session").replace_strict(before, default=None, return_dtype=pl.Date), "sid").unique()
    own = {row[:2]: row[2:] for row in held.join(traded, on=["session", "sid"], how="semi").rows()}
    split = set(evidence.result.entries.filter(pl.col("kind") == "split")["stamp"].dt.date().to_list())
    for day, rows in groupby(fills.rows(), key=lambda row: row[0]):
        if day not in before or day in split:
            continue
        gross, peak = worth.get(before[day], 0.0), 0.0
        now: dict[int, tuple[float, float]] = {}
        for _, moment in groupby(rows, key=lambda row: row[1]):
            for _, _, sid, amount, price in moment:
                units, last = now.get(sid) or own.get((before[day], sid), (0.0, 0.0))
                now[sid] = units + amount, price
                gross += abs(units + amount) * price - abs(units) * last
            peak = max(peak, gross)
        yield day, peak


def no_commission(evidence: Evidence) -> Finding | None:
    """Fills that cost no commission."""
    costs, fills = evidence.result.costs, evidence.result.transactions.height
    if not fills or costs.of("commission") or costs.of("tax"):
        return None
    return found(
        "no_commission",
        "warning",
        f"{fills} fills paid no commission: {evidence.result.manifest.get('commission')}.",
        "set_commission(broker(...)) charges what a broker does.",
        fills=fills,
        model=str(evidence.result.manifest.get("commission")),
    )


def no_slippage(evidence: Evidence) -> Finding | None:
    """Market orders that fill at the bar's price."""
    costs, result = evidence.result.costs, evidence.result
    at_market = result.orders.filter(pl.col("limit").is_null() & (pl.col("filled") != 0)).height
    if not at_market or any(costs.of(kind) for kind in ("spread", "impact", "slippage")):
        return None
    return found(
        "no_slippage",
        "warning",
        f"{at_market} orders without a limit filled at the very price of the bar: {result.manifest.get('slippage')}.",
        "set_slippage with half a spread at the least: nobody buys at the price that others sell at.",
        orders=at_market,
        model=str(result.manifest.get("slippage")),
    )


def no_borrow_cost(evidence: Evidence) -> Finding | None:
    """Shorts that were held over night for nothing."""
    kinds = evidence.is_kind("equity", "etf", "crypto")
    short = evidence.result.positions.filter((pl.col("amount") < 0) & kinds)
    if not short.height or evidence.result.costs.of("borrow"):
        return None
    names = sorted(set(short["symbol"].to_list()))
    sessions = short["session"].n_unique()
    return found(
        "no_borrow_cost",
        "warning",
        f"{', '.join(names[:3])}{' and others' if len(names) > 3 else ''} were held short over {sessions} closes, and "
        "nothing was paid to borrow them.",
        "set_borrow(rate) charges for it; a share that nobody lends can't be shorted.",
        symbols=names[:10],
        closes=sessions,
    )


def costs_eat_profit(evidence: Evidence) -> Finding | None:
    """Costs that leave little of the profit."""
    gross, total = evidence.gross, float(evidence.result.costs.total)
    if gross <= 0 or total < 0.5 * gross:
        return None
    return found(
        "costs_eat_profit",
        "serious" if total >= gross else "warning",
        f"Costs of {total:,.2f} took {total / gross:.0%} of the profit before them, {gross:,.2f}.",
        "Trade less often; result.costs.by_kind has what was paid for what.",
        costs=total,
        gross=gross,
        share=total / gross,
    )


def turnover(evidence: Evidence) -> Finding | None:
    """What is held is sold again soon."""
    result = evidence.result
    if evidence.several_currencies or not result.transactions.height:
        return None
    worth = _mean(result.daily["portfolio_value"])
    years = result.daily.height / result.periods
    traded = float((result.transactions["amount"].cast(float).abs() * result.transactions["price"].cast(float)).sum())
    if worth <= 0 or years <= 0 or (rate := traded / 2 / worth / years) < 50:
        return None
    return found(
        "turnover",
        "info",
        f"The account was turned over {rate:,.0f} times a year: each 0.01 % of cost on a fill is {2 * rate / 1e4:.1%} "
        "of it a year.",
        "Know the costs well; run once more with twice of them.",
        turnover=rate,
    )


def _mean(column: pl.Series) -> float:
    value: Any = column.cast(float).mean()
    return 0.0 if value is None else float(value)
