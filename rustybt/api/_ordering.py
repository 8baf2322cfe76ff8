"""What a strategy orders, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from rustybt.core import Asset, Number, Order
from rustybt.orders import ExecutionStyle, GoodTill, TimeInForceName
from rustybt.strategy import TradingAlgorithm, active, current_algorithm, no_run

if TYPE_CHECKING:
    from rustybt.strategy import (
        Amounts,
        Weights,
    )


def order(
    asset: Asset,
    amount: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    time_in_force: TimeInForceName | None = None,
    good_till: GoodTill | None = None,
    post_only: bool | None = None,
    reduce_only: bool | None = None,
    tag: str | None = None,
) -> str | None:
    """Orders so many units; negative sells. Returns the order's id, or None where the size comes to zero.

    style: what kind of order, such as `execution.TrailingStopOrder(percent=5)`, in place of limit_price and stop_price.
    time_in_force: "gtc", "day", "gtd", "ioc" or "fok". good_till: a date or a moment. These, post_only, reduce_only and
    tag are the same in every order function, and `execution.OrderOptions` says more. Pass them by name: their places
    may change.

    >>> from rustybt import run
    >>> from rustybt.api import order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("AAPL"), 10)
    ...     order(symbol("MSFT"), -5, limit_price="31.10")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05")
    >>> result.orders.select("id", "symbol", "amount", "limit", "status").rows()[:2]
    [('main-1', 'AAPL', Decimal('10'), None, 'filled'), ('main-2', 'MSFT', Decimal('-5'), Decimal('31.1'), 'open')]
    """
    run = active() or no_run("order")
    return TradingAlgorithm.order(
        run, asset, amount, limit_price, stop_price, style, time_in_force, good_till, post_only, reduce_only, tag
    )


def order_value(
    asset: Asset,
    value: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    time_in_force: TimeInForceName | None = None,
    good_till: GoodTill | None = None,
    post_only: bool | None = None,
    reduce_only: bool | None = None,
    tag: str | None = None,
) -> str | None:
    """Orders units worth an amount of money at the current price.

    >>> from rustybt import run
    >>> from rustybt.api import order_value, symbol
    >>> result = run(lambda context, data: order_value(symbol("IBM"), 1000), start="2010-01-04", end="2010-01-05")
    >>> result.orders["amount"][0]  # at 132.45
    Decimal('7')
    """
    run = active() or no_run("order_value")
    return TradingAlgorithm.order_value(
        run, asset, value, limit_price, stop_price, style, time_in_force, good_till, post_only, reduce_only, tag
    )


def order_percent(
    asset: Asset,
    percent: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    time_in_force: TimeInForceName | None = None,
    good_till: GoodTill | None = None,
    post_only: bool | None = None,
    reduce_only: bool | None = None,
    tag: str | None = None,
) -> str | None:
    """Orders units worth a share of the portfolio's value; 0.5 is half of it.

    >>> from rustybt import run
    >>> from rustybt.api import order_percent, symbol
    >>> result = run(lambda context, data: order_percent(symbol("IBM"), "0.5"), start="2010-01-04", end="2010-01-05")
    >>> result.orders["amount"][0]  # half of 100,000 at 132.45
    Decimal('377')
    """
    run = active() or no_run("order_percent")
    return TradingAlgorithm.order_percent(
        run, asset, percent, limit_price, stop_price, style, time_in_force, good_till, post_only, reduce_only, tag
    )


def order_target(
    asset: Asset,
    target: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    time_in_force: TimeInForceName | None = None,
    good_till: GoodTill | None = None,
    post_only: bool | None = None,
    reduce_only: bool | None = None,
    tag: str | None = None,
) -> str | None:
    """Orders the difference between what is held and a number of units. Open orders do not count.

    >>> from rustybt import run
    >>> from rustybt.api import order_target, symbol
    >>> result = run(lambda context, data: order_target(symbol("IBM"), 10), start="2010-01-04", end="2010-01-07")
    >>> result.orders["amount"].to_list()  # once it is held nothing is ordered any more
    [Decimal('10')]
    """
    run = active() or no_run("order_target")
    return TradingAlgorithm.order_target(
        run, asset, target, limit_price, stop_price, style, time_in_force, good_till, post_only, reduce_only, tag
    )


def order_target_value(
    asset: Asset,
    target: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    time_in_force: TimeInForceName | None = None,
    good_till: GoodTill | None = None,
    post_only: bool | None = None,
    reduce_only: bool | None = None,
    tag: str | None = None,
) -> str | None:
    """Orders the difference between what is held and units worth an amount of money.

    >>> from rustybt import run
    >>> from rustybt.api import order_target_value, symbol
    >>> def handle_data(context, data):
    ...     order_target_value(symbol("IBM"), 1000 if data.current_session.day < 6 else 0)
    >>> run(handle_data, start="2010-01-04", end="2010-01-07").transactions["amount"].to_list()
    [Decimal('7'), Decimal('-7')]
    """
    run = active() or no_run("order_target_value")
    return TradingAlgorithm.order_target_value(
        run, asset, target, limit_price, stop_price, style, time_in_force, good_till, post_only, reduce_only, tag
    )


def order_target_percent(
    asset: Asset,
    target: Number,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    time_in_force: TimeInForceName | None = None,
    good_till: GoodTill | None = None,
    post_only: bool | None = None,
    reduce_only: bool | None = None,
    tag: str | None = None,
) -> str | None:
    """Orders the difference between what is held and units worth a share of the portfolio's value.

    >>> from rustybt import run
    >>> from rustybt.api import order_target_percent, symbol
    >>> def handle_data(context, data):
    ...     order_target_percent(symbol("IBM"), 0.5)
    ...     order_target_percent(symbol("AAPL"), 0.5)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05")
    >>> result.orders["amount"].to_list()[:2]
    [Decimal('377'), Decimal('233')]
    """
    run = active()
    if run is None:
        no_run("order_target_percent")
    # the hottest of all, so without a call of the context's own: that took a tenth of it
    if (
        limit_price is None
        and stop_price is None
        and style is None
        and time_in_force is None
        and good_till is None
        and post_only is None
        and reduce_only is None
        and tag is None
    ):
        placed: str | None = run._size_and_place(asset, target, True)
        if placed is not NotImplemented:
            return placed
    return TradingAlgorithm.order_target_percent(
        run, asset, target, limit_price, stop_price, style, time_in_force, good_till, post_only, reduce_only, tag
    )


def order_target_percents(weights: Weights) -> list[str]:
    """Orders towards a share of the portfolio's value for each of several assets: many `order_target_percent` in one.

    weights: shares by asset, a dict or a pandas Series, or pairs of an asset and its share. All of them are
    sized, then they are placed in their order, like calls one after the other, and quicker. Returns the ids of the
    orders; where nothing is to be ordered there is none. Raises InputError for what is no pair and for an asset that
    stands twice, and what `order_target_percent` raises; nothing is placed then.

    >>> from rustybt import run
    >>> from rustybt.api import order_target_percents, symbols
    >>> def handle_data(context, data):
    ...     assets = symbols("IBM", "AAPL", "MSFT")
    ...     order_target_percents({asset: 1 / len(assets) for asset in assets})
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders["symbol"].to_list()[:3]
    ['IBM', 'AAPL', 'MSFT']
    """
    run = active() or no_run("order_target_percents")
    return TradingAlgorithm.order_target_percents(run, weights)


def batch_market_order(share_counts: Amounts) -> list[str]:
    """Places market orders for several assets, past the controls: units by asset. Returns the ids of the orders.

    >>> from rustybt import Strategy, run
    >>> from rustybt.api import batch_market_order, symbol
    >>> class BeforeTheOpen(Strategy):
    ...     def before_trading_start(self, context, data):
    ...         batch_market_order({symbol("IBM"): 1, symbol("AAPL"): 2})
    >>> run(BeforeTheOpen, start="2010-01-04", end="2010-01-04").transactions["amount"].to_list()
    [Decimal('1'), Decimal('2')]
    """
    result: list[str] = current_algorithm("batch_market_order").batch_market_order(share_counts)
    return result


def get_order(order_id: str) -> Order[Any] | None:
    """A snapshot of an order; None if there is none with that id.

    >>> from rustybt import run
    >>> from rustybt.api import get_order, order, symbol
    >>> def handle_data(context, data):
    ...     placed = order(symbol("IBM"), 1, limit_price=100)
    ...     print(placed, get_order(placed).status.name, get_order("main-9"))
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    main-1 OPEN None
    """
    result: Order[Any] | None = current_algorithm("get_order").get_order(order_id)
    return result


@overload
def get_open_orders(asset: Asset) -> list[Order[Any]]: ...
@overload
def get_open_orders(asset: None = None) -> dict[Asset, list[Order[Any]]]: ...
def get_open_orders(asset: Asset | None = None) -> Any:
    """Snapshots of the open orders: of an asset a list, oldest first; without one a dict of such lists.

    >>> from rustybt import run
    >>> from rustybt.api import get_open_orders, order, symbol
    >>> def handle_data(context, data):
    ...     asset = symbol("IBM")
    ...     order(asset, 1, limit_price=100)
    ...     print([waiting.id for waiting in get_open_orders(asset)], list(get_open_orders()))
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    ['main-1'] [Equity(4 [IBM])]
    """
    return current_algorithm("get_open_orders").get_open_orders(asset)


def cancel_order(order_param: str | Order[Any] | None) -> None:
    """Cancels an order that is open; one that is not open stays as it is, and None is passed over.

    >>> from rustybt import run
    >>> from rustybt.api import cancel_order, get_open_orders, order, symbol
    >>> def handle_data(context, data):
    ...     for waiting in get_open_orders(symbol("IBM")):
    ...         cancel_order(waiting)
    ...     order(symbol("IBM"), 1, limit_price=100)
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders["status"].to_list()
    ['cancelled', 'open']
    """
    current_algorithm("cancel_order").cancel_order(order_param)


def convert_currency(amount: Number, from_currency: str, to_currency: str) -> str | None:
    """Converts an amount of one currency into another at the next bar's rate; negative buys the first instead.

    Returns the conversion's id, and None for an amount of zero; `result.conversions` has what became of it.
    Raises CurrencyMismatch where the bundle has no pairs that lead from the one to the other.

    >>> from decimal import Decimal
    >>> import polars as pl
    >>> from rustybt import run
    >>> from rustybt.api import convert_currency, symbol
    >>> days = ["2024-03-04", "2024-03-05"]
    >>> pair = pl.DataFrame({"date": days, "open": "1.08", "high": "1.09", "low": "1.07", "close": ["1.08", "1.09"]})
    >>> data, pairs = {"EUR/USD": pair}, {"type": "forex"}
    >>> def handle_data(context, data):
    ...     if data.current_session.day == 4:
    ...         convert_currency(1000, "USD", "EUR")
    >>> result = run(handle_data, data, assets=pairs, trading_calendar="24/5", currency="USD")
    >>> print(result.cash_by_currency["USD"][-1], result.cash_by_currency["EUR"][-1].quantize(Decimal("0.01")))
    99000.00000000000000000000 917.43
    """
    run = current_algorithm("convert_currency")
    result: str | None = run.convert_currency(amount, from_currency, to_currency)
    return result
