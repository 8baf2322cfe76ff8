"""Controls with every on_error, and rules for schedules that nobody writes."""

import datetime as dt

import pandas as pd
from zipline.api import (
    calendars,
    date_rules,
    order,
    schedule_function,
    set_asset_restrictions,
    set_benchmark,
    set_do_not_order_list,
    set_long_only,
    set_max_leverage,
    set_max_order_count,
    set_max_order_size,
    set_max_position_size,
    set_min_leverage,
    symbols,
    time_rules,
)
from zipline.finance.asset_restrictions import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    NoRestrictions,
    Restriction,
    StaticRestrictions,
)

from tests.parity._told import tell


def fired(name):
    def note(context, data):
        context.fired.append((name, str(data.current_session.date())))

    return note


def initialize(context):
    context.a, context.b, context.c, context.d = symbols("ALFA", "BRAVO", "CHARLIE", "DELTA")
    context.bar = 0
    context.fired = []
    for odd in (-1, 0, None, 1.5):
        tell(f"max_shares={odd!r}", lambda odd=odd: set_max_order_size(context.d, max_shares=odd, on_error="log"))
        tell(
            f"max_notional={odd!r}", lambda odd=odd: set_max_position_size(context.d, max_notional=odd, on_error="log")
        )
    for odd in (-1, None):
        tell(f"set_max_leverage({odd!r})", lambda odd=odd: set_max_leverage(odd))
    tell("min leverage below zero", lambda: set_min_leverage(-1, dt.timedelta(days=1)))
    set_max_leverage(5)
    set_max_order_size(context.a, max_shares=10, on_error="fail")
    set_max_order_size(context.b, max_shares=10, on_error="log")
    set_max_position_size(context.c, max_shares=20, on_error="fail")
    set_asset_restrictions(
        HistoricalRestrictions(
            [
                Restriction(context.d, pd.Timestamp("2016-05-10", tz="UTC"), RESTRICTION_STATES.FROZEN),
                Restriction(context.d, pd.Timestamp("2016-05-20", tz="UTC"), RESTRICTION_STATES.ALLOWED),
            ]
        )
    )
    tell("restrictions on text", lambda: set_asset_restrictions(StaticRestrictions([])))
    tell("none", lambda: set_asset_restrictions(NoRestrictions()))
    tell("a list not to order", lambda: set_do_not_order_list([]))
    rules = {
        "every day": (date_rules.every_day(), None),
        "third of the week": (date_rules.week_start(2), time_rules.market_open()),
        "fourth from the end": (date_rules.week_end(days_offset=3), time_rules.market_close(minutes=30)),
        "month": (date_rules.month_start(), time_rules.market_open(hours=1, minutes=5)),
        "month's end": (date_rules.month_end(2), time_rules.every_minute()),
    }
    for name, (date, time) in rules.items():
        tell(f"rule {name}", lambda name=name, date=date, time=time: schedule_function(fired(name), date, time))
    schedule_function(fired("no half days"), date_rules.every_day(), time_rules.market_close(), half_days=False)
    schedule_function(
        fired("keywords"), date_rule=date_rules.week_start(), time_rule=time_rules.market_open(minutes=30)
    )
    schedule_function(fired("calendar"), date_rules.week_start(), calendar=calendars.US_EQUITIES)
    schedule_function(
        fired("futures"), date_rules.month_start(), time_rules.market_open(), calendar=calendars.US_FUTURES
    )
    tell("23rd", lambda: date_rules.month_start(23))
    tell("22nd", lambda: bool(date_rules.month_start(22)))
    tell("fifth of a week", lambda: date_rules.week_start(5))
    tell("before the first", lambda: date_rules.month_end(-1))
    for hours, minutes in ((0, 0), (12, 0), (12, 1), (0, 721), (-1, 0), (None, None), (0, None), (1, 5), (0, 0.5)):
        for name in ("market_open", "market_close"):
            rule = getattr(time_rules, name)
            tell(f"{name}({hours}, {minutes})", lambda r=rule, h=hours, m=minutes: bool(r(hours=h, minutes=m)))
    tell("an offset", lambda: bool(time_rules.market_open(dt.timedelta(minutes=7))))
    tell("an offset of seconds", lambda: bool(time_rules.market_open(dt.timedelta(seconds=30))))
    tell("both", lambda: time_rules.market_open(dt.timedelta(minutes=7), minutes=5))


def handle_data(context, data):
    context.bar += 1
    bar = context.bar
    if bar == 1:
        for name, late in (
            ("set_max_leverage", lambda: set_max_leverage(1)),
            ("set_min_leverage", lambda: set_min_leverage(1, dt.timedelta(days=1))),
            ("set_long_only", set_long_only),
            ("set_max_order_count", lambda: set_max_order_count(5)),
            ("set_asset_restrictions", lambda: set_asset_restrictions(NoRestrictions())),
            ("set_do_not_order_list", lambda: set_do_not_order_list([])),
            ("set_benchmark", lambda: set_benchmark(context.a)),
            ("schedule_function", lambda: schedule_function(fired("late"), date_rules.week_end())),
        ):
            tell(f"{name} late", late)
    if bar < 20:
        tell("restricted", lambda: bool(order(context.d, 1)))
        tell("can trade", lambda: [bool(data.can_trade(one)) for one in (context.a, context.d)])
    if bar in (3, 4):
        tell("more than an order may be", lambda: order(context.a, 11))
        tell("as much", lambda: bool(order(context.a, 10)))
        tell("logged", lambda: bool(order(context.b, 11)))
        tell("less than nothing", lambda: order(context.a, -11))
        tell("a position", lambda: order(context.c, 21))
        tell("in two steps", lambda: [bool(order(context.c, 15)), bool(order(context.c, 15))])
    if bar == 6:
        tell("held too much", lambda: order(context.c, 1))
        tell("less of it", lambda: bool(order(context.c, -11)))


def analyze(context, perf):
    tell("fired", lambda: context.fired)
    tell("positions", lambda: [[one["sid"], one["amount"]] for one in perf.positions.iloc[-1]])
