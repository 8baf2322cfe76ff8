"""Online portfolio selection: a step from today's weights towards stocks below their average, back onto the simplex."""

import numpy as np
from zipline.api import date_rules, get_datetime, order_target_percent, record, schedule_function, symbols, time_rules

WINDOW, EPSILON = 5, 1.002


def initialize(context):
    context.stocks = symbols("ALFA", "BRAVO", "DELTA", "CHARLIE")
    context.weights = np.ones(len(context.stocks)) / len(context.stocks)
    context.started = False
    schedule_function(trade, date_rules.every_day(), time_rules.market_open(minutes=20))


def trade(context, data):
    if not context.started:
        context.started = True
        rebalance(context, data, context.weights)
        return
    prices = data.history(context.stocks, "price", WINDOW, "1d")
    expected = prices.mean().values / data.current(context.stocks, "price").values
    held = np.array([context.portfolio.positions[stock].amount for stock in context.stocks], dtype=float)
    worth = held * data.current(context.stocks, "price").values
    before = worth / worth.sum() if worth.sum() > 0 else context.weights
    away = expected - expected.mean()
    size = np.linalg.norm(away) ** 2
    step = 0.0 if size == 0 else max(0.0, (EPSILON - before.dot(expected)) / size)
    context.weights = onto_simplex(before + step * away)
    rebalance(context, data, context.weights)
    record(step=step, largest=context.weights.max(), day=get_datetime().day)


def rebalance(context, data, weights):
    for stock, weight in zip(context.stocks, weights, strict=True):
        order_target_percent(stock, round(float(weight), 6))


def onto_simplex(point):
    """The nearest point whose parts are not negative and sum to one."""
    ordered = np.sort(point)[::-1]
    above = np.cumsum(ordered) - 1
    count = np.nonzero(ordered * np.arange(1, len(point) + 1) > above)[0][-1]
    return np.maximum(point - above[count] / (count + 1.0), 0)
