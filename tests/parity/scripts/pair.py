"""Trades the distance between two stocks, from windows of several fields at once."""

import numpy as np
from zipline.api import order_target_value, record, symbols
from zipline.errors import ZiplineError


def initialize(context):
    context.pair = symbols("ALFA", "CHARLIE")
    context.side = 0
    context.seen = 0


def handle_data(context, data):
    context.seen += 1
    if context.seen < 15:
        return
    first, second = context.pair
    window = data.history(context.pair, ["price", "volume"], 15, "1d")
    prices = window["price"].unstack()
    ratio = np.log(prices[first] / prices[second])
    distance = (ratio.iloc[-1] - ratio.mean()) / ratio.std()
    money = context.portfolio.portfolio_value * 0.3
    try:
        if distance > 1 and context.side != -1:
            order_target_value(first, -money)
            order_target_value(second, money)
            context.side = -1
        elif distance < -1 and context.side != 1:
            order_target_value(first, money)
            order_target_value(second, -money)
            context.side = 1
    except ZiplineError:
        context.side = 0
    turnover = (window["price"] * window["volume"]).groupby(level=1).sum()
    record(distance=distance, turnover=turnover[first], net=context.account.net_leverage)
