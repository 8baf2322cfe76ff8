"""Shorts, splits, dividends and late listings as a strategy sees them before the open and within the day."""

from zipline.api import (
    cancel_order,
    date_rules,
    get_open_orders,
    order,
    order_target_percent,
    order_target_value,
    schedule_function,
    symbols,
)

from tests.parity._told import tell


def initialize(context):
    context.assets = symbols("ALFA", "BRAVO", "CHARLIE", "DELTA", "ECHO")
    context.bar = 0
    schedule_function(rebalance, date_rules.month_start(1))


def rebalance(context, data):
    weights = dict(zip(context.assets, (0.6, -0.4, 0.2, -0.5, 0.3), strict=True))
    for asset, weight in weights.items():
        tell(f"{asset.symbol} can trade", lambda asset=asset: data.can_trade(asset))
        if data.can_trade(asset):
            order_target_percent(asset, weight)
    tell("late", lambda: bool(order(context.assets[4], 5)))
    tell("late by value", lambda: bool(order_target_value(context.assets[4], 500)))


def look(context):
    held = context.portfolio.positions
    tell("held", lambda: {one: [held[one].amount, held[one].cost_basis, held[one].last_sale_price] for one in held})
    tell("dates", lambda: [str(held[one].last_sale_date) for one in sorted(held)])
    names = ("cash", "portfolio_value", "positions_value", "pnl", "returns", "capital_used", "positions_exposure")
    tell("portfolio", lambda: [getattr(context.portfolio, name) for name in names])
    names = ("leverage", "net_leverage", "settled_cash", "total_positions_value", "cushion", "net_liquidation")
    tell("account", lambda: [getattr(context.account, name) for name in names])
    tell("weights", context.portfolio.current_portfolio_weights.sort_index)


def handle_data(context, data):
    context.bar += 1
    if context.bar % 6 == 0:
        look(context)
    if context.bar in (10, 73, 74):
        order(context.assets[0], 25, limit_price=30.0)
        order(context.assets[3], -25, stop_price=10.0)
    if context.bar in (74, 75):
        found = get_open_orders()
        tell("open", lambda: {one: [[o.amount, o.filled, o.limit, o.stop] for o in found[one]] for one in found})
    if context.bar == 80:
        for orders in get_open_orders().values():
            for one in orders:
                cancel_order(one)


def analyze(context, perf):
    tell("splits and dividends", lambda: [perf.ending_cash, perf.pnl, perf.returns, perf.capital_used])
    for name in ("starting_cash", "ending_exposure", "long_value", "short_value", "gross_leverage", "net_leverage"):
        tell(name, lambda name=name: perf[name] + 0.0)
    for name in ("max_leverage", "sharpe", "sortino", "max_drawdown", "algo_volatility", "algorithm_period_return"):
        tell(name, lambda name=name: perf[name])
