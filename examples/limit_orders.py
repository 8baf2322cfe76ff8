"""Bids for Microsoft two per cent below the close, anew every day, and says why bids did not fill.

python examples/limit_orders.py
rustybt run -f examples/limit_orders.py -s 2008-01-02 -e 2009-12-31 --capital-base 100000
"""

from collections import Counter

from rustybt.api import cancel_order, get_open_orders, order_target, order_value, symbol


def initialize(context):
    context.stock = symbol("MSFT")
    context.why = Counter()


def handle_data(context, data):
    stock = context.stock
    for bid in get_open_orders(stock):
        context.why[bid.reason] += 1  # what the broker found on this bar
        cancel_order(bid)
    position = context.portfolio.positions[stock]
    price = data.current(stock, "price")  # a Decimal, so the arithmetic below is exact
    if position.amount == 0:
        order_value(stock, context.portfolio.cash, limit_price=price * 98 / 100)
    elif price > position.cost_basis:
        order_target(stock, 0)


def analyze(context, result):
    for reason, bids in context.why.most_common():
        print(f"{bids} bids: {reason}")
    fills = result.transactions.join(result.orders, left_on="order_id", right_on="id")
    print(fills.select("dt", "amount", "price", "limit").head(4))


if __name__ == "__main__":
    from rustybt import run_algorithm

    print(run_algorithm("2008-01-02", "2009-12-31", initialize, 100_000, handle_data, analyze=analyze))
