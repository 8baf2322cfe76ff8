"""What features beside futures add to a drawn case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.parity._case import Case, Op, Stock, StockDividend, clock_of
from tests.parity._draw_base import LONG_DAYS, draw_order, when

IN_THE_BREAK = 200
"""A rule's minutes after the open, and before the close, that lie in the break of XTKS."""


def auto_closes(case: Case, random: Random) -> Case:
    """Some of the assets that end are closed out: on their last session, or days after it."""
    stocks = []
    for stock in case.stocks:
        final = case.session_of(stock.bars[-1][0])
        close = None
        if final < len(case.sessions) - 1 and random.random() < 0.8:
            day = dt.date.fromisoformat(case.sessions[final]) + dt.timedelta(days=random.choice((0, 1, 1, 3, 5)))
            close = day.isoformat()
        stocks.append(replace(stock, auto_close=close))
    return case.with_(stocks=tuple(stocks))


def _added(case: Case, random: Random, ops: list[Op]) -> Case:
    return case.with_(ops=(*({**op, **when(random, case.frequency)} for op in ops), *case.ops))


def stops(case: Case, random: Random) -> Case:
    """Stop and stop-limit orders, style objects, and looks at the stops of open orders."""
    ops: list[Op] = []
    for _ in range(random.randint(2, 5)):
        order = draw_order(random, len(case.stocks))
        order["limit"] = random.choice((None, None, -150, -20, -3, 4, 25, 160))
        order["stop"] = random.choice((None, -200, -40, -5, 0, 3, 30, 120))
        order["style"] = random.random() < 0.5
        ops.append(order)
    shown = [{**op, "stops": True} if op["do"] == "open_orders" else op for op in case.ops]
    return _added(case.with_(ops=tuple(shown)), random, ops)


def batch(case: Case, random: Random) -> Case:
    """`batch_market_order`, with a zero in it sometimes."""
    ops: list[Op] = []
    for _ in range(random.randint(1, 2)):
        numbers = random.sample(range(len(case.stocks)), random.randint(1, len(case.stocks)))
        ops.append({"do": "batch", "amounts": [[n, random.choice((-20, -3, 0, 1, 7, 60))] for n in numbers]})
    return _added(case, random, ops)


def cancel_policy(case: Case, random: Random) -> Case:
    """At the end of the session, never, or as a policy of the strategy's own says."""
    return case.with_(cancel=random.choice(("eod", "eod", "never", "custom")))


def controls(case: Case, random: Random) -> Case:
    """One to three trading controls."""
    found: list[Op] = []
    for _ in range(random.randint(1, 3)):
        kind = random.choice(("set_max_position_size", "set_max_order_size", "set_max_order_count", "set_long_only"))
        control: Op = {"set": kind, "on_error": random.choice(("fail", "fail", "log"))}
        if kind.endswith("_size"):
            control["asset"] = random.choice((None, random.randrange(len(case.stocks))))
            both = random.choice(("shares", "notional", "both"))
            if both != "notional":
                control["max_shares"] = random.choice((5, 30, 120, 350))
            if both != "shares":
                control["max_notional"] = random.choice(("403.017", "2104.513", "9017.0013"))
        elif kind == "set_max_order_count":
            control["max_count"] = random.choice((0, 1, 2, 5))
        found.append(control)
    return case.with_(controls=(*case.controls, *found))


def restrictions(case: Case, random: Random) -> Case:
    """Assets that must not be ordered, always or from a day on."""
    count = len(case.stocks)
    control: Op = {"on_error": random.choice(("fail", "log")), "set": random.choice(_RESTRICTIONS)}
    if control["set"] == "historical":
        control["changes"] = [
            [random.randrange(count), random.choice(case.sessions[case.first :]), random.choice(("FROZEN", "ALLOWED"))]
            for _ in range(random.randint(1, 5))
        ]
    else:
        control["assets"] = sorted(random.sample(range(count), random.randint(1, max(1, count - 1))))
    return case.with_(controls=(*case.controls, control))


