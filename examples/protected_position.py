"""Buys IBM above its mean, half for a target and half that trails, at a broker's fees; three readings of its bars.

python examples/protected_position.py
rustybt run -f examples/protected_position.py -s 2008-01-02 -e 2011-12-30 --capital-base 100000 --trigger range
"""

from rustybt import metrics
from rustybt.api import bracket_order, broker, execution, set_commission, symbol


def initialize(context):
    context.stock = symbol("IBM")
    set_commission(broker("ibkr-tiered"))


def handle_data(context, data):
    stock = context.stock
    if context.portfolio.positions or context.get_open_orders(stock):
        return
    if float(data.current(stock, "price")) < data.history(stock, "close", 50, "1d").mean():
        return
    stop = execution.Percent(3)
    bracket_order(stock, 250, take_profit=execution.Percent(4), stop_loss=stop, tag="target")
    bracket_order(stock, 250, stop_loss=execution.TrailingStopOrder(percent=6), tag="trail")


def analyze(context, result):
    table = metrics.trade_table(result.trades, by="tag")
    print(table.select("tag", "trades", "win_rate", "win_rate_error", "net"))
    print(result.explain(result.orders.filter(tag="trail", status="filled")["id"][1]))  # the first exit that trailed
    print(result.costs)


if __name__ == "__main__":
    from rustybt import run_algorithm

    how = {"capital_base": 100_000, "trigger": "range", "same_bar": "interval"}
    result = run_algorithm("2008-01-02", "2011-12-30", initialize, handle_data=handle_data, **how)
    analyze(None, result)
    print(result)
    for reading in result.interval:
        print(f"{reading.manifest['same_bar']}: {reading.metrics['pnl']:,.2f}")
