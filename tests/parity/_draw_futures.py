"""Contracts with their chains, and continuous futures over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from tests.parity._case import Case, Continuous, Contract, Op, Stock, session_days
from tests.parity._draw_base import LONG_DAYS, Shape, draw_look, draw_order, ohlc, when

ROOTS = ("CL", "ES", "GC", "JY")
"""With Zipline's default fees; of GC and JY only some months belong to the chain."""
MONTHS = "FGHJKMNQUVXZ"
CHAINS = {"GC": "GJMQVZ", "JY": "HMUZ"}
BEYOND = 3
"""Contracts of a chain after the last stored session: Zipline's look at an offset raises AttributeError at its end."""
TICKS = ("0.01", "0.01", "0.25")
"""None of which multiples are other floats than their decimals."""
MULTIPLIERS = ("1", "10", "50", "1000")
SLIPPAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("default", {}),
    ("default", {}),
    ("none", {}),
    ("fixed", {"spread": "0.1"}),
    ("basis_points", {"basis_points": "10", "volume_limit": "0.25"}),
    ("volume_share", {"volume_limit": "0.1", "price_impact": "0.5"}),
    ("volatility", {"volume_limit": "0.25", "eta": "0.05"}),
)
COMMISSIONS: tuple[tuple[str, dict[str, str]], ...] = (
    ("default", {}),
    ("default", {}),
    ("free", {}),
    ("per_contract", {"cost": "0.85", "exchange_fee": "1.25", "min_trade_cost": "4"}),
    ("per_contract", {"cost": "2.5", "exchange_fee": "0"}),
    ("per_future_trade", {"cost": "3.25"}),
    ("per_trade", {"cost": "2"}),
)


def futures(case: Case, random: Random) -> Case:
    """Contracts of one or two roots beside the equities, with orders and looks at them."""
    roots = random.sample(ROOTS, 2 if case.frequency == "daily" and random.random() < 0.4 else 1)
    contracts = tuple(stock for root in roots for stock in _chain(case, random, root))
    first = len(case.stocks)
    ops = [_on(first, draw_order(random, len(contracts)), random) for _ in range(random.randint(3, 6))]
    ops += [_on(first, draw_look(random, case.frequency, len(contracts)), random) for _ in range(random.randint(2, 5))]
    return case.with_(
        stocks=(*case.stocks, *contracts),
        ops=(*({**op, **when(random, case.frequency)} for op in ops), *case.ops),
        future_slippage=random.choice(SLIPPAGES),
        future_commission=random.choice(COMMISSIONS),
    )


def _on(first: int, op: Op, random: Random) -> Op:
    """The operation on a contract, in contracts' sizes."""
    moved = dict(op)
    if op.get("asset") is not None:
        moved["asset"] = first + op["asset"]
    if op["do"] == "order" and op["how"] in ("order", "order_target") and op["size"]:
        moved["size"] = random.choice((-1, 1)) * random.choice((1, 2, 3, 5, 9, 40))
    return moved


def _chain(case: Case, random: Random, root: str) -> list[Stock]:
    daily = case.frequency == "daily"
    days = session_days(case.calendar)
    origin = days.index(case.sessions[0])
    tick, multiplier = random.choice(TICKS), random.choice(MULTIPLIERS)
    shape = Shape(case.frequency, case.calendar, case.sessions, case.first, case.last)
    price = random.uniform(15, 90)
    flips = random.random() < 0.4
    month = random.randrange(12)
    expiry = case.first + (random.randint(-4, 25) if daily else random.randint(-1, 2))
    if not daily and case.calendar == "24/7":
        expiry = len(case.sessions) + random.randint(1, 3)  # nothing ends at midnight, see the README
    found: list[Stock] = []
    rolled = beyond = 0
    latest = expiry - 5
    closed: list[int] = []  # of the chain; a contract has begun before the last but one closes, for offsets of 1
    while beyond < BEYOND:
        closes = max(latest + 1, expiry - random.randint(0, 3 if daily else 1))
        latest = closes  # no two on one day: Zipline orders a chain by sid, RustyBT by the day of closing
        starts = max(0, expiry - random.randint(35, 90) if daily else expiry - 9)
        counts = MONTHS[month % 12] in CHAINS.get(root, MONTHS)
        if not found or expiry > len(case.sessions) or (counts and len(closed) < 2):
            starts = 0
        elif counts:
            starts = max(0, min(starts, closed[-2] - 1))
        rolls = closes - (random.randint(0, 6) if daily else random.randint(0, 1))
        last = min(expiry, len(case.sessions) - 1)
        bars = _bars(random, shape, (starts, last), price * (1 + 0.01 * len(found)), (rolled, rolls), flips)
        dates = [_day(days, origin + at) for at in (closes, max(closes - 1, 0), expiry)]
        found.append(
            Stock(
                symbol=f"{root}{MONTHS[month % 12]}{16 + month // 12}",
                bars=bars,
                auto_close=dates[0],
                contract=Contract(root, multiplier, tick, notice=dates[1], expires=dates[2]),
            )
        )
        rolled = rolls
        if counts:
            closed.append(closes)
        beyond += expiry > len(case.sessions) + 3 and counts
        month += random.randint(1, 3) if root in CHAINS else 1
        expiry += random.randint(9, 28) if daily else random.randint(1, 3)
    return found


