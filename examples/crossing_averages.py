"""Holds Apple from where its 20-day average crosses its 60-day one, in a rising market; woken there alone.

python examples/crossing_averages.py
rustybt run -f examples/crossing_averages.py -s 2003-01-02 -e 2012-12-31 --capital-base 100000
"""

import sys

from rustybt.api import on_cross, on_true, order_target_percent, symbol, term
from rustybt.indicators import EMA, RSI, SMA


def initialize(context, fast=20, slow=60):
    context.stock = symbol("AAPL")
    context.fast, context.slow = [term(SMA, context.stock, window=days) for days in (fast, slow)]
    context.trend = term(EMA, context.stock, window=40, frequency="1w")  # of the weeks that are over
    context.calls = 0
    on_cross(context.fast, context.slow, crossed)
    on_true(term(RSI, context.stock) > 85, too_hot)


def crossed(context, data, direction):
    context.calls += 1
    rising = context.fast.now > context.trend.now
    order_target_percent(context.stock, 0.95 if direction == "up" and rising else 0)


def too_hot(context, data):
    context.calls += 1
    order_target_percent(context.stock, 0)


def analyze(context, result):
    print(f"called {context.calls} times in {result.daily.height} sessions")


if __name__ == "__main__":
    from rustybt import run_algorithm

    result = run_algorithm("2003-01-02", "2012-12-31", initialize, 100_000, analyze=analyze)
    print(result)
    if len(sys.argv) > 1:  # python examples/crossing_averages.py cross.png: prices, averages and RSI, with the trades
        result.plot(sys.argv[1], kind="trades")
