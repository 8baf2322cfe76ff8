"""What metrics of a script's own are called with, and what they make of it."""

import numpy as np
import pandas as pd
from zipline import run_algorithm
from zipline.api import order, order_target_percent, record, set_benchmark, symbol
from zipline.finance.metrics import default_metrics, load, metrics_sets, register, unregister
from zipline.finance.metrics.core import load as load_from_core
from zipline.finance.metrics.metric import (
    PNL,
    AlphaBeta,
    CashFlow,
    DailyLedgerField,
    MaxLeverage,
    Positions,
    Returns,
    ReturnsStatistic,
    SimpleLedgerField,
    StartOfPeriodLedgerField,
)

from tests.parity._perf import plain_frame
from tests.parity._told import plain, tell

KEYS = ("capital_base", "cumulative_perf", "cumulative_risk_metrics", "daily_perf", "period_end", "period_start")


class Watching:
    def __init__(self, alone=False):
        self.alone = alone

    def start_of_simulation(self, ledger, emission_rate, trading_calendar, sessions, benchmark_source):
        tell("start", lambda: [emission_rate, trading_calendar.name, sessions[0], sessions[-1], len(sessions)])
        tell("benchmark", lambda: benchmark_source.daily_returns(sessions[0], sessions[3]))
        tell("cash at the start", lambda: ledger.portfolio.cash)

    def start_of_session(self, ledger, session, data_portal):
        if session.day < 4:
            tell("session", lambda: [session, ledger.portfolio.cash, ledger.portfolio.pnl, ledger.todays_returns])

    def end_of_session(self, packet, ledger, session, session_ix, data_portal):
        if session_ix not in (0, 1, 2, 30, 75):
            return
        if self.alone:
            # else what stands there depends on who wrote before, and a set has no order
            tell("packet", lambda: {key: packet[key] for key in KEYS})
        tell("progress", lambda: [packet["progress"], session])
        tell("orders", lambda: [plain_order(one) for one in sorted(ledger.orders(), key=place)])
        tell("transactions", lambda: [sorted(one) for one in ledger.transactions()])
        tell("fills", lambda: [[one["sid"], one["amount"], one["price"], one["dt"]] for one in ledger.transactions()])
        tell("positions", lambda: sorted(map(plain, ledger.positions), key=lambda one: one["sid"]))
        tell("stats", lambda: ledger.position_tracker.stats.long_exposure)
        tell("held", lambda: len(ledger.position_tracker.positions))
        tell("returns", lambda: [ledger.todays_returns, ledger.daily_returns_array[: session_ix + 1].sum()])
        tell("series", lambda: ledger.daily_returns_series.iloc[: session_ix + 1])
        tell("account", lambda: [ledger.account.leverage, ledger.account.net_leverage])
        packet["daily_perf"]["mine"] = session_ix
        packet["cumulative_risk_metrics"]["yours"] = str(session.date())

    def end_of_simulation(self, packet, ledger, trading_calendar, sessions, data_portal, benchmark_source):
        packet["fee"] = 5.0
        tell("end", lambda: [len(sessions), ledger.portfolio.portfolio_value])


def place(one):
    return one["created"], int(one["sid"]), one["amount"]


def plain_order(one):
    return {key: plain(value) for key, value in one.items() if key != "id"}


def initialize(context):
    tell("sets", lambda: sorted(name for name in metrics_sets if name in ("default", "classic", "none")))
    tell("taken", lambda: register("default", set))
    context.a, context.b = symbol("ALFA"), symbol("BRAVO")
    context.bar = 0


def handle_data(context, data):
    context.bar += 1
    record(bar=context.bar, returns="recorded", late=context.bar if context.bar > 10 else None)
    order(context.a, 10)
    if context.bar % 20 == 1:
        order_target_percent(context.b, 0.3 if context.bar % 40 == 1 else -0.3)


def with_benchmark(context):
    initialize(context)
    set_benchmark(symbol("CHARLIE"))


def analyze(context, perf):
    tell("columns", lambda: sorted(perf.columns))
    tell("report", lambda: {name: value for name, value in context.risk_report.items() if name == "fee"})


def worst(returns):
    return np.min(returns)


@register("mine alone")
def mine_alone():
    return {Watching(alone=True)}


def a_few():
    return {
        Returns(),
        PNL(),
        CashFlow(),
        MaxLeverage(),
        Positions(),
        AlphaBeta(),
        SimpleLedgerField("portfolio.cash"),
        SimpleLedgerField("account.leverage", "geared"),
        StartOfPeriodLedgerField("portfolio.portfolio_value", "starting_worth"),
        DailyLedgerField("position_tracker.stats.net_exposure"),
        ReturnsStatistic(worst),
        ReturnsStatistic(np.median, "middle"),
    }


def with_mine():
    return load("default") | {Watching()}


def without_some():
    return {metric for metric in default_metrics() if not isinstance(metric, AlphaBeta | MaxLeverage)}


register("a few", a_few)
register("with mine", with_mine)
register("without some", without_some)


def run(wanted, initialize=initialize):
    name = wanted if isinstance(wanted, str) else "objects"
    perf = run_algorithm(
        start=pd.Timestamp("2016-05-02"),
        end=pd.Timestamp("2016-08-31"),
        initialize=initialize,
        handle_data=handle_data,
        analyze=analyze,
        capital_base=98_765,
        bundle="daily",
        metrics_set=wanted,
        default_extension=False,
    )
    if "orders" in perf.columns:
        for column, values in sorted(plain_frame(perf)["columns"].items()):
            tell(f"{name}: {column}", lambda values=values: values)
    else:
        for column in sorted(perf.columns):
            tell(f"{name}: {column}", lambda column=column: perf[column])
            tell(f"{name}: type of {column}", lambda column=column: str(perf[column].dtype))


for name in ("mine alone", "a few", "with mine", "without some"):
    run(name)
run("with mine", with_benchmark)
run("none")
run("classic")
tell("unknown", lambda: load("nope"))
tell("the same", lambda: load_from_core is load)
tell("how many", lambda: [len(load("none")), len(load("default")), len(load("classic"))])
for name in ("mine alone", "a few", "with mine", "without some"):
    unregister(name)
tell("unregistered twice", lambda: unregister("mine alone"))
try:
    run("nope")
except ValueError:
    tell("an unknown set", lambda: "a ValueError")
run([Returns()])
