"""Buys 100 of Microsoft in each way there is on the third of January 2008, and says what became of each order.

python examples/order_kinds.py
rustybt run -f examples/order_kinds.py -s 2008-01-02 -e 2008-02-29 --capital-base 1000000 --trigger range
"""

from rustybt.api import execution, order, symbol


def initialize(context):
    context.stock, context.placed = symbol("MSFT"), {}


def handle_data(context, data):
    if context.placed:
        return
    price = data.current(context.stock, "price")
    below, above = price * 95 / 100, price * 101 / 100  # exact, and on the tick once they are placed
    styles = [
        execution.MarketOrder(),
        execution.LimitOrder(below),
        execution.StopOrder(above),
        execution.StopLimitOrder(above + 1, above),
        execution.TrailingStopOrder(percent=5),
        execution.TrailingStopLimitOrder(amount=2, limit_offset="0.10"),
        execution.MarketIfTouchedOrder(below),
        execution.LimitIfTouchedOrder(below - 1, below),
        execution.MarketOnOpen(),
        execution.LimitOnOpen(below),
        execution.MarketOnClose(),
        execution.LimitOnClose(above),
    ]
    for style in styles:
        context.placed[type(style).__name__] = order(context.stock, 100, style=style)
    # how long, and under which conditions
    context.placed["good for the day"] = order(context.stock, 100, limit_price=below, time_in_force="day")
    context.placed["good till the end of January"] = order(
        context.stock, 100, limit_price=price * 80 / 100, good_till="2008-01-31"
    )
    context.placed["fill or kill"] = order(context.stock, 10**9, time_in_force="fok")
    context.placed["post only"] = order(context.stock, 100, limit_price=above, post_only=True)
    context.placed["reduce only"] = order(context.stock, -100, stop_price=below, reduce_only=True)


def analyze(context, result):
    for name, order_id in context.placed.items():
        one = result.orders.filter(id=order_id).row(0, named=True)
        fills = result.transactions.filter(order_id=order_id)
        at = f" at {fills['price'][0]:.2f} on {fills['dt'][0]:%d %b}" if fills.height else ""
        print(f"{name}: {one['status']}{at}{'' if fills.height else ', ' + str(one['reason'])}")


if __name__ == "__main__":
    from rustybt import run_algorithm

    how = {"capital_base": 1_000_000, "trigger": "range", "analyze": analyze}
    print(run_algorithm("2008-01-02", "2008-02-29", initialize, handle_data=handle_data, **how))
