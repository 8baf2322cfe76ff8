"""Orders of odd sizes, with odd prices, at odd moments; the blotter's and the portfolio's odd corners."""

import numpy as np
import pandas as pd
from zipline.api import (
    batch_market_order,
    cancel_order,
    get_open_orders,
    get_order,
    order,
    order_percent,
    order_target,
    order_target_percent,
    order_target_value,
    order_value,
    symbol,
)
from zipline.finance.execution import LimitOrder, MarketOrder, StopLimitOrder, StopOrder

from tests.parity._told import tell


def initialize(context):
    context.a, context.b = symbol("ALFA"), symbol("BRAVO")
    context.bar = 0
    tell("order in initialize", lambda: order(context.a, 1))
    tell("cancel in initialize", lambda: cancel_order("nope"))
    tell("open orders in initialize", get_open_orders)


def before_trading_start(context, data):
    if context.bar == 1:
        tell("order before the open", lambda: order(context.a, 1))
        tell("order of zero before the open", lambda: order(context.a, 0))


def size(made):
    found = get_order(made) if made else None
    return None if found is None else [found.amount, found.limit, found.stop, int(found.status)]


def handle_data(context, data):
    context.bar += 1
    a, b = context.a, context.b
    if context.bar != 3:
        return
    odd = [5, "5", "x", 5.5, -5.5, 5.99995, None, float("nan"), float("inf"), True, np.int64(5), np.float64(5.2)]
    odd += [np.float32(5.5), [5], 0, 0.99995, 0.5, -0.0, 10**11, 10**11 + 1, b"5", 1 + 0j, pd.Series([1])]
    for how in (order, order_value, order_percent, order_target, order_target_value, order_target_percent):
        for number in odd:
            if how is not order and ((isinstance(number, int) and abs(number) > 10**6) or isinstance(number, list)):
                continue
            tell(f"{how.__name__}({type(number).__name__} {number!r})", lambda n=number, how=how: size(how(a, n)))
    for asset in ("ALFA", 0, None, a.sid, ["ALFA"], a.symbol):
        tell(f"order({asset!r}, 1)", lambda asset=asset: size(order(asset, 1)))
    prices = [10, 10.126, "ten", None, 0, -1, float("nan"), float("inf"), np.float64(10.126)]
    for price in prices:
        tell(f"limit_price={price!r}", lambda price=price: size(order(b, 1, limit_price=price)))
        tell(f"stop_price={price!r}", lambda price=price: size(order(b, -1, stop_price=price)))
        tell(f"LimitOrder({price!r})", lambda price=price: size(order(b, 1, style=LimitOrder(price))))
        tell(f"StopOrder({price!r})", lambda price=price: size(order(b, 1, style=StopOrder(price))))
        tell(f"StopLimitOrder({price!r})", lambda price=price: size(order(b, 1, style=StopLimitOrder(price, 9))))
    tell("style and limit", lambda: size(order(b, 1, limit_price=5, style=MarketOrder())))
    tell("style and stop", lambda: size(order(b, 1, stop_price=5, style=LimitOrder(4))))
    tell("too many", lambda: order(b, 1, 2, 3, None, 4))
    tell("exchange", lambda: size(order(b, 1, style=MarketOrder(exchange="X"))))
    tell("get_order of nothing", lambda: get_order("nope"))
    tell("get_order of None", lambda: get_order(None))
    tell("cancel nothing", lambda: cancel_order("nope"))
    tell("cancel None", lambda: cancel_order(None))
    tell("cancel 5", lambda: cancel_order(5))
    tell("open orders of None", lambda: sorted(asset.symbol for asset in get_open_orders()))
    tell("open orders of a stranger", lambda: get_open_orders(symbol("CHARLIE")))
    for counts in (pd.Series({a: 3, b: 0}), pd.Series({a: 2.0}), {a: 1}, pd.Series({a: 1.5}), pd.Series(dtype=float)):
        tell(f"batch {type(counts).__name__} {list(counts)}", lambda counts=counts: len(batch_market_order(counts)))
    tell("batch None", lambda: batch_market_order(None))
    one = get_order(order(a, 7))
    keys = ["dt", "reason", "created", "amount", "filled", "commission", "stop", "limit", "stop_reached"]
    keys += ["limit_reached", "sid", "status"]
    tell("an order", lambda: {key: getattr(one, key) for key in keys})
    tell("an order by key", lambda: one["amount"])
    tell("keys of an order", lambda: sorted(one.keys()))
    tell("asset of an order", lambda: one.asset)
    tell("open_amount", lambda: one.open_amount)
    tell("open", lambda: one.open)
    tell("to_dict", lambda: sorted(one.to_dict()))
    tell("in", lambda: "amount" in one)
    tell("a position of text", lambda: context.portfolio.positions["ALFA"])
    tell("a position of a sid", lambda: context.portfolio.positions[0])
    tell("a position that is not there", lambda: context.portfolio.positions[b].amount)
    tell("in positions", lambda: [b in context.portfolio.positions, "X" in context.portfolio.positions])
    tell("get a position", lambda: context.portfolio.positions.get(b))
    tell("set cash", lambda: setattr(context.portfolio, "cash", 5))
    tell("set leverage", lambda: setattr(context.account, "leverage", 5))
    tell("portfolio by key", lambda: context.portfolio["cash"])
    tell("account", lambda: {name: getattr(context.account, name) for name in ("leverage", "buying_power", "cushion")})
    for name in (
        "capital_used",
        "cash_flow",
        "start_date",
        "positions_exposure",
        "returns",
        "current_portfolio_weights",
    ):
        tell(f"portfolio.{name}", lambda name=name: getattr(context.portfolio, name))
