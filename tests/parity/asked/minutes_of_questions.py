"""The same kind of questions in a run of minutes: windows, rules and moments."""

import datetime as dt

from zipline.api import (
    EODCancel,
    date_rules,
    get_environment,
    get_open_orders,
    order,
    record,
    schedule_function,
    set_cancel_policy,
    set_max_order_count,
    symbols,
    time_rules,
)

from tests.parity._told import tell


def fired(name):
    def note(context, data):
        context.fired.append((name, str(data.current_dt)))

    return note


def initialize(context):
    context.a, context.b, context.c = symbols("ALFA", "BRAVO", "ECHO")
    context.bar = 0
    context.fired = []
    set_cancel_policy(EODCancel())
    set_max_order_count(30)
    rules = [time_rules.market_open(), time_rules.market_open(minutes=30), time_rules.market_open(hours=3, minutes=31)]
    rules += [
        time_rules.market_close(),
        time_rules.market_close(hours=1),
        time_rules.market_open(dt.timedelta(hours=4)),
    ]
    rules += [time_rules.market_close(hours=3, minutes=29), time_rules.market_close(hours=6, minutes=29)]
    rules += [time_rules.market_open(hours=6, minutes=29), time_rules.market_open(hours=6, minutes=30)]
    for number, rule in enumerate(rules):
        schedule_function(fired(f"rule {number}"), date_rules.every_day(), rule)
        schedule_function(fired(f"rule {number}, no half days"), date_rules.every_day(), rule, half_days=False)
    schedule_function(fired("open alone"), time_rule=time_rules.market_open(minutes=5))
    schedule_function(fired("date alone"), date_rules.week_end())
    schedule_function(fired("a rule of time first"), time_rules.market_open(minutes=7))
    tell("environment", lambda: [get_environment("start"), get_environment("end"), get_environment("data_frequency")])


def shape(answer):
    if hasattr(answer, "columns"):
        return [list(answer.shape), answer]
    return [len(answer), getattr(answer.name, "symbol", answer.name), answer] if hasattr(answer, "index") else answer


def before_trading_start(context, data):
    tell("before", lambda: [data.current_dt, data.current_session])
    for field in ("price", "close", "volume"):
        tell(f"{field} before", lambda field=field: data.current(context.a, field))
    tell("days before", lambda: shape(data.history([context.a, context.b], "close", 3, "1d")))
    tell("minutes before", lambda: shape(data.history(context.b, "price", 3, "1m")))


def handle_data(context, data):
    context.bar += 1
    bar = context.bar
    a, b, c = context.a, context.b, context.c
    if bar % 97 == 0:
        record(at=bar, text=str(data.current_dt))
        for field in ("price", "open", "volume", "last_traded"):
            tell(f"{field} now", lambda field=field: data.current([a, b, c], field))
        for field in ("price", "open", "high", "low", "close", "volume"):
            for count, frequency in ((1, "1d"), (4, "1d"), (1, "1m"), (5, "1m"), (400, "1m")):
                if count != 400 or field == "volume":
                    asked = (field, count, frequency)
                    tell(f"history {asked}", lambda asked=asked: shape(data.history([a, c], *asked)))
        tell("several", lambda: shape(data.history([a, b], ["open", "close"], 2, "1m")))
        tell("several days", lambda: shape(data.history(a, ["open", "volume"], 2, "1d")))
        tell(
            "session",
            lambda: [data.current_session, len(data.current_session_minutes), data.current_session_minutes[0]],
        )
        tell("trade", lambda: [data.can_trade([a, b, c]), data.is_stale([a, b, c])])
    if bar % 61 == 0:
        tell("placed", lambda: bool(order(b, 3_000, limit_price=data.current(b, "price") * 0.999)))
    if bar % 100 == 0:
        tell(
            "open",
            lambda: {one: [[o.amount, o.filled, o.limit] for o in every] for one, every in get_open_orders().items()},
        )


def analyze(context, perf):
    tell("fired", lambda: context.fired)
    for name in ("at", "text", "pnl", "returns", "ending_cash", "positions"):
        if name != "positions":
            tell(name, lambda name=name: perf[name])
