"""The functions that a strategy calls, as in `zipline.api`. Each is a method of `context` too.

They belong to the run that is active where they are called, so any number of runs can go side by side.
"""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.api import execution
from rustybt.api._asking import (
    continuous_future,
    explain,
    fetch_csv,
    future_symbol,
    get_datetime,
    get_environment,
    set_symbol_lookup_date,
    sid,
    symbol,
    symbols,
)
from rustybt.api._carrying import set_account, set_borrow, set_financing, set_rollover
from rustybt.api._indicators import on_cross, on_true, term
from rustybt.api._linking import (
    attach_exits,
    bracket_order,
    cancel_orders,
    close_all,
    close_position,
    modify_order,
    oco,
)
from rustybt.api._listening import cancel_event, on_event, on_price_threshold, on_time_interval
from rustybt.api._ordering import (
    batch_market_order,
    cancel_order,
    convert_currency,
    get_open_orders,
    get_order,
    order,
    order_percent,
    order_target,
    order_target_percent,
    order_target_percents,
    order_target_value,
    order_value,
)
from rustybt.api._setting import (
    record,
    schedule_function,
    set_asset_restrictions,
    set_benchmark,
    set_cancel_policy,
    set_commission,
    set_do_not_order_list,
    set_latency,
    set_long_only,
    set_max_leverage,
    set_max_order_count,
    set_max_order_size,
    set_max_position_size,
    set_min_leverage,
    set_slippage,
)
from rustybt.core import latency, math_utils
from rustybt.execution import cancel_policy, commission, impact, slippage, spreads
from rustybt.execution.cancel_policy import EODCancel, NeverCancel
from rustybt.execution.slippage import FixedBasisPointsSlippage, FixedSlippage, VolumeShareSlippage
from rustybt.orders import RESTRICTION_STATES, HistoricalRestrictions, Restriction, StaticRestrictions
from rustybt.strategy import calendars, date_rules, events, time_rules

if TYPE_CHECKING:
    from rustybt.execution.commission import broker
else:
    __getattr__ = when_asked(__name__, {"rustybt.execution.commission": ("broker",)})

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
    "attach_exits",
    "batch_market_order",
    "bracket_order",
    "broker",
    "calendars",
    "cancel_event",
    "cancel_order",
    "cancel_orders",
    "cancel_policy",
    "close_all",
    "close_position",
    "commission",
    "continuous_future",
    "convert_currency",
    "date_rules",
    "events",
    "execution",
    "explain",
    "fetch_csv",
    "future_symbol",
    "get_datetime",
    "get_environment",
    "get_open_orders",
    "get_order",
    "impact",
    "latency",
    "math_utils",
    "modify_order",
    "oco",
    "on_cross",
    "on_event",
    "on_price_threshold",
    "on_time_interval",
    "on_true",
    "order",
    "order_percent",
    "order_target",
    "order_target_percent",
    "order_target_percents",
    "order_target_value",
    "order_value",
    "record",
    "schedule_function",
    "set_account",
    "set_asset_restrictions",
    "set_benchmark",
    "set_borrow",
    "set_cancel_policy",
    "set_commission",
    "set_do_not_order_list",
    "set_financing",
    "set_latency",
    "set_long_only",
    "set_max_leverage",
    "set_max_order_count",
    "set_max_order_size",
    "set_max_position_size",
    "set_min_leverage",
    "set_rollover",
    "set_slippage",
    "set_symbol_lookup_date",
    "sid",
    "slippage",
    "spreads",
    "symbol",
    "symbols",
    "term",
    "time_rules",
]


def __dir__() -> list[str]:
    return sorted(__all__)
