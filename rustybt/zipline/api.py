"""The functions that a Zipline script calls, as in zipline.api."""

from __future__ import annotations

from rustybt.zipline._active import function_of
from rustybt.zipline._algorithm import TradingAlgorithm
from rustybt.zipline.finance import cancel_policy, commission, execution, slippage
from rustybt.zipline.finance.asset_restrictions import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    Restriction,
    StaticRestrictions,
)
from rustybt.zipline.finance.cancel_policy import EODCancel, NeverCancel
from rustybt.zipline.finance.slippage import FixedBasisPointsSlippage, FixedSlippage, VolumeShareSlippage
from rustybt.zipline.utils import events, math_utils
from rustybt.zipline.utils.events import calendars, date_rules, time_rules

__all__ = [
    "RESTRICTION_STATES",
    "EODCancel",
    "FixedBasisPointsSlippage",
    "FixedSlippage",
    "HistoricalRestrictions",
    "NeverCancel",
    "Restriction",
    "StaticRestrictions",
    "VolumeShareSlippage",
    "attach_pipeline",
    "batch_market_order",
    "calendars",
    "cancel_order",
    "cancel_policy",
    "commission",
    "continuous_future",
    "date_rules",
    "events",
    "execution",
    "fetch_csv",
    "future_symbol",
    "get_datetime",
    "get_environment",
    "get_open_orders",
    "get_order",
    "math_utils",
    "order",
    "order_percent",
    "order_target",
    "order_target_percent",
    "order_target_value",
    "order_value",
    "pipeline_output",
    "record",
    "schedule_function",
    "set_asset_restrictions",
    "set_benchmark",
    "set_cancel_policy",
    "set_commission",
    "set_do_not_order_list",
    "set_long_only",
    "set_max_leverage",
    "set_max_order_count",
    "set_max_order_size",
    "set_max_position_size",
    "set_min_leverage",
    "set_slippage",
    "set_symbol_lookup_date",
    "sid",
    "slippage",
    "symbol",
    "symbols",
    "time_rules",
]

attach_pipeline = function_of(TradingAlgorithm.attach_pipeline)
batch_market_order = function_of(TradingAlgorithm.batch_market_order)
cancel_order = function_of(TradingAlgorithm.cancel_order)
continuous_future = function_of(TradingAlgorithm.continuous_future)
fetch_csv = function_of(TradingAlgorithm.fetch_csv)
future_symbol = function_of(TradingAlgorithm.future_symbol)
get_datetime = function_of(TradingAlgorithm.get_datetime)
get_environment = function_of(TradingAlgorithm.get_environment)
get_open_orders = function_of(TradingAlgorithm.get_open_orders)
get_order = function_of(TradingAlgorithm.get_order)
order = function_of(TradingAlgorithm.order)
order_percent = function_of(TradingAlgorithm.order_percent)
order_target = function_of(TradingAlgorithm.order_target)
order_target_percent = function_of(TradingAlgorithm.order_target_percent)
order_target_value = function_of(TradingAlgorithm.order_target_value)
order_value = function_of(TradingAlgorithm.order_value)
pipeline_output = function_of(TradingAlgorithm.pipeline_output)
record = function_of(TradingAlgorithm.record)
schedule_function = function_of(TradingAlgorithm.schedule_function)
set_asset_restrictions = function_of(TradingAlgorithm.set_asset_restrictions)
set_benchmark = function_of(TradingAlgorithm.set_benchmark)
set_cancel_policy = function_of(TradingAlgorithm.set_cancel_policy)
set_commission = function_of(TradingAlgorithm.set_commission)
set_do_not_order_list = function_of(TradingAlgorithm.set_do_not_order_list)
set_long_only = function_of(TradingAlgorithm.set_long_only)
set_max_leverage = function_of(TradingAlgorithm.set_max_leverage)
set_max_order_count = function_of(TradingAlgorithm.set_max_order_count)
set_max_order_size = function_of(TradingAlgorithm.set_max_order_size)
set_max_position_size = function_of(TradingAlgorithm.set_max_position_size)
set_min_leverage = function_of(TradingAlgorithm.set_min_leverage)
set_slippage = function_of(TradingAlgorithm.set_slippage)
set_symbol_lookup_date = function_of(TradingAlgorithm.set_symbol_lookup_date)
sid = function_of(TradingAlgorithm.sid)
symbol = function_of(TradingAlgorithm.symbol)
symbols = function_of(TradingAlgorithm.symbols)
