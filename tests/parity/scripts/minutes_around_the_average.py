"""Minutes: buys below the average price of the last half hour, sells above it, goes home flat."""

from zipline.api import (
    cancel_order,
    date_rules,
    get_datetime,
    get_open_orders,
    order,
    order_target,
    record,
    schedule_function,
    symbol,
    time_rules,
)


def initialize(context):
    context.stock = symbol("ALFA")
    context.fills = 0
    schedule_function(go_home, date_rules.every_day(), time_rules.market_close(minutes=10))


def before_trading_start(context, data):
    context.yesterday = data.history(context.stock, "close", 2, "1d").iloc[-1]
    context.bars = 0


def handle_data(context, data):
    context.bars += 1
    if context.bars < 30 or context.bars > 370:
        return
    window = data.history(context.stock, ["close", "volume"], 30, "1m")
    average = (window["close"] * window["volume"]).sum() / window["volume"].sum()
    price = data.current(context.stock, "close")
    held = context.portfolio.positions[context.stock].amount
    if get_open_orders(context.stock):
        return
    if price < average * 0.9995 and held < 300:
        order(context.stock, 50, limit_price=price)
    elif price > average * 1.0005 and held > -300:
        order(context.stock, -50)
    record(average=average, price=price, above=price - context.yesterday, minute=get_datetime().minute)


def go_home(context, data):
    for one in get_open_orders(context.stock):
        cancel_order(one)
    order_target(context.stock, 0)
