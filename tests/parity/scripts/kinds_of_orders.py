"""One order of each kind a day: market, limit, stop, stop-limit; those that are too old are cancelled."""

from datetime import timedelta

from zipline.api import cancel_order, get_datetime, get_open_orders, get_order, order, record, symbols
from zipline.finance.execution import LimitOrder, MarketOrder, StopLimitOrder, StopOrder
from zipline.finance.order import ORDER_STATUS


def initialize(context):
    context.stocks = symbols("ALFA", "BRAVO")
    context.placed = []
    context.turn = 0


def handle_data(context, data):
    for orders in get_open_orders().values():
        for one in orders:
            if get_datetime() - one.created > timedelta(days=3):
                cancel_order(one)
    stock = context.stocks[context.turn % 2]
    price = data.current(stock, "price")
    styles = [
        MarketOrder(),
        LimitOrder(round(price * 0.995, 2)),
        StopOrder(round(price * 1.004, 2)),
        StopLimitOrder(round(price * 1.01, 2), round(price * 1.003, 2)),
    ]
    size = 30 if context.turn % 3 else -25
    context.placed.append(order(stock, size, style=styles[context.turn % 4]))
    if context.turn % 5 == 0:
        context.placed.append(
            order(stock, -size, limit_price=round(price * 1.01, 2), stop_price=round(price * 0.999, 2))
        )
    context.turn += 1
    found = [get_order(one) for one in context.placed[-40:] if one]
    record(
        filled=sum(one.filled for one in found),
        cancelled=sum(one.status == ORDER_STATUS.CANCELLED for one in found),
        paid=sum(one.commission for one in found),
        triggered=sum(bool(one.stop_reached) + bool(one.limit_reached) for one in found),
        waiting=sum(len(orders) for orders in get_open_orders().values()),
    )
