"""Each month the two stocks of three that rose most over half a year, in equal parts: a strategy as a class.

python examples/monthly_momentum.py
rustybt run -f examples/monthly_momentum.py -s 2001-01-02 -e 2012-12-31 --capital-base 100000
"""

from rustybt import Strategy
from rustybt.api import date_rules, time_rules


class MonthlyMomentum(Strategy):
    def initialize(self, context, lookback=126, hold=2):
        context.stocks = context.symbols("AAPL", "IBM", "MSFT")
        context.lookback, context.hold = lookback, hold
        # the functions of rustybt.api are methods of context, too
        context.schedule_function(self.rebalance, date_rules.month_start(), time_rules.market_close(minutes=30))

    def rebalance(self, context, data):
        prices = data.history(context.stocks, "price", context.lookback, "1d")  # a column for each symbol
        rise = {stock: prices[stock.symbol][-1] / prices[stock.symbol][0] for stock in context.stocks}
        best = sorted(context.stocks, key=rise.get, reverse=True)[: context.hold]
        tradable = [stock for stock in context.stocks if data.can_trade(stock)]
        context.order_target_percents({stock: 1 / context.hold if stock in best else 0 for stock in tradable})


if __name__ == "__main__":
    from rustybt import run_algorithm

    print(run_algorithm("2001-01-02", "2012-12-31", capital_base=100_000, strategy=MonthlyMomentum))
