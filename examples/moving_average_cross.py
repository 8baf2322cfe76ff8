"""Holds IBM while its 20-day average stands above its 100-day average; parameters, record and a picture.

python examples/moving_average_cross.py
rustybt run -f examples/moving_average_cross.py -s 2001-01-02 -e 2012-12-31 --capital-base 100000
"""

import sys

from rustybt.api import commission, order_target_percent, record, set_commission, symbol, term
from rustybt.indicators import SMA


def initialize(context, fast=20, slow=100):
    set_commission(commission.PerShare(cost="0.005", min_trade_cost=1))
    context.stock = symbol("IBM")
    context.fast, context.slow = [term(SMA, context.stock, "price", window=days) for days in (fast, slow)]


def handle_data(context, data):
    fast, slow = context.fast.now, context.slow.now
    held = context.portfolio.positions[context.stock].amount > 0
    if fast > slow and not held:
        order_target_percent(context.stock, 1)
    elif fast < slow and held:
        order_target_percent(context.stock, 0)
    record(fast=fast, slow=slow)


if __name__ == "__main__":
    from rustybt import run_algorithm

    result = run_algorithm(
        "2001-01-02", "2012-12-31", initialize, 100_000, handle_data, params={"fast": 50, "slow": 200}
    )
    print(result)
    print(result.recorded.tail(3))
    if len(sys.argv) > 1:  # python examples/moving_average_cross.py cross.png
        result.plot(sys.argv[1])
