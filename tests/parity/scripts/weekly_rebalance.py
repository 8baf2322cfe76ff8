"""Each week equal parts of four stocks; on month ends the cheapest is sold. Fees by the trade, a fixed spread."""

from zipline.api import (
    date_rules,
    get_environment,
    order_target_percent,
    record,
    schedule_function,
    set_commission,
    set_slippage,
    symbol,
    time_rules,
)
from zipline.finance.commission import PerTrade
from zipline.finance.slippage import FixedSlippage


def initialize(context):
    context.stocks = [symbol(name) for name in ("ALFA", "BRAVO", "CHARLIE", "ECHO")]
    set_commission(PerTrade(cost=2.5))
    set_slippage(FixedSlippage(spread=0.04))
    schedule_function(rebalance, date_rules.week_start(days_offset=1), time_rules.market_open(minutes=30))
    schedule_function(sell_cheapest, date_rules.month_end(), time_rules.market_close(hours=1))
    schedule_function(note, date_rules.every_day())


def rebalance(context, data):
    alive = [stock for stock in context.stocks if data.can_trade(stock)]
    for stock in alive:
        order_target_percent(stock, 1.0 / len(alive))


def sell_cheapest(context, data):
    prices = data.current(context.stocks, "price").dropna()
    order_target_percent(prices.idxmin(), 0)


def note(context, data):
    record(
        leverage=context.account.leverage,
        held=len(context.portfolio.positions),
        platform=get_environment("platform"),
        stale=int(data.is_stale(context.stocks).sum()),
    )


def before_trading_start(context, data):
    context.opened = context.get_datetime()