def _day(days: Sequence[str], at: int) -> str:
    """The date of a session; beyond the calendar's last one, of so many days after it."""
    if at < len(days):
        return days[at]
    return (dt.date.fromisoformat(days[-1]) + dt.timedelta(days=at - len(days) + 1)).isoformat()


def _bars(
    random: Random, shape: Shape, span: tuple[int, int], price: float, busy: tuple[int, int], flips: bool
) -> tuple[Any, ...]:
    """Bars of the sessions of `span`; the volume is large from the roll into the contract to the roll out of it."""
    gap = random.choice((0.0, 0.04)) if shape.daily else random.choice((0.0, 0.2))
    if not shape.daily and shape.calendar in LONG_DAYS:
        gap = random.choice((0.8, 0.93))
    wander = 0.015 if shape.daily else 0.0015
    largest = 4_000 if shape.daily else 700
    position = sum(shape.bars_of(session) for session in range(span[0]))
    bars = []
    for session in range(span[0], span[1] + 1):
        share = 1.0 if busy[0] <= session < busy[1] else 0.12
        if flips and random.random() < 0.3:
            share = random.choice((0.05, 1.5))
        for minute in range(shape.bars_of(session)):
            price = min(180.0, max(6.0, price * (1 + random.gauss(0, wander))))
            if (minute == 0 and session in span) or random.random() >= gap:
                volume = random.randint(largest // 2, largest)
                bars.append((position, *ohlc(random, price), max(1, int(volume * share))))
            position += 1
    return tuple(bars)


def continuous(case: Case, random: Random) -> Case:
    """Continuous futures, looks at them and orders for the contract of the moment; contracts where there are none."""
    if all(stock.contract is None for stock in case.stocks):
        case = futures(case, random)
    roots = sorted({stock.contract.root for stock in case.stocks if stock.contract is not None})
    if not roots:
        return case
    count = random.randint(1, 3)
    specs = tuple(
        Continuous(
            random.choice(roots),
            random.choice((0, 0, 0, 1)),
            "calendar",  # of a volume roll Zipline looks up to 90 sessions ahead, see the README
            random.choice(("mul", "add", None)),
        )
        for _ in range(count)
    )
    ops: list[Op] = []
    for _ in range(random.randint(3, 6)):
        which = random.randrange(count)
        kind = random.choice(("continuous", "continuous_history", "continuous_history", "order"))
        if kind == "continuous":
            fields = random.sample(("price", "close", "open", "high", "low", "volume"), 3)
            ops.append({"do": kind, "which": which, "fields": fields, "chain": random.random() < 0.7})
        elif kind == "order":
            order = {**draw_order(random, 1), "continuous": which, "how": "order", "ragged": False, "limit": None}
            del order["asset"]
            ops.append({**order, "size": random.choice((-2, -1, 1, 2, 3))})
        else:
            ops.append(
                {
                    "do": kind,
                    "which": which,
                    "field": random.choice(("price", "close", "open", "high", "low", "volume", "sid")),
                    "window": random.randint(2, 12 if case.frequency == "daily" else 60),
                    "frequency": "1d" if case.frequency == "daily" else "1m",
                }
            )
    timed = ({**op, **when(random, case.frequency)} for op in ops)
    stocks = tuple(stock if stock.contract is None else _traded_daily(case, stock) for stock in case.stocks)
    return case.with_(stocks=stocks, continuous=specs, ops=(*case.ops, *timed))


def _traded_daily(case: Case, stock: Stock) -> Stock:
    """With a bar in the first minute of each session: over a roll Zipline carries the price of another contract."""
    bars = {bar[0]: bar for bar in stock.bars}
    sessions = range(case.session_of(stock.bars[0][0]), case.session_of(stock.bars[-1][0]) + 1)
    price = stock.bars[0][4]
    shape = Shape(case.frequency, case.calendar, case.sessions, case.first, case.last)
    at = sum(shape.bars_of(session) for session in range(sessions[0]))
    for session in sessions:
        bars.setdefault(at, (at, price, price, price, price, 400))
        for position in range(at, at + shape.bars_of(session)):
            price = bars[position][4] if position in bars else price
        at += shape.bars_of(session)
    return replace(stock, bars=tuple(bars[position] for position in sorted(bars)))
