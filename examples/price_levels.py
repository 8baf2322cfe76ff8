"""Buys IBM when it breaks out, and sells it when it has fallen too far from its highest close: no handle_data at all.

python examples/price_levels.py
rustybt run -f examples/price_levels.py -s 2009-01-02 -e 2010-12-31 --capital-base 100000
"""

from rustybt.api import on_event, on_price_threshold, order_target_percent, symbol


class Fallen:
    """A trigger: fires where the close is some per cent below the highest one since it was last told to look."""

    def __init__(self, asset, percent):
        self.asset = asset
        self.left = 100 - percent
        self.top = None

    def fires(self, moment, data):
        price = data.current(self.asset, "price")
        if self.top is None or price > self.top:
            self.top = price
        return price * 100 < self.top * self.left

    def look_from(self, price):
        self.top = price


def initialize(context):
    context.stock = symbol("IBM")
    context.trades = []
    context.exit = Fallen(context.stock, percent=7)
    for level in range(90, 150, 10):
        on_price_threshold(context.stock, level, buy, direction="up")
    on_event(context.exit, sell, priority=1)  # on a bar of both the sale is the last word


def buy(context, data):
    price = data.current(context.stock, "price")
    context.exit.look_from(price)
    context.trades.append(f"{data.current_session} buys at {price:.2f}")
    order_target_percent(context.stock, 0.95)


def sell(context, data):
    price = data.current(context.stock, "price")
    context.exit.look_from(price)
    if context.portfolio.positions[context.stock].amount:
        context.trades.append(f"{data.current_session} sells at {price:.2f}")
        order_target_percent(context.stock, 0)


def analyze(context, result):
    print(*context.trades, sep="\n")


if __name__ == "__main__":
    from rustybt import run_algorithm

    print(run_algorithm("2009-01-02", "2010-12-31", initialize, 100_000, analyze=analyze))
