"""Buys breakouts with stop orders, at costs of its own, under controls that refuse what is too much.

python examples/own_models.py
rustybt run -f examples/own_models.py -s 2008-01-02 -e 2009-12-31 --capital-base 100000
"""

from rustybt.api import (
    EODCancel,
    commission,
    get_open_orders,
    order_target,
    order_value,
    set_cancel_policy,
    set_commission,
    set_long_only,
    set_max_position_size,
    set_slippage,
    slippage,
    symbols,
)


class HalfTheRange(slippage.SlippageModel):
    """Half-way between the close and the worse end of the bar, and at most a fiftieth of its volume."""

    def process_order(self, data, order):
        left = data.current(order.asset, "volume") // 50 - self.volume_for_bar
        if left <= 0:
            raise slippage.LiquidityExceeded
        worse = data.current(order.asset, "high" if order.direction > 0 else "low")
        price = (data.current(order.asset, "close") + worse) / 2
        return price, order.direction * min(left, abs(order.open_amount))


class BuyersPayMore(commission.PerShare):
    """A cent a share, and for buyers a tenth of a per cent of the money."""

    def calculate(self, order, transaction):
        duty = transaction.price * transaction.amount / 1000 if transaction.amount > 0 else 0
        return super().calculate(order, transaction) + duty


def initialize(context):
    context.stocks = symbols("AAPL", "MSFT")
    set_slippage(HalfTheRange())
    set_commission(BuyersPayMore("0.01"))
    set_cancel_policy(EODCancel(warn_on_cancel=False))  # an order has the session after the one it was placed in
    set_long_only()
    set_max_position_size(max_notional=60_000, on_error="reject")


def handle_data(context, data):
    for stock in context.stocks:
        price = data.current(stock, "price")
        if not data.can_trade(stock) or get_open_orders(stock):
            continue
        if stock not in context.portfolio.positions:
            # bought if the next close is two per cent up
            order_value(stock, context.portfolio.cash / 2, stop_price=price * 102 / 100)
        elif price < context.portfolio.positions[stock].cost_basis * 95 / 100:
            order_target(stock, 0)


def analyze(context, result):
    print(result.orders.group_by("status").len().sort("status"))
    print(result.transactions.select("dt", "symbol", "amount", "price", "commission").head(4))


if __name__ == "__main__":
    from rustybt import run_algorithm

    print(run_algorithm("2008-01-02", "2009-12-31", initialize, 100_000, handle_data, analyze=analyze))