_RESTRICTIONS = ("set_do_not_order_list", "static", "historical", "historical")


def account_controls(case: Case, random: Random) -> Case:
    """Bounds of the leverage; the run may end there."""
    found: list[Op] = [{"set": "set_max_leverage", "leverage": random.choice(("0.0517", "0.3017", "1.7013"))}]
    if random.random() < 0.5:
        days = random.choice((0, 3, 20))
        found = [{"set": "set_min_leverage", "leverage": random.choice(("0.00131", "0.0217")), "days": days}]
    return case.with_(controls=(*case.controls, *found))


def stock_dividends(case: Case, random: Random) -> Case:
    """Shares as a dividend, of the stock itself or of another one."""
    number = random.randrange(len(case.stocks))
    stocks = list(case.stocks)
    stock = stocks[number]
    equities = [s.symbol for s in stocks if s.contract is None]
    if stock.contract is not None:
        return case
    starts, ends = case.session_of(stock.bars[0][0]), case.session_of(stock.bars[-1][0])
    low, high = max(case.first, starts) + 1, min(case.last, ends)
    if low > high:
        return case
    taken = {d.ex for d in stock.dividends}
    exes = sorted({random.randint(low, high) for _ in range(random.randint(1, 2))} - taken)
    found = []
    for ex in exes:
        pay = case.sessions[min(ex + random.choice((0, 1, 3)), case.last)]
        if random.random() < 0.2:
            day = dt.date.fromisoformat(case.sessions[ex])
            pay = (day + dt.timedelta(days=5 - day.weekday() if day.weekday() < 5 else 0)).isoformat()
        of = stock.symbol if random.random() < 0.6 else random.choice(equities)
        found.append(StockDividend(ex, pay, random.choice(("0.05", "0.1", "0.25", "0.29", "0.5")), of))
    stocks[number] = replace(stock, stock_dividends=tuple(found))
    return case.with_(stocks=tuple(stocks))


