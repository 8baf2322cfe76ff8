"""A script keeps things of its own on context, under names that could be the engine's."""

from zipline.api import date_rules, get_datetime, order, record, schedule_function, set_commission, symbol
from zipline.finance.commission import EquityCommissionModel

from tests.parity._told import tell

NAMES = (
    "data",
    "run",
    "faces",
    "market",
    "desk",
    "times",
    "calendar",
    "frame",
    "result",
    "books",
    "environment",
    "rng",
)


class Fees(EquityCommissionModel):
    def calculate(self, order, transaction):
        return 1.5


def initialize(context):
    for name in NAMES:
        setattr(context, name, [name])
    context.asset = symbol("BRAVO")
    context.seen = 0
    set_commission(Fees())
    schedule_function(later, date_rules.week_start())
    tell("kept", lambda: [getattr(context, name) for name in NAMES])
    tell("not there", lambda: context.nothing_of_that_name)
    tell("has", lambda: [hasattr(context, name) for name in ("asset", "nothing")])


def later(context, data):
    context.seen += 1
    order(context.asset, 3)
    record(seen=context.seen, price=data.current(context.asset, "price"))


def handle_data(context, data):
    context.data.append(str(get_datetime().date()))
    del context.data[:-3]


def analyze(context, perf):
    tell("at the end", lambda: [getattr(context, name) for name in NAMES])
    tell("seen", lambda: perf.seen)
    tell("cash", lambda: perf.ending_cash)
