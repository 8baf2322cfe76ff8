"""The functions that a strategy calls, as in `zipline.api`. Each is a method of `context` too.

They belong to the run that is active where they are called, so any number of runs can go side by side.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

from rustybt import orders as execution
from rustybt.core import Asset, ContinuousFuture, Future, Number, Order, math_utils
from rustybt.execution import cancel_policy, commission, slippage
from rustybt.execution.cancel_policy import EODCancel, NeverCancel
from rustybt.execution.slippage import FixedBasisPointsSlippage, FixedSlippage, VolumeShareSlippage
from rustybt.orders import (
    RESTRICTION_STATES,
    ExecutionStyle,
    HistoricalRestrictions,
    OrderOptions,
    Restriction,
    StaticRestrictions,
)
from rustybt.strategy import (
    DateRule,
    TimeRule,
    TradingAlgorithm,
    active,
    calendars,
    current_algorithm,
    date_rules,
    events,
    no_run,
    time_rules,
)

if TYPE_CHECKING:
    from rustybt.strategy import (
        Amounts,
        CancelPolicy,
        Commission,
        Context,
        FetchedRows,
        OnError,
        Restricting,
        SecurityList,
        Slippage,
        Weights,
        When,
    )
    from rustybt.view import BarData

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
    "batch_market_order",
    "calendars",
    "cancel_order",
    "cancel_policy",
    "commission",
    "continuous_future",
    "convert_currency",
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
    "order_target_percents",
    "order_target_value",
    "order_value",
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


def order(
    asset: Asset,
    amount: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    **options: Unpack[OrderOptions],
) -> str | None:
    """Orders so many units; negative sells. Returns the order's id, or None where the size comes to zero."""
    run = active() or no_run("order")
    return TradingAlgorithm.order(run, asset, amount, limit_price, stop_price, style, **options)


def order_value(
    asset: Asset,
    value: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    **options: Unpack[OrderOptions],
) -> str | None:
    """Orders units worth an amount of money at the current price."""
    run = active() or no_run("order_value")
    return TradingAlgorithm.order_value(run, asset, value, limit_price, stop_price, style, **options)


def order_percent(
    asset: Asset,
    percent: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    **options: Unpack[OrderOptions],
) -> str | None:
    """Orders units worth a share of the portfolio's value; 0.5 is half of it."""
    run = active() or no_run("order_percent")
    return TradingAlgorithm.order_percent(run, asset, percent, limit_price, stop_price, style, **options)


def order_target(
    asset: Asset,
    target: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    **options: Unpack[OrderOptions],
) -> str | None:
    """Orders the difference between what is held and a number of units. Open orders do not count."""
    run = active() or no_run("order_target")
    return TradingAlgorithm.order_target(run, asset, target, limit_price, stop_price, style, **options)


def order_target_value(
    asset: Asset,
    target: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    **options: Unpack[OrderOptions],
) -> str | None:
    """Orders the difference between what is held and units worth an amount of money."""
    run = active() or no_run("order_target_value")
    return TradingAlgorithm.order_target_value(run, asset, target, limit_price, stop_price, style, **options)


def order_target_percent(
    asset: Asset,
    target: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    **options: Unpack[OrderOptions],
) -> str | None:
    """Orders the difference between what is held and units worth a share of the portfolio's value."""
    run = active() or no_run("order_target_percent")
    return TradingAlgorithm.order_target_percent(run, asset, target, limit_price, stop_price, style, **options)


def order_target_percents(weights: Weights) -> list[str]:
    """Orders towards a share of the portfolio's value for each of several assets: many `order_target_percent` in one.

    weights: shares by asset, a dict or a pandas Series, or pairs of an asset and its share. They are placed in their
    order, like calls one after the other, and quicker. Returns the ids of the orders; where nothing is to be ordered
    there is none.
    """
    run = active() or no_run("order_target_percents")
    return TradingAlgorithm.order_target_percents(run, weights)


def get_order(order_id: str) -> Order[Any] | None:
    """A snapshot of an order; None if there is none with that id."""
    result: Order[Any] | None = current_algorithm("get_order").get_order(order_id)
    return result


@overload
def get_open_orders(asset: Asset) -> list[Order[Any]]: ...
@overload
def get_open_orders(asset: None = None) -> dict[Asset, list[Order[Any]]]: ...
def get_open_orders(asset: Asset | None = None) -> Any:
    """Snapshots of the open orders: of an asset a list, oldest first; without one a dict of such lists."""
    return current_algorithm("get_open_orders").get_open_orders(asset)


