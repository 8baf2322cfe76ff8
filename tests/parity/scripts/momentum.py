"""Ranks stocks by their rise over a quarter, a month left out; holds the two best, short of the worst."""

import pandas as pd
from zipline.api import date_rules, order_target_percent, record, schedule_function, symbols, time_rules

LOOK_BACK, SKIP = 63, 21


def initialize(context):
    context.universe = symbols("ALFA", "BRAVO", "CHARLIE", "DELTA", "ECHO")
    schedule_function(trade, date_rules.month_start(), time_rules.market_open())


def trade(context, data):
    closes = data.history(context.universe, "close", LOOK_BACK, "1d").ffill()
    rise = closes.iloc[-SKIP] / closes.iloc[0] - 1
    risk = (closes / closes.shift(1) - 1).std()
    score = (rise / risk).dropna().sort_values(ascending=False)
    weights = pd.Series(0.0, index=context.universe)
    weights[score.index[:2]] = 0.4
    weights[score.index[-1:]] = -0.2
    for stock, weight in weights.items():
        if data.can_trade(stock):
            order_target_percent(stock, weight)
    record(best=score.index[0].symbol, score=score.iloc[0], spread=score.iloc[0] - score.iloc[-1])
