"""Strategies as functions, of each kind of numbers: mypy --strict has nothing to say about this file."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt
import polars as pl

import rustybt
from rustybt import Asset, BarData, Context, Order, Position, Result, Run, run, run_algorithm
from rustybt.api import (
    EODCancel,
    batch_market_order,
    cancel_event,
    cancel_order,
    commission,
    date_rules,
    get_open_orders,
    on_event,
    on_price_threshold,
    on_time_interval,
    order,
    order_target_percent,
    order_target_percents,
    record,
    schedule_function,
    set_cancel_policy,
    set_commission,
    set_max_position_size,
    set_slippage,
    slippage,
    symbol,
    symbols,
    time_rules,
)


class Falling:
    def fires(self, moment: dt.datetime, data: BarData) -> bool:
        return moment.day == 1 and data.current(symbol("AAPL"), "price", default=0) < 100


def initialize(context: Context, window: int = 20) -> None:
    context.asset = symbol("AAPL")
    context.window = window
    context.bought = set[Asset]()
    set_slippage(slippage.FixedSlippage(spread=0.02), us_futures=slippage.VolumeShareSlippage())
    set_commission(commission.PerShare(cost=0.001))
    set_cancel_policy(EODCancel())
    set_max_position_size(context.asset, max_shares=1000, max_notional=Decimal("1e6"), on_error="log")
    schedule_function(rebalance, date_rules.month_start(), time_rules.market_open(minutes=30))
    event = on_price_threshold(context.asset, "150.25", rebalance, direction="up", once=True, priority=-1)
    assert_type(event, str)
    assert_type(cancel_event(event), bool)
    on_event(Falling(), rebalance, priority=1)
    on_time_interval(dt.timedelta(minutes=5), lambda context, data: record(cash=context.portfolio.cash))
    schedule_function(lambda context, data: record(cash=context.portfolio.cash))


def rebalance(context: Context, data: BarData) -> None:
    prices = data.current(symbols("AAPL", "MSFT"), "price")
    assert_type(prices, dict[Asset, Decimal | None])
    order_target_percents({asset: 0.5 for asset, price in prices.items() if price is not None})
    batch_market_order({context.asset: 1})


def handle_data(context: Context, data: BarData) -> None:
    asset: Asset = context.asset
    assert_type(context.portfolio.cash, Decimal)
    assert_type(context.portfolio.positions[asset], Position[Decimal])
    assert_type(context.portfolio.positions.get(asset), Position[Decimal] | None)
    assert_type(context.account.leverage, Decimal)
    assert_type(context.portfolio.current_portfolio_weights, dict[Asset, Decimal])
    assert_type(data.current(asset, "close"), Decimal | None)
    assert_type(data.current(asset, "close", default=0), Decimal | int)
    assert_type(data.current(asset, "close", float), float)
    assert_type(data.current(asset, "volume"), Decimal)
    assert_type(data.current(asset, "last_traded"), dt.datetime | None)
    assert_type(data.current([asset], ["open", "close"]), pl.DataFrame)
    assert_type(data.history(asset, "close", 20, "1d"), pl.Series)
    assert_type(data.history([asset], "close", 20, "1d"), pl.DataFrame)
    assert_type(data.history(asset, ["open", "close"], 20, "1d", timestamps=True), pl.DataFrame)
    assert_type(data.history(asset, "close", 20, "1d", output="numpy"), npt.NDArray[np.float64])
    data.history(asset, "close", 20, "1d", output="pandas").rolling(5).mean()
    assert_type(data.can_trade(asset), bool)
    assert_type(data.is_stale([asset]), dict[Asset, bool])
    placed = order(asset, 10, limit_price="150.25")
    assert_type(placed, str | None)
    order_target_percent(asset, np.float64(0.5))
    order(asset, np.int64(3), time_in_force="day", tag="dip")
    assert_type(get_open_orders(asset), list[Order[Any]])
    for waiting in get_open_orders().values():
        for one in waiting:
            cancel_order(one)
    price = data.current(asset, "price")
    if price is not None and price * 2 > context.portfolio.cash:
        context.bought.add(asset)


def in_floats(context: Context[float], data: BarData[float]) -> None:
    asset = symbol("AAPL")
    assert_type(data.current(asset, "close"), float)
    assert_type(data.current([asset], "close"), dict[Asset, float])
    assert_type(context.portfolio.cash, float)
    assert_type(context.portfolio.positions[asset].cost_basis, float)


def analyze(context: Context, result: Result) -> None:
    assert_type(result.daily, pl.DataFrame)


assert_type(
    run_algorithm(initialize=initialize, handle_data=handle_data, analyze=analyze, params={"window": 5}), Result
)
run_algorithm(handle_data=in_floats, numbers="float", fill_at="open")
run(handle_data)
run(in_floats, numbers="float")
run(lambda context, data: order(symbol("AAPL"), 1), start=dt.date(2010, 1, 4))
stepped = Run("2010-01-04", "2010-01-08", initialize, 100_000, handle_data)
stepped.context.portfolio.cash + 1
rustybt.run_algorithm(before_trading_start=handle_data)
