"""A script as it was written for Zipline, with Zipline's imports: nothing of it knows RustyBT.

rustybt run --zipline -f examples/zipline_script.py -b sample -s 2005-01-03 -e 2010-12-31 --capital-base 100000
python -m rustybt.zipline examples/zipline_script.py -b sample -s 2005-01-03 -e 2010-12-31
"""

from zipline.api import date_rules, order_target_percent, record, schedule_function, set_commission, symbols
from zipline.finance.commission import PerShare

WEEKS = 26


def initialize(context):
    context.stocks = symbols("AAPL", "IBM", "MSFT")
    set_commission(PerShare(cost=0.005, min_trade_cost=1.0))
    schedule_function(rebalance, date_rules.month_start())


def rebalance(context, data):
    closes = data.history(context.stocks, "price", WEEKS * 5, "1d")  # a DataFrame with a column per stock
    rise = closes.iloc[-1] / closes.mean() - 1
    rising = rise[rise > 0]
    for stock in context.stocks:
        order_target_percent(stock, 1 / len(rising) if stock in rising.index else 0)
    record(rising=len(rising), best=rise.idxmax().symbol)


def analyze(context, perf):
    print(perf[["portfolio_value", "sharpe", "max_drawdown", "rising", "best"]].tail(3))