def cancel_order(order_param: str | Order[Any] | None) -> None:
    """Cancels an order that is open; one that is not open stays as it is, and None is passed over."""
    current_algorithm("cancel_order").cancel_order(order_param)


def symbol(symbol_str: str, country_code: str | None = None) -> Asset:
    """The asset that carries a symbol on the look-up date, which is the run's last session unless it was set.

    country_code: among the assets of that country. Raises SymbolNotFound, MultipleSymbolsFound.
    """
    result: Asset = current_algorithm("symbol").symbol(symbol_str, country_code)
    return result


def symbols(*args: str, country_code: str | None = None) -> list[Asset]:
    """The assets that carry these symbols, in their order."""
    result: list[Asset] = current_algorithm("symbols").symbols(*args, country_code=country_code)
    return result


def future_symbol(symbol: str) -> Future:
    """The contract of that symbol, like "CLF24". Raises SymbolNotFound."""
    result: Future = current_algorithm("future_symbol").future_symbol(symbol)
    return result


def continuous_future(
    root_symbol_str: str, offset: int = 0, roll: str = "volume", adjustment: str | None = "mul"
) -> ContinuousFuture:
    """The contracts of a root symbol read as one: its current contract, and windows spliced from all of them."""
    run = current_algorithm("continuous_future")
    result: ContinuousFuture = run.continuous_future(root_symbol_str, offset, roll, adjustment)
    return result


def convert_currency(amount: Number, from_currency: str, to_currency: str) -> str | None:
    """Converts an amount of one currency into another at the next bar's rate; negative buys the first instead.

    Returns the conversion's id, and None for an amount of zero; `result.conversions` has what became of it.
    Raises CurrencyMismatch where the bundle has no pairs that lead from the one to the other.
    """
    run = current_algorithm("convert_currency")
    result: str | None = run.convert_currency(amount, from_currency, to_currency)
    return result


def sid(sid: int) -> Asset:
    """The asset with that number in the bundle. Raises SidsNotFound."""
    result: Asset = current_algorithm("sid").sid(sid)
    return result


def record(*args: Any, **kwargs: Any) -> None:
    """Keeps values by name: pairs of name and value, or keywords. Each becomes a column of `result.recorded`."""
    current_algorithm("record").record(*args, **kwargs)


def schedule_function[S: (Decimal, float)](
    func: Callable[[Context[S], BarData[S]], object],
    date_rule: DateRule | None = None,
    time_rule: TimeRule | None = None,
    half_days: bool = True,
    calendar: str | None = None,
) -> None:
    """Calls func(context, data) by a rule for the session and one for the time of day, after handle_data."""
    run = current_algorithm("schedule_function")
    run.schedule_function(func, date_rule, time_rule, half_days, calendar)


def fetch_csv(
    url: str | Path,
    pre_func: Callable[[Any], Any] | None = None,
    post_func: Callable[[Any], Any] | None = None,
    date_column: str = "date",
    date_format: str | None = None,
    timezone: str | dt.tzinfo = "UTC",
    symbol: str | None = None,
    mask: bool = True,
    symbol_column: str | None = None,
    special_params_checker: Callable[[str], Any] | None = None,
    country_code: str | None = None,
    **kwargs: Any,
) -> FetchedRows:
    """Reads a CSV, from a file or over http, whose columns become fields that `data.current` knows.

    Each row has a date and, unless the whole file is about one thing that `symbol` names, a symbol. Its values are
    known from the date's session on, before_trading_start included, a row with a time of day after that moment; they
    hold until the next row. Numbers are exact as all others are, text stays text.
    url: a path, or an address of http, https or file. pre_func, post_func: functions of a pandas frame that return one:
    of what was read, and of what was placed (index: the moment; column `sid`: the asset, or `symbol`).
    date_column, date_format, timezone: where the date stands, how it is written, and which zone it means.
    symbol: a name for data about no asset: data.current("VIX", "close"). symbol_column: where the symbols stand.
    mask: leave out rows of symbols that the bundle does not have; False keeps them, under their symbol.
    special_params_checker: url -> (url, parameters). kwargs: params, headers, auth and cert for the address, and what
    pandas.read_csv takes.
    Returns what was read: `df`, `fields`, and how many rows were `dropped`.
    Raises NoData, naming file or address, where nothing can be read; InputError for a missing column; MissingExtra
    without pandas.
    """
    run = current_algorithm("fetch_csv")
    result: FetchedRows = run.fetch_csv(
        url=url,
        pre_func=pre_func,
        post_func=post_func,
        date_column=date_column,
        date_format=date_format,
        timezone=timezone,
        symbol=symbol,
        mask=mask,
        symbol_column=symbol_column,
        special_params_checker=special_params_checker,
        country_code=country_code,
        **kwargs,
    )
    return result