def capital_changes(case: Case, random: Random) -> Case:
    """Money in and out, as an amount or up to an amount; overnight, and in minute runs between two bars."""
    minutes = case.frequency == "minute"
    long_days = minutes and case.calendar in LONG_DAYS  # midnight UTC lies in their sessions: see the README
    own = _minutes_for_changes(case) if minutes else []
    found: dict[str, tuple[str, str, int]] = {}
    for _ in range(random.randint(1, 3)):
        moment = case.sessions[random.randint(case.first, case.first if long_days else case.last)]
        if minutes and random.random() < 0.6:
            stamp = random.choice(own)
            moment = dt.datetime.fromtimestamp(stamp // 10**9, dt.UTC).isoformat()
        kind = random.choice(("delta", "delta", "target"))
        amount = random.randrange(*((50_000, 400_000, 137) if kind == "target" else (-20_000, 60_000, 71)))
        found[moment] = moment, kind, amount
    return case.with_(capital_changes=tuple(found[moment] for moment in sorted(found)))


def _minutes_for_changes(case: Case) -> list[int]:
    """The run's minutes at which Zipline's clock stops, without those that lie next to its midnight."""
    days = [clock_of(case.calendar, day) for day in case.sessions[case.first : case.last + 1]]
    if case.calendar == "us_futures":
        days = [day[1:] for day in days]
    if case.calendar == "24/7":
        days = [day[:-1] for day in days]
    return [stamp for day in days for stamp in day]


def benchmark(case: Case, random: Random) -> Case:
    """An equity that is there all the time, or a series."""
    able = [
        number
        for number, stock in enumerate(case.stocks)
        if stock.contract is None
        and not stock.stock_dividends
        and case.session_of(stock.bars[0][0]) <= case.first
        and case.session_of(stock.bars[-1][0]) >= case.last
    ]
    if able and random.random() < 0.6:
        return case.with_(benchmark=random.choice(able))
    flat = random.random() < 0.1
    returns = (0.0 if flat else round(random.gauss(0.0005, 0.01), 6) for _ in range(case.first, case.last + 1))
    return case.with_(benchmark=tuple(f"{value:.6f}" for value in returns))


def custom_models(case: Case, random: Random) -> Case:
    """Models that the strategy's author wrote."""
    if random.random() < 0.7:
        case = case.with_(slippage=(random.choice(("custom", "custom_impact")), {}))
    if random.random() < 0.6:
        case = case.with_(commission=("custom", {}))
    if any(stock.contract is not None for stock in case.stocks):
        case = case.with_(future_slippage=(random.choice(("custom", "custom_impact")), {}))
        case = case.with_(future_commission=("custom", {}))
    return case


def minute_1d(case: Case, random: Random) -> Case:
    """Windows of days in a run of minutes: the last row is today so far."""
    if case.frequency == "daily":
        return case
    ops: list[Op] = [
        {
            "do": "history",
            "asset": random.choice((None, *range(len(case.stocks)))),
            "field": random.choice(("price", "price", "open", "high", "low", "close", "volume", "*")),
            "window": random.randint(1, 4),
            "frequency": "1d",
        }
        for _ in range(random.randint(1, 3))
    ]
    if case.before_open and random.random() < 0.5:
        night = {"do": "history", "asset": 0, "field": "price", "window": 2, "frequency": "1d"}
        case = case.with_(before_open=(*case.before_open, night))
    return _added(case, random, ops)


def context(case: Case, random: Random) -> Case:
    """The rest of what a strategy can ask for."""
    return _added(case, random, [{"do": "context"}])


FEATURES: dict[str, Callable[[Case, Random], Case]] = {
    "stock_dividends": stock_dividends,
    "stops": stops,
    "batch": batch,
    "cancel_policy": cancel_policy,
    "controls": controls,
    "restrictions": restrictions,
    "account_controls": account_controls,
    "capital_changes": capital_changes,
    "benchmark": benchmark,
    "custom_models": custom_models,
    "minute_1d": minute_1d,
    "context": context,
}


def without_known_faults(case: Case) -> Case:
    """The case without what Zipline cannot do; the README names each and says why."""
    case = case.with_(stocks=tuple(_without_shares_of_the_ended(case, stock) for stock in case.stocks))
    if case.frequency == "daily":
        return case
    if case.calendar == "XTKS":  # windows hold the minutes of the break, rules may fire in it
        case = _with_ops(case, lambda op: op["do"] not in ("history", "continuous_history"))
        case = case.with_(schedules=tuple(s for s in case.schedules if s.time[1] != IN_THE_BREAK))
    if case.calendar == "24/7":  # Zipline takes midnight, the last minute of a session, for the next one
        stocks = tuple(replace(s, splits=(), dividends=(), stock_dividends=()) for s in case.stocks)
        case = case.with_(stocks=stocks, benchmark=None if isinstance(case.benchmark, int) else case.benchmark)
        case = _with_ops(case, lambda op: op.get("frequency") != "1d" or op["field"] not in ("price", "*"))
    return case


def _with_ops(case: Case, kept: Callable[[Op], bool]) -> Case:
    """The case with those of its operations that are kept."""
    schedules = tuple(replace(s, ops=tuple(filter(kept, s.ops))) for s in case.schedules)
    return case.with_(ops=tuple(filter(kept, case.ops)), schedules=schedules)


def _without_shares_of_the_ended(case: Case, stock: Stock) -> Stock:
    """No dividend in shares that have no price any more: where none are held, Zipline takes them for worth nothing."""
    ends = {of.symbol: case.sessions[case.session_of(of.bars[-1][0])] for of in case.stocks}
    kept = tuple(paid for paid in stock.stock_dividends if paid.pay <= ends[paid.of])
    return replace(stock, stock_dividends=kept)
