"""Buys ten shares of one stock on each day, whatever happens."""

from zipline.api import order, record, symbol
from zipline.finance import commission, slippage


def initialize(context):
    context.stock = symbol("BRAVO")
    context.set_commission(us_equities=commission.PerShare(cost=0.0075, min_trade_cost=1.0))
    context.set_slippage(us_equities=slippage.VolumeShareSlippage())


def handle_data(context, data):
    order(context.stock, 10)
    record(BRAVO=data.current(context.stock, "price"), volume=data.current(context.stock, "volume"))


def analyze(context, perf):
    context.best = perf["portfolio_value"].idxmax()
    perf["best"] = perf.index == context.best
    perf["name"] = context.stock.symbol


def _test_args():
    """Not for this runner."""
    raise RuntimeError("nobody should call this")
