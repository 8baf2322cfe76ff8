"""The order functions of `context`: each is the order gate's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, Unpack, overload

from rustybt.core import Asset, Number, Order, Scalar
from rustybt.errors import InputError
from rustybt.orders import (
    ExecutionStyle,
    GoodTill,
    OrderBook,
    OrderGate,
    OrderOptions,
    TimeInForceName,
    options_of,
)
from rustybt.strategy._account_state import AccountState
from rustybt.strategy._by_asset import ByAsset
from rustybt.strategy._order_views import OrderViews

if TYPE_CHECKING:
    from rustybt.orders import Amounts, Bracket, Distance, Percent, Weights

type Exit = Number | Distance | Percent | ExecutionStyle
"""Where an exit stands: a price, so far from the entry's first fill, or a style such as a trailing stop."""


class Ordering(Generic[Scalar]):
    """The part of `context` that places, finds and cancels orders."""

    __slots__ = ("_book", "_gate", "_size_and_place", "_state", "_views")

    def __init__(
        self, gate: OrderGate, book: OrderBook, views: OrderViews[Scalar], account: AccountState[Scalar]
    ) -> None:
        self._gate = gate
        self._book = book
        self._views = views
        self._state = account
        self._size_and_place = gate.size_and_place

    def order(
        self,
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

        What is not a whole number of quantity steps is cut towards zero (within 1/10,000 of a step it is rounded).
        """
        options = options_of(time_in_force, good_till, post_only, reduce_only, tag)
        return self._gate.order(asset, amount, limit_price, stop_price, style, options)

    def order_value(
        self,
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
        """Orders units worth an amount of money, of the run's currency, at the current price and rate."""
        options = options_of(time_in_force, good_till, post_only, reduce_only, tag)
        return self._gate.order_value(asset, value, limit_price, stop_price, style, options)

    def order_percent(
        self,
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
        """Orders units worth a share of the portfolio's value; 0.5 is half of it."""
        options = options_of(time_in_force, good_till, post_only, reduce_only, tag)
        if limit_price is None and stop_price is None and style is None and not options:
            placed: str | None = self._size_and_place(asset, percent, False)
            if placed is not NotImplemented:
                return placed
        return self._gate.order_percent(asset, percent, limit_price, stop_price, style, options)

    def order_target(
        self,
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
        """Orders the difference between what is held and a number of units. Open orders do not count."""
        options = options_of(time_in_force, good_till, post_only, reduce_only, tag)
        return self._gate.order_target(asset, target, limit_price, stop_price, style, options)

    def order_target_value(
        self,
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
        """Orders the difference between what is held and units worth an amount of money, of the run's currency."""
        options = options_of(time_in_force, good_till, post_only, reduce_only, tag)
        return self._gate.order_target_value(asset, target, limit_price, stop_price, style, options)

    def order_target_percent(
        self,
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
        """Orders the difference between what is held and units worth a share of the portfolio's value."""
        options = options_of(time_in_force, good_till, post_only, reduce_only, tag)
        if limit_price is None and stop_price is None and style is None and not options:
            placed: str | None = self._size_and_place(asset, target, True)
            if placed is not NotImplemented:
                return placed
        return self._gate.order_target_percent(asset, target, limit_price, stop_price, style, options)

    def order_target_percents(self, weights: Weights) -> list[str]:
        """Orders towards a share of the portfolio's value for each of several assets, as order_target_percent does.

        weights: shares by asset, a dict or a pandas Series, or pairs of an asset and its share, such as
        zip(assets, shares). All of them are sized, then they are placed in their order. Returns the ids of the orders;
        where nothing is to be ordered there is none. Raises InputError for what is no pair, and what
        `order_target_percent` raises; nothing is placed then.
        """
        return self._gate.order_target_percents(weights)

    def batch_market_order(self, share_counts: Amounts) -> list[str]:
        """Places market orders for several assets, past the controls. Returns the ids; a size of zero has none.

        share_counts: units by asset, a dict or a pandas Series. May be called in before_trading_start too: the orders
        are eligible from the session's first bar.
        """
        return self._gate.batch_market_order(share_counts)

    def get_order(self, order_id: str) -> Order[Scalar] | None:
        """A snapshot of an order; None if there is none with that id."""
        order = self._book.find(order_id)
        return None if order is None else self._views.of(order)

    @overload
    def get_open_orders(self, asset: Asset) -> list[Order[Scalar]]: ...
    @overload
    def get_open_orders(self, asset: None = None) -> dict[Asset, list[Order[Scalar]]]: ...
    def get_open_orders(self, asset: Asset | None = None) -> list[Order[Scalar]] | dict[Asset, list[Order[Scalar]]]:
        """Snapshots of the open orders: of an asset a list, oldest first; without one a dict of such lists."""
        view, queues = self._views.of, self._book.open
        if asset is not None:
            if not isinstance(asset, Asset):
                raise InputError(f"get_open_orders({asset!r}): pass an asset, from symbol(...), or nothing.")
            instrument = self._state.market.instruments.get(asset.sid)
            if instrument is None or instrument.asset != asset:
                return []
            return [view(order) for order in queues.get(instrument.slot, ())]
        by_asset = {queue[0].instrument.asset: [view(order) for order in queue] for queue in queues.values()}
        return ByAsset(by_asset, self._state.notes, "get_open_orders()")

    def bracket_order(
        self,
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
        """Orders units, and exits that protect what is filled of them; `rustybt.api.bracket_order` says more."""
        from rustybt.orders import place_bracket

        exits, prices = (take_profit, stop_loss), (limit_price, stop_price, style)
        return place_bracket(self._gate, asset, amount, exits, prices, link, after, options)

    def attach_exits(
        self,
        order_param: str | Order[Any],
        *,
        take_profit: Exit | None = None,
        stop_loss: Exit | None = None,
        link: Literal["reduce", "oco"] = "reduce",
        after: Literal["part", "whole"] = "part",
    ) -> Bracket:
        """Gives an order exits, as `bracket_order` does. Raises BadOrderParameters where it is over without a fill."""
        from rustybt.orders import attach

        order_id = order_param.id if isinstance(order_param, Order) else order_param
        return attach(self._gate, order_id, (take_profit, stop_loss), link, after)

    def oco(self, *order_params: str | Order[Any], link: Literal["oco", "reduce"] = "oco") -> str:
        """Links open orders: a fill of one cancels the others, or, with "reduce", takes as much from them.

        Returns the group's id.
        """
        from rustybt.orders import one_cancels_others

        return one_cancels_others(self._gate, order_params, link)

    def modify_order(
        self,
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
        """
        return self._gate.modify_order(
            order_param.id if isinstance(order_param, Order) else order_param,
            amount=amount,
            limit_price=limit_price,
            stop_price=stop_price,
            trail_amount=trail_amount,
            trail_percent=trail_percent,
        )

    def cancel_orders(self, asset: Asset | None = None, tag: str | None = None) -> int:
        """Cancels the open orders: all, those of an asset, those with a tag. Returns how many."""
        return self._gate.cancel_orders(asset, tag)

    def close_position(self, asset: Asset) -> str | None:
        """Cancels the asset's open orders, and closes its position at the market. Returns the order's id, or None."""
        return self._gate.close_position(asset)

    def close_all(self) -> list[str]:
        """Cancels all open orders, and closes all positions at the market. Returns the ids of the orders."""
        return self._gate.close_all()

    def cancel_order(self, order_param: str | Order[Any] | None) -> None:
        """Cancels an order that is open; one that is not open stays as it is.

        None, the id of an order whose size came to zero, is passed over. Raises InputError for an id that is none.
        """
        if order_param is not None:
            self._gate.cancel_order(order_param.id if isinstance(order_param, Order) else order_param)
