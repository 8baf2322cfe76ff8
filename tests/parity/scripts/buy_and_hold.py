"""Puts nearly all of the money into one stock on the first day, and keeps it through its splits and dividends."""

from zipline.api import get_open_orders, order_target_percent, record, symbol


def initialize(context):
    context.stock = symbol("ALFA")
    context.done = False


def handle_data(context, data):
    if not context.done and not get_open_orders():
        order_target_percent(context.stock, 0.95)
        context.done = True
    position = context.portfolio.positions[context.stock]
    record(
        shares=position.amount,
        paid=position.cost_basis,
        price=data.current(context.stock, "price"),
        weight=context.portfolio.current_portfolio_weights.sum(),
    )
