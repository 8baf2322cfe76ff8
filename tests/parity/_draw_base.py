"""The first draw of a case: bars, splits and dividends of equities, models, orders and looks.

What it avoids, and why: two engines that are both right may differ where a float sits on a knife's edge. So closes
are taken from the cents that thousandths and hundredths multiply out to exactly (a close that equals a limit then
equals it in floats too), volume limits from the fractions whose products floor alike, dividends are no round
amounts, and an asset has a second split only where the first one was no halving. What is left of such edges is
noticed while Zipline runs, see `_edges.KnifeEdge`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.parity._case import Case, Dividend, Op, Schedule, Stock, minute_count, ratio, session_days

LEAD_DAILY = 12
LEAD_MINUTE = 3
TAIL = 3
LONG_DAYS = ("24/7", "us_futures")
"""Calendars of which a minute case takes few sessions and few minutes."""
SPLITS = ("1/2", "1/3", "2/3", "3/2", "1/10", "10")
DATE_RULES = ("every_day", "month_start", "month_end", "week_start", "week_end")
SLIPPAGES = ("default", "none", "fixed", "basis_points", "volume_share")
COMMISSIONS = ("default", "per_share", "per_trade", "per_dollar", "free")
ORDERS = (
    "order",
    "order",
    "order_value",
    "order_percent",
    "order_target",
    "order_target_value",
    "order_target_percent",
)
LOOKS = (
    *("current", "current", "current_many", "history", "history", "history"),
    *("portfolio", "account", "record", "open_orders", "get_order"),
)


def base(seed: int, frequency: str, calendar: str, ends: Callable[[int, int, int], int | None]) -> Case:
    """The case of a seed without what `_draw` adds.

    ends: from a stock's number, its first session that may be the last and the last one stored: where its bars end.
    """
    random = Random(f"{frequency}-{seed}")
    daily = frequency == "daily"
    lead = LEAD_DAILY if daily else LEAD_MINUTE
    length = random.randint(20, 120) if daily else random.randint(2, 4)
    if not daily and calendar in LONG_DAYS:
        length = 2
    sessions = _sessions(random, lead + length + TAIL, seed, calendar)
    last = lead + length - 1
    count = random.randint(1, 5) if daily else random.randint(1, 3)
    thin = random.random() < 0.6
    shape = Shape(frequency, calendar, sessions, lead, last)
    return Case(
        seed=seed,
        frequency=frequency,
        sessions=sessions,
        first=lead,
        last=last,
        capital=random.choice((100_000, 1_000_000, 250_000)),
        stocks=tuple(_stock(random, shape, i, thin, ends) for i in range(count)),
        slippage=_slippage(random),
        commission=_commission(random),
        ops=_ops(random, frequency, count),
        schedules=tuple(
            _schedule(random, frequency, count) for _ in range(random.randint(0, 3) if daily else random.randint(1, 4))
        ),
        before_open=() if daily or calendar != "XNYS" else _before_open(random, count),
        calendar=calendar,
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """The frame of a case that its bars are drawn into; lead and last: the run's first and last session."""

    frequency: str
    calendar: str
    sessions: tuple[str, ...]
    lead: int
    last: int

    @property
    def daily(self) -> bool:
        """Whether a bar is a session."""
        return self.frequency == "daily"

    def bars_of(self, session: int) -> int:
        """How many bars a session can have."""
        return 1 if self.daily else minute_count(self.sessions[session], self.calendar)


# data


def _sessions(random: Random, count: int, seed: int, calendar: str) -> tuple[str, ...]:
    """A stretch of the calendar; every fourth case is put around a half day."""
    days = session_days(calendar)
    at = random.randrange(0, len(days) - count)
    if seed % 4 == 0:
        year = random.randint(2015, 2023)
        near = random.choice((f"{year}-07-03", f"{year}-11-27", f"{year}-12-24"))
        middle = next(i for i, day in enumerate(days) if day >= near)
        at = max(0, min(middle - count + TAIL + random.randint(1, 2 if count < 12 else 10), len(days) - count))
    return tuple(days[at : at + count])


def _exact_close(cents: int) -> int:
    """The next price from here up that is the same float as thousandths, as hundredths and as text."""
    while not cents * 10 * 0.001 == cents / 100 == cents * 0.01:
        cents += 1
    return cents


