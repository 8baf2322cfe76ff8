"""Linked orders, and changes to those that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

from rustybt.core import Asset, Number, Order
from rustybt.strategy import current_algorithm

if TYPE_CHECKING:
    from rustybt.orders import Bracket, ExecutionStyle, OrderOptions
    from rustybt.strategy import Exit


def bracket_order(
    asset: Asset,
    amount: Number,
    *,
    take_profit: Exit | None = None,
    stop_loss: Exit | None = None,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    style: ExecutionStyle | None = None,
    link: Literal["reduce", "oco"] = "reduce",
    after: Literal["part", "whole"] = "part",
    **options: Unpack[OrderOptions],
) -> Bracket:
    """Orders units, and exits that protect what is filled of them: a limit that takes profit, a stop, or both.

    take_profit, stop_loss: a price, `execution.Distance(2)` or `execution.Percent(5)` from the price at which the entry
    first fills, or a style such as `execution.TrailingStopOrder(percent=5)`.
    link: "reduce": what an exit fills is taken from the other one; "oco": it cancels the other one. after: "part":
    exits are as large as what is filled so far; "whole": they begin when the entry is filled. limit_price, stop_price,
    style and options: of the entry, as `order` takes them.
    An exit that fills cancels the rest of the entry; an entry that ends unfilled cancels its exits; a refused entry has
    none. Exits only reduce the position, and are past the trading controls.
    Raises BadOrderParameters, and places nothing, where an exit lies on the wrong side of the entry.

    >>> from rustybt import run
    >>> from rustybt.api import bracket_order, execution, symbol
    >>> def handle_data(context, data):
    ...     if not context.portfolio.positions:
    ...         bracket_order(symbol("IBM"), 10, take_profit=execution.Percent(2), stop_loss=125)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-08", trigger="range")
    >>> result.orders.select("id", "status", "limit", "stop").rows()[1:3]
    [('main-2', 'open', Decimal('133.54'), None), ('main-3', 'open', None, Decimal('125'))]
    """
    bracket: Bracket = current_algorithm("bracket_order").bracket_order(
        asset,
        amount,
        take_profit=take_profit,
        stop_loss=stop_loss,
        limit_price=limit_price,
        stop_price=stop_price,
        style=style,
        link=link,
        after=after,
        **options,
    )
    return bracket


def attach_exits(
    order_param: str | Order[Any],
    *,
    take_profit: Exit | None = None,
    stop_loss: Exit | None = None,
    link: Literal["reduce", "oco"] = "reduce",
    after: Literal["part", "whole"] = "part",
) -> Bracket:
    """Gives an open or filled order exits, as `bracket_order` does.

    Raises BadOrderParameters where the order is over without a fill, or has exits.

    >>> from rustybt import run
    >>> from rustybt.api import attach_exits, order, symbol
    >>> def handle_data(context, data):
    ...     if not context.portfolio.positions:
    ...         attach_exits(order(symbol("IBM"), 10), stop_loss=125)
    >>> run(handle_data, start="2010-01-04", end="2010-01-06").orders["status"].to_list()
    ['filled', 'open']
    """
    bracket: Bracket = current_algorithm("attach_exits").attach_exits(
        order_param, take_profit=take_profit, stop_loss=stop_loss, link=link, after=after
    )
    return bracket


def oco(*order_params: str | Order[Any], link: Literal["oco", "reduce"] = "oco") -> str:
    """Links open orders: a fill of one cancels the others, or, with "reduce", takes as much from them.

    Returns the group's id.

    >>> from rustybt import run
    >>> from rustybt.api import oco, order, symbol
    >>> def handle_data(context, data):
    ...     if data.current_session.day == 4:
    ...         print(oco(order(symbol("IBM"), 5, limit_price=200), order(symbol("IBM"), 5, limit_price=100)))
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders["status"].to_list()
    group-1
    ['filled', 'cancelled']
    """
    group: str = current_algorithm("oco").oco(*order_params, link=link)
    return group


def cancel_orders(asset: Asset | None = None, tag: str | None = None) -> int:
    """Cancels the open orders: all, those of an asset, those with a tag. Returns how many.

    >>> from rustybt import run
    >>> from rustybt.api import cancel_orders, order, symbol
    >>> def handle_data(context, data):
    ...     cancel_orders(tag="low")
    ...     order(symbol("IBM"), 1, limit_price=100, tag="low")
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders["status"].to_list()
    ['cancelled', 'open']
    """
    cancelled: int = current_algorithm("cancel_orders").cancel_orders(asset, tag)
    return cancelled


def modify_order(
    order_param: str | Order[Any],
    *,
    amount: Number | None = None,
    limit_price: Number | None = None,
    stop_price: Number | None = None,
    trail_amount: Number | None = None,
    trail_percent: Number | None = None,
) -> bool:
    """Gives an open order another amount, of the whole order, or other prices, from the next bar on.

    Returns False where the order is over, or more of it is filled than the new amount: it stays as it is then. An
    amount that is filled already ends it. With a new price or a larger amount it waits behind the asset's orders.
    Raises InputError for an id that is none, BadOrderParameters for a price that the order does not have.

    >>> from rustybt import run
    >>> from rustybt.api import get_open_orders, modify_order, order, symbol
    >>> def handle_data(context, data):
    ...     for waiting in get_open_orders(symbol("IBM")):
    ...         modify_order(waiting, limit_price=131)
    ...     if not context.portfolio.positions and not get_open_orders(symbol("IBM")):
    ...         order(symbol("IBM"), 1, limit_price=100)
    >>> run(handle_data, start="2010-01-04", end="2010-01-05").orders["limit"].to_list()
    [Decimal('131')]
    """
    run = current_algorithm("modify_order")
    prices = {"limit_price": limit_price, "stop_price": stop_price}
    changed: bool = run.modify_order(
        order_param, amount=amount, **prices, trail_amount=trail_amount, trail_percent=trail_percent
    )
    return changed


def close_position(asset: Asset) -> str | None:
    """Cancels the asset's open orders, and closes its position at the market. Returns the order's id, or None.

    >>> from rustybt import run
    >>> from rustybt.api import close_position, order, symbol
    >>> def handle_data(context, data):
    ...     close_position(symbol("IBM")) if context.portfolio.positions else order(symbol("IBM"), 5)
    >>> run(handle_data, start="2010-01-04", end="2010-01-06").transactions["amount"].to_list()
    [Decimal('5'), Decimal('-5')]
    """
    order_id: str | None = current_algorithm("close_position").close_position(asset)
    return order_id


def close_all() -> list[str]:
    """Cancels all open orders, and closes all positions at the market. Returns the ids of the orders.

    >>> from rustybt import run
    >>> from rustybt.api import close_all, order, symbols
    >>> def handle_data(context, data):
    ...     close_all() if context.portfolio.positions else [order(asset, 5) for asset in symbols("IBM", "AAPL")]
    >>> run(handle_data, start="2010-01-04", end="2010-01-06").transactions["amount"].to_list()
    [Decimal('5'), Decimal('5'), Decimal('-5'), Decimal('-5')]
    """
    ids: list[str] = current_algorithm("close_all").close_all()
    return ids
