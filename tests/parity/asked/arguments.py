"""What run_algorithm makes of arguments that nobody gives, and what reaches the callbacks."""

import pandas as pd
from zipline import run_algorithm
from zipline.api import get_environment, order, record, symbol
from zipline.errors import SymbolNotFound
from zipline.utils.calendar_utils import get_calendar
from zipline.utils.events import date_rules

from tests.parity._told import tell

GIVEN = {
    "start": pd.Timestamp("2016-05-02"),
    "end": pd.Timestamp("2016-05-13"),
    "capital_base": 10_000,
    "bundle": "daily",
    "default_extension": False,
}


def initialize(context):
    context.a = symbol("BRAVO")


def handle_data(context, data):
    if not context.portfolio.positions:
        order(context.a, 10)
    record(price=data.current(context.a, "price"))


def run(**changed):
    callbacks = {"initialize": initialize, "handle_data": handle_data}
    perf = run_algorithm(**{**GIVEN, **callbacks, **changed})
    return [len(perf), str(perf.index[0]), str(perf.index[-1]), perf.portfolio_value.iloc[-1], perf.beta.iloc[-1]]


day = pd.Timestamp
for name, changed in {
    "as it is": {},
    "a weekend at both ends": {"start": day("2016-04-30"), "end": day("2016-05-15")},
    "one session": {"end": day("2016-05-02")},
    "a time of day": {"start": day("2016-05-02 10:00"), "end": day("2016-05-13 12:00")},
    "a calendar": {"trading_calendar": get_calendar("XNYS")},
    "capital as a float": {"capital_base": 10_000.5},
    "an unknown bundle": {"bundle": "nope"},
    "no handle_data": {"handle_data": None},
    "returns of a benchmark": {
        "benchmark_returns": pd.Series(
            [0.01, -0.02, 0.03, 0.0, 0.01, -0.01, 0.02, 0.0, -0.01, 0.01],
            index=get_calendar("XNYS").sessions_in_range("2016-05-02", "2016-05-13"),
        )
    },
    "returns of some days": {
        "benchmark_returns": pd.Series([0.01, 0.02], index=pd.DatetimeIndex(["2016-05-04", "2016-05-09"]))
    },
}.items():
    tell(name, lambda changed=changed: run(**changed))


class Stop(Exception):
    pass


def raising(error):
    def stop(context, data=None):
        raise error

    return stop


def said(**changed):
    try:
        run(**changed)
    except Exception as error:  # noqa: BLE001  whatever comes through is told
        return [type(error).__name__, str(error)]
    return "nothing"


tell("an error of its own", lambda: said(handle_data=raising(Stop("now"))))
tell("in initialize", lambda: said(initialize=raising(KeyError("x"))))
tell("before the open", lambda: said(before_trading_start=raising(ValueError("before"))))
tell("in analyze", lambda: said(analyze=raising(Stop("after"))))
tell("an unknown symbol", lambda: run(initialize=lambda context: symbol("NOPE")))
tell("no callback at all", lambda: run(initialize=lambda context: None, handle_data=None))
tell("outside of a run", lambda: symbol("BRAVO"))
tell("outside of a run again", get_environment)
tell("a rule outside of a run", lambda: bool(date_rules.every_day()))
tell("kinds", lambda: issubclass(SymbolNotFound, Exception))


def asking(context, perf):
    tell("in analyze", lambda: symbol("BRAVO"))
    tell("the environment", lambda: get_environment("capital_base"))
    tell("held", lambda: context.portfolio.positions[context.a].amount)
    tell("worth", lambda: [context.portfolio.portfolio_value, context.portfolio.cash, context.account.leverage])
    tell("now", context.get_datetime)
    tell("recorded", lambda: context.recorded_vars)
    tell("index", lambda: [str(perf.index.tz), perf.index.name, str(perf.index.dtype)])


run(analyze=asking)
