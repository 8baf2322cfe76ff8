"""Buys Apple once and keeps it, through a two-for-one split and two dividends.

python examples/buy_and_hold.py
rustybt run -f examples/buy_and_hold.py -s 2004-01-02 -e 2012-12-31 --capital-base 100000
"""

from rustybt.api import order_target_percent, symbol


def initialize(context):
    context.stock = symbol("AAPL")
    context.bought = False


def handle_data(context, data):
    if not context.bought:
        order_target_percent(context.stock, "0.99")
        context.bought = True


def analyze(context, result):
    # the ledger says where each cent and each share came from
    print(result.entries.select("stamp", "kind", "quantity", "amount", "detail"))


if __name__ == "__main__":
    from rustybt import run_algorithm

    print(run_algorithm("2004-01-02", "2012-12-31", initialize, 100_000, handle_data, analyze=analyze))
