"""Minutes: a portfolio is put together at the open, looked at through the day, and rebalanced each noon."""

import pandas as pd
from zipline.api import (
    date_rules,
    get_datetime,
    order_percent,
    order_target_percent,
    order_value,
    record,
    schedule_function,
    set_commission,
    symbols,
    time_rules,
)
from zipline.finance import commission


def initialize(context):
    context.stocks = symbols("ALFA", "BRAVO", "ECHO")
    context.opened = False
    set_commission(commission.PerDollar(cost=0.001))
    schedule_function(noon, date_rules.every_day(), time_rules.market_open(hours=2, minutes=30))


def handle_data(context, data):
    if not context.opened and all(data.can_trade(context.stocks)):
        order_percent(context.stocks[0], 0.3)
        order_value(context.stocks[1], 20000)
        context.opened = True
    now = get_datetime("US/Eastern")
    if now.minute == 0:
        table = data.current(context.stocks, ["open", "high", "low", "price", "volume"])
        record(hour=now.hour, spread=(table["high"] - table["low"]).mean(), volume=table["volume"].sum())


def noon(context, data):
    closes = data.history(context.stocks, "price", 20, "1m")
    calm = 1 / (closes / closes.shift(1) - 1).std().replace(0, float("nan"))
    weights = (calm / calm.sum()).fillna(0)
    assert isinstance(weights, pd.Series)
    for stock, weight in weights.items():
        order_target_percent(stock, round(weight * 0.9, 4))
    record(value=context.portfolio.portfolio_value, cash=context.portfolio.cash, returns=context.portfolio.returns)
