"""A metrics set of a script's own in a run of minutes, with a blotter that is looked at on the way."""

import pandas as pd
from zipline import run_algorithm
from zipline.api import EODCancel, get_open_orders, order, record, set_cancel_policy, symbols
from zipline.finance.metrics import load, register, unregister

from tests.parity._perf import plain_frame
from tests.parity._told import tell


class Fills:
    def start_of_simulation(self, ledger, emission_rate, trading_calendar, sessions, benchmark_source):
        tell("start", lambda: [emission_rate, len(sessions)])
        self.before = 0

    def end_of_bar(self, packet, ledger, dt, session_ix, data_portal):
        tell("never", lambda: dt)

    def end_of_session(self, packet, ledger, session, session_ix, data_portal):
        fills = ledger.transactions()
        packet["daily_perf"]["fills"] = len(fills)
        packet["daily_perf"]["units"] = sum(one["amount"] for one in fills)
        tell("orders", lambda: sorted([one["amount"], one["filled"], int(one["status"])] for one in ledger.orders()))
        tell("one moment", lambda: [one["amount"] for one in ledger.transactions(fills[0]["dt"])] if fills else [])
        tell("session", lambda: [session, session_ix, packet["progress"], packet["daily_perf"]["period_open"]])


def initialize(context):
    context.a, context.b = symbols("ALFA", "BRAVO")
    context.bar = 0
    set_cancel_policy(EODCancel(warn_on_cancel=False))


def handle_data(context, data):
    context.bar += 1
    bar = context.bar
    if bar % 53 == 1:
        order(context.a, 400 if bar % 2 else -700)
    if bar % 71 == 3:
        order(context.b, 900, limit_price=round(data.current(context.b, "price") * 0.998, 2))
    if bar % 200 == 5:
        found = get_open_orders()
        tell("open", lambda: {one: [[o.amount, o.filled, o.commission] for o in found[one]] for one in found})
        seen = context.blotter.open_orders
        tell(
            "in the blotter",
            lambda: {one: [[o.open_amount, o.triggered] for o in seen[one]] for one in seen if seen[one]},
        )
        record(bar=bar, held=context.portfolio.positions[context.a].amount)


register("fills", lambda: load("default") | {Fills()})
perf = run_algorithm(
    start=pd.Timestamp("2017-11-20"),
    end=pd.Timestamp("2017-11-24"),
    initialize=initialize,
    handle_data=handle_data,
    capital_base=98_765,
    data_frequency="minute",
    bundle="minute",
    metrics_set="fills",
    default_extension=False,
)
unregister("fills")
for column, values in sorted(plain_frame(perf)["columns"].items()):
    tell(column, lambda values=values: values)
