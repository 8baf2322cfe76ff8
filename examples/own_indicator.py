"""Holds the stocks that lie highest in an indicator of one's own, which the library tries for looking ahead.

python examples/own_indicator.py
rustybt run -f examples/own_indicator.py -s 2005-01-03 -e 2012-12-31 --capital-base 100000
"""

import numpy as np

from rustybt.api import date_rules, order_target_percents, schedule_function, symbols, term
from rustybt.indicators import indicator


@indicator(window="window")
def efficiency(closes, *, window):
    """Kaufman's ratio: the way from the first close of a window to its last one, of all the way that was gone."""
    found = np.full(len(closes), np.nan)
    steps = np.abs(np.diff(closes))
    gone = np.lib.stride_tricks.sliding_window_view(steps, window - 1).sum(axis=1)
    found[window - 1 :] = (closes[window - 1 :] - closes[: len(closes) - window + 1]) / gone
    return found


@indicator(window=21, fields=("close", "volume"), step=True)
def weighted(closes, volumes):
    """The last close over the volume-weighted mean of a month: called with each window of 21 bars."""
    return closes[-1] * volumes.sum() / (closes * volumes).sum()


def initialize(context, window=126, count=2):
    context.stocks = symbols("AAPL", "GOOG", "IBM", "MSFT")
    context.smooth = term(efficiency, context.stocks, window=window)
    context.above = term(weighted, context.stocks) > 1
    context.count = count
    schedule_function(rebalance, date_rules.month_start())


def rebalance(context, data):
    order = np.argsort(-context.smooth.now)[: context.count]
    kept = [context.stocks[k] for k in order if context.above.now[k]]
    order_target_percents({stock: 0.95 / context.count if stock in kept else 0 for stock in context.stocks})


if __name__ == "__main__":
    from rustybt import run_algorithm

    result = run_algorithm("2005-01-03", "2012-12-31", initialize, 100_000)
    print(result)