def _stock(random: Random, shape: Shape, number: int, thin: bool, ends: Callable[[int, int, int], int | None]) -> Stock:
    daily, sessions, lead, last = shape.daily, shape.sessions, shape.lead, shape.last
    # The first stock is there from the start: Zipline's history knows no session before the bundle's first bar.
    listed = 0 if number == 0 or random.random() < 0.65 else random.randint(lead, max(lead, (lead + last) // 2))
    end = ends(number, max(listed, lead) + 1, len(sessions) - 1)
    final = len(sessions) - 1 if end is None else end
    last = min(last, final)
    splits = _splits(random, lead, last, listed)
    bars = []
    factor = 1.0
    due = dict(splits)
    price = random.uniform(8, 90)
    gap = random.choice((0.0, 0.03, 0.12)) if daily else random.choice((0.0, 0.05, 0.3))
    if not daily and shape.calendar in LONG_DAYS:
        gap = random.choice((0.8, 0.93))
    dead = random.choice((0.0, 0.0, 0.06))
    wander = 0.02 if daily else 0.002
    position = 0
    for index in range(final + 1):
        if index in due:
            factor *= float(ratio(due[index]))
        first_of_day = True
        for minute in range(shape.bars_of(index)):
            price = min(180.0, max(4.0, price * (1 + random.gauss(0, wander))))
            late = not daily and index == listed and minute < 5 and listed > 0
            # The first bar of a listing and the last of all are always there: they are the asset's start and end.
            kept = (index == listed and first_of_day and not late) or (index == final and minute == 0)
            if index >= listed and not late and (kept or random.random() >= gap):
                bars.append((position, *ohlc(random, price * factor), _volume(random, thin, daily, dead, kept)))
                first_of_day = False
            position += 1
    dividends = _dividends(random, sessions, (lead, last, listed), min(b[4] for b in bars), splits)
    return Stock("ABCDE"[number] * 3, tuple(bars), splits, dividends)


def ohlc(random: Random, price: float) -> tuple[int, int, int, int]:
    close = _exact_close(max(20, round(price * 100)))
    opened = max(10, close + random.randint(-9, 9))
    high = max(opened, close) + random.randint(0, 7)
    low = max(5, min(opened, close) - random.randint(0, 7))
    return opened, high, low, close


def _volume(random: Random, thin: bool, daily: bool, dead: float, kept: bool) -> int:
    if not kept and random.random() < dead:
        return 0
    return random.randint(1, 4_000 if daily else 900) if thin else random.randint(10_000, 400_000)


def _splits(random: Random, lead: int, last: int, listed: int) -> tuple[tuple[int, str], ...]:
    earliest = max(lead, listed) + 1
    if random.random() < 0.45 or earliest >= last:
        return ()
    first = (random.randint(earliest, last), random.choice(SPLITS))
    if random.random() < 0.2 and first[0] + 2 <= last and first[1] in ("1/3", "10"):
        return (first, (random.randint(first[0] + 1, last), random.choice(("1/3", "2/3"))))
    return (first,)


def _dividends(
    random: Random,
    sessions: tuple[str, ...],
    span: tuple[int, int, int],
    cheapest: int,
    splits: tuple[tuple[int, str], ...],
) -> tuple[Dividend, ...]:
    lead, last, listed = span
    earliest = max(lead, listed) + 1
    found: dict[int, Dividend] = {}
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        if earliest > last:
            break
        ex = random.randint(earliest, last)
        highest = max(3, min(900, cheapest * 10 // 20))
        thousandths = random.randrange(1, highest, 2)
        if any(ex <= at for at, _ in splits):  # half of an odd one would lie half-way between thousandths
            thousandths += 1 if (thousandths + 1) % 10 else 3
        amount = f"{thousandths / 1000:.3f}"
        found[ex] = Dividend(ex, amount, _pay(random, sessions, ex, last))
    return tuple(found[ex] for ex in sorted(found))


def _pay(random: Random, sessions: tuple[str, ...], ex: int, last: int) -> str | None:
    kind = random.random()
    if kind < 0.12:
        return None
    if kind < 0.27:
        day = dt.date.fromisoformat(sessions[ex])
        return (day + dt.timedelta(days=5 - day.weekday())).isoformat()
    if kind < 0.35:
        return sessions[ex]
    return sessions[min(ex + random.randint(1, 8), last)]


# models


def _slippage(random: Random) -> tuple[str, dict[str, str]]:
    name = random.choice(SLIPPAGES)
    if name == "fixed":
        return name, {"spread": random.choice(("0.02", "0.05", "0.1"))}
    if name == "basis_points":
        return name, {
            "basis_points": random.choice(("0", "2.5", "10", "37")),
            "volume_limit": random.choice(("0.05", "0.1", "0.25", "0.5", "1")),
        }
    if name == "volume_share":
        return name, {
            "volume_limit": random.choice(("0.025", "0.05", "0.1", "0.25")),
            "price_impact": random.choice(("0", "0.1", "0.5")),
        }
    return name, {}


def _commission(random: Random) -> tuple[str, dict[str, str]]:
    name = random.choice(COMMISSIONS)
    if name == "per_share":
        return name, {
            "cost": random.choice(("0.001", "0.0075", "0.03")),
            "min_trade_cost": random.choice(("0", "1", "0.35", "5")),
        }
    if name == "per_trade":
        return name, {"cost": random.choice(("1", "4.95", "0"))}
    if name == "per_dollar":
        return name, {"cost": random.choice(("0.0015", "0.0003"))}
    return name, {}


# script


def when(random: Random, frequency: str) -> dict[str, int]:
    every = random.choice((2, 3, 5, 7, 11, 19)) if frequency == "daily" else random.choice((7, 13, 31, 60, 97, 150))
    return {"every": every, "phase": random.randrange(every)}


def draw_order(random: Random, count: int) -> Op:
    how = random.choice(ORDERS)
    size: int | str
    if how in ("order", "order_target"):
        size = random.choice((-1, 1)) * random.choice((1, 3, 7, 10, 25, 50, 110, 333))
        if how == "order_target" and random.random() < 0.25:
            size = 0
    elif how in ("order_value", "order_target_value"):
        size = str(random.randrange(-6_000, 9_000, 250))
    else:
        size = str(random.randrange(-8, 15) / 100)
    return {
        "do": "order",
        "how": how,
        "asset": random.randrange(count),
        "size": size,
        "limit": random.choice((None, None, None, -150, -20, -3, 0, 4, 25, 160)),
        "ragged": "target" not in how and random.random() < 0.5,
        "careful": random.random() < 0.7,
    }


def draw_look(random: Random, frequency: str, count: int) -> Op:
    kind = random.choice(LOOKS)
    if kind == "current":
        return {"do": kind, "asset": random.randrange(count)}
    if kind == "current_many":
        return {"do": kind, "field": random.choice(("price", "close", "open", "high", "low", "volume"))}
    if kind == "history":
        return {
            "do": kind,
            "asset": random.choice((None, *range(count))),
            "field": random.choice(("price", "price", "open", "high", "low", "close", "volume", "*")),
            "window": random.randint(1, 10),
            "frequency": "1d" if frequency == "daily" else "1m",
        }
    if kind == "record":
        return {"do": kind, "name": random.choice(("cash_seen", "other"))}
    return {"do": kind}


def _ops(random: Random, frequency: str, count: int) -> tuple[Op, ...]:
    ops: list[Op] = [{**draw_order(random, count), **when(random, frequency)} for _ in range(random.randint(2, 7))]
    if random.random() < 0.6:
        cancel = {"do": "cancel", "asset": random.randrange(count), "by_object": random.random() < 0.5}
        ops.append({**cancel, **when(random, frequency)})
    looks = random.randint(4, 10)
    ops += [{**draw_look(random, frequency, count), **when(random, frequency)} for _ in range(looks)]
    random.shuffle(ops)
    books = {"every": 1, "phase": 0} if frequency == "daily" else {"every": 29, "phase": 3}
    return (*ops, {"do": "portfolio", **books}, {"do": "open_orders", **books})


def _schedule(random: Random, frequency: str, count: int) -> Schedule:
    rule = random.choice(DATE_RULES)
    offset = None if rule == "every_day" else random.choice((None, 0, 1, 2))
    time, minutes = random.choice(("market_open", "market_close", "every_minute")), None
    if time != "every_minute":
        minutes = random.choice((None, 1, 2, 30, 200))
    ops = [draw_order(random, count)] if random.random() < 0.6 else []
    if frequency == "minute" and time == "every_minute":
        ops = []
    ops += [draw_look(random, frequency, count)] if random.random() < 0.6 else []
    return Schedule((rule, offset), (time, minutes), random.random() < 0.8, tuple(ops))


def _before_open(random: Random, count: int) -> tuple[Op, ...]:
    looks: tuple[Op, ...] = (
        {"do": "portfolio"},
        {"do": "current", "asset": random.randrange(count), "before_open": True},
        {"do": "account"},
        {"do": "history", "asset": random.randrange(count), "field": "price", "window": 4, "frequency": "1m"},
    )
    return tuple(op for op in looks if random.random() < 0.7)
