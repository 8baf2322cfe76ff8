"""Holds a stock while its short average lies above its long one."""

from zipline.api import order_target, record, symbol

SHORT, LONG = 10, 40


def initialize(context):
    context.stock = symbol("CHARLIE")
    context.day = 0


def handle_data(context, data):
    context.day += 1
    if context.day < LONG:
        return
    short = data.history(context.stock, "price", bar_count=SHORT, frequency="1d").mean()
    long = data.history(context.stock, "price", bar_count=LONG, frequency="1d").mean()
    if short > long:
        order_target(context.stock, 500)
    elif short < long:
        order_target(context.stock, 0)
    record(price=data.current(context.stock, "price"), short=short, long=long)