def get_datetime(tz: str | dt.tzinfo | None = None) -> dt.datetime:
    """The moment, in UTC or in another time zone."""
    result: dt.datetime = current_algorithm("get_datetime").get_datetime(tz)
    return result


def get_environment(field: str = "platform") -> Any:
    """A fact about the run: arena, data_frequency, start, end, capital_base, platform, or "*" for all of them."""
    return current_algorithm("get_environment").get_environment(field)


def set_benchmark(benchmark: Asset) -> None:
    """Compares the run with an asset: alpha, beta and the benchmark's columns; only in `initialize`."""
    current_algorithm("set_benchmark").set_benchmark(benchmark)


def set_symbol_lookup_date(dt: When) -> None:
    """The day on which an asset must carry a symbol for `symbol` to find it, from now on."""
    current_algorithm("set_symbol_lookup_date").set_symbol_lookup_date(dt)


def set_slippage(us_equities: Slippage | None = None, us_futures: Slippage | None = None) -> None:
    """Sets the slippage model; only in `initialize`."""
    current_algorithm("set_slippage").set_slippage(us_equities, us_futures)


def set_commission(us_equities: Commission | None = None, us_futures: Commission | None = None) -> None:
    """Sets the commission model; only in `initialize`."""
    current_algorithm("set_commission").set_commission(us_equities, us_futures)


def set_cancel_policy(cancel_policy: CancelPolicy) -> None:
    """Sets when open orders are cancelled; only in `initialize`."""
    current_algorithm("set_cancel_policy").set_cancel_policy(cancel_policy)


def batch_market_order(share_counts: Amounts) -> list[str]:
    """Places market orders for several assets, past the controls: units by asset. Returns the ids of the orders."""
    result: list[str] = current_algorithm("batch_market_order").batch_market_order(share_counts)
    return result


def set_max_position_size(
    asset: Asset | None = None,
    max_shares: Number | None = None,
    max_notional: Number | None = None,
    on_error: OnError = "fail",
) -> None:
    """Limits the units, and the money, of a position as it would be with an order; only in `initialize`."""
    current_algorithm("set_max_position_size").set_max_position_size(asset, max_shares, max_notional, on_error)


def set_max_order_size(
    asset: Asset | None = None,
    max_shares: Number | None = None,
    max_notional: Number | None = None,
    on_error: OnError = "fail",
) -> None:
    """Limits the units, and the money, of an order; only in `initialize`."""
    current_algorithm("set_max_order_size").set_max_order_size(asset, max_shares, max_notional, on_error)


def set_max_order_count(max_count: int, on_error: OnError = "fail") -> None:
    """Limits the orders of a day; only in `initialize`."""
    current_algorithm("set_max_order_count").set_max_order_count(max_count, on_error)


def set_long_only(on_error: OnError = "fail") -> None:
    """Allows no order that would make a position short; only in `initialize`."""
    current_algorithm("set_long_only").set_long_only(on_error)


def set_asset_restrictions(restrictions: Restricting, on_error: OnError = "fail") -> None:
    """Allows no order for an asset while it is restricted; only in `initialize`."""
    current_algorithm("set_asset_restrictions").set_asset_restrictions(restrictions, on_error)


def set_do_not_order_list(restricted_list: Iterable[Asset] | SecurityList, on_error: OnError = "fail") -> None:
    """Allows no order for the assets of a list; only in `initialize`."""
    current_algorithm("set_do_not_order_list").set_do_not_order_list(restricted_list, on_error)


def set_max_leverage(max_leverage: Number) -> None:
    """Ends the run where the leverage is above it at a close; only in `initialize`."""
    current_algorithm("set_max_leverage").set_max_leverage(max_leverage)


def set_min_leverage(min_leverage: Number, grace_period: dt.timedelta) -> None:
    """Ends the run where the leverage is below it at a close, once the grace period has passed; in `initialize`."""
    current_algorithm("set_min_leverage").set_min_leverage(min_leverage, grace_period)
