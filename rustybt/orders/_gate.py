"""The way of every order into the book of an account, whoever places it: a strategy, an account rule, a server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rustybt._kernels import Kernel
from rustybt.core import Asset, Cause, Notes, Number, datetime_of
from rustybt.errors import InputError, OrderDuringInitialize
from rustybt.orders._book import OrderBook
from rustybt.orders._changes import Wire, cancel_matching, modify_within
from rustybt.orders._controls import Intent, TradingControl, controlled
from rustybt.orders._instrument import Clock, Conversions, Instrument, Limit, Market, Phased, Quantities, Rules, Sizer
from rustybt.orders._placed import BEYOND_PRICES, NO_OPTIONS, OrderOptions, is_forced, placed, placed_at, terms_at
from rustybt.orders._refusals import (
    ORDERING,
    check_size,
    keep_watch,
    no_asset,
    not_convertible,
    pairs_of,
    refusal_of,
    refusal_of_terms,
    wrong_moment,
)
from rustybt.orders._scaling import Scaling
from rustybt.orders._sizing import is_cut, note_cut, price_to_size_at, size_of_money, size_of_share, size_of_units
from rustybt.orders._weights import TargetSizer

if TYPE_CHECKING:
    from rustybt.orders._instrument import Amounts, Weights
    from rustybt.orders._styles import ExecutionStyle

LARGE: Final = 10**11
"""Scaled units from which on a size is looked at closer."""
LOG: Final = logging.getLogger("rustybt.orders")


class OrderGate:
    """Places orders: sized, on the asset's tick, held to the controls; each is accepted, or kept as refused.

    market, clock, moment: which bar it is, and whether orders may be placed. books: what sizes are reckoned from. book:
    where orders go. rules: Zipline's ways, or not. currency: of the books. conversions: the rates to it; None in a run
    of one currency. quantities, portfolio, data: what controls of the user's own get. notes: where the first size of
    units is told that was no whole number.
    controls: what each order is held to; the one that adds to it adds here. limit: what the account
    allows, of orders past the controls too. wire: what carries orders, changes and cancels where that takes time; None
    where it does not. limit_price, stop_price, style: of every
    method, as `rustybt.api.order` takes them, and as options the rest. Methods return the id, or None for no size.
    size_and_place: `order_percent` and `order_target_percent` for market orders that need no second look, with the
    asset, the weight and whether it is a target; NotImplemented of the others.
    """

    def __init__(
        self,
        *,
        market: Market,
        clock: Clock,
        moment: Phased,
        books: Sizer,
        book: OrderBook,
        rules: Rules,
        currency: str,
        kernel: Kernel,
        quantities: Quantities,
        conversions: Conversions | None = None,
        portfolio: object = None,
        notes: Notes | None = None,
    ) -> None:
        self.controls: list[TradingControl] = []
        self.limit: Limit | None = None
        self.wire: Wire | None = None
        self.market = market
        self._loaded = market.instruments
        self._clock = clock
        self._moment = moment
        self._books = books
        self.book = book
        self._rules = rules
        self._currency = currency
        self._whole_steps = kernel.whole_steps
        self._quantities = quantities
        self._conversions = conversions
        self._portfolio = portfolio
        # until it has told of a size that was cut
        self._notes = self._untold = notes
        # on its own, and no method of the gate: what is native holds it, and would hold the gate for ever
        self._scaled = Scaling().of
        kind: Any = kernel.target_sizer or TargetSizer
        sizer: TargetSizer = kind(moment, market, books, book, self.controls, self._scaled, LARGE)
        self._register, self.size_and_place, self._size_and_place_all = sizer.register, sizer.order, sizer.order_targets

    def order(
        self,
        asset: Asset,
        amount: Number,
        limit_price: Number | None = None,
        stop_price: Number | None = None,
        style: ExecutionStyle | None = None,
        options: OrderOptions = NO_OPTIONS,
    ) -> str | None:
        """Orders so many units, cut towards zero to whole quantity steps; negative sells."""
        instrument = self.orderable(asset)
        if instrument is None:
            return None
        return self._place(
            instrument, self.units(instrument, amount, "amount"), limit_price, stop_price, style, options
        )

    def order_value(
        self,
        asset: Asset,
        value: Number,
        limit_price: Number | None = None,
        stop_price: Number | None = None,
        style: ExecutionStyle | None = None,
        options: OrderOptions = NO_OPTIONS,
    ) -> str | None:
        """Orders units worth an amount of money, of the run's currency, at the current price and rate."""
        return self._order_money(asset, value, False, limit_price, stop_price, style, options)

    def order_percent(
        self,
        asset: Asset,
        percent: Number,
        limit_price: Number | None = None,
        stop_price: Number | None = None,
        style: ExecutionStyle | None = None,
        options: OrderOptions = NO_OPTIONS,
    ) -> str | None:
        """Orders units worth a share of the account's value; 0.5 is half of it."""
        return self._order_share(asset, percent, False, limit_price, stop_price, style, options)

    def order_target(
        self,
        asset: Asset,
        target: Number,
        limit_price: Number | None = None,
        stop_price: Number | None = None,
        style: ExecutionStyle | None = None,
        options: OrderOptions = NO_OPTIONS,
    ) -> str | None:
        """Orders the difference between what is held and a number of units. Open orders do not count."""
        instrument = self.orderable(asset)
        if instrument is None:
            return None
        held = self._books.position(instrument.slot)[0]
        size = self.units(instrument, target, "target", held)
        return self._place(instrument, size, limit_price, stop_price, style, options)

    def order_target_value(
        self,
        asset: Asset,
        target: Number,
        limit_price: Number | None = None,
        stop_price: Number | None = None,
        style: ExecutionStyle | None = None,
        options: OrderOptions = NO_OPTIONS,
    ) -> str | None:
        """Orders the difference between what is held and units worth an amount of money."""
        return self._order_money(asset, target, True, limit_price, stop_price, style, options)

    def order_target_percent(
        self,
        asset: Asset,
        target: Number,
        limit_price: Number | None = None,
        stop_price: Number | None = None,
        style: ExecutionStyle | None = None,
        options: OrderOptions = NO_OPTIONS,
    ) -> str | None:
        """Orders the difference between what is held and units worth a share of the account's value."""
        return self._order_share(asset, target, True, limit_price, stop_price, style, options)

    def order_target_percents(self, weights: Weights) -> list[str]:
        """Orders towards a share of the account's value for each of several assets; `rustybt.api` says more.

        All of them are sized, then they are placed in their order. Returns the ids of the orders. Raises InputError for
        what is no pair and for an asset that stands twice, and what `order_target_percent` raises; nothing is placed
        then.
        """
        return self._size_and_place_all(pairs_of(weights), self._prepared_pair)

    def batch_market_order(self, share_counts: Amounts) -> list[str]:
        """Places market orders for units by asset, past the controls; before a session's bars too. Returns the ids."""
        if not hasattr(share_counts, "items"):
            raise InputError(f"batch_market_order({share_counts!r}): pass units by asset, a dict or a Series.")
        phase = self._moment.phase
        if phase not in (*ORDERING, "before"):
            raise OrderDuringInitialize(f"Orders were placed in {phase}. Place them in handle_data.")
        ids: list[str | None] = []
        for asset, amount in share_counts.items():
            instrument = self._instrument(asset)
            size = self.units(instrument, amount, "share_counts")
            ids.append(self._place(instrument, size, None, None, None, past_controls=True))
        return [order_id for order_id in ids if order_id is not None]

    def cancel_order(self, order_id: object) -> None:
        """Cancels an order that is open; one that is not open stays as it is. Raises InputError for no such id."""
        order = self.book.find(order_id)
        if order is None:
            raise InputError(f"cancel_order({order_id!r}): there is no order with that id.")
        if not is_forced(order):
            (self.wire or self.book).cancel(order, self._clock.now_ns(), Cause.STRATEGY)

    def modify_order(self, order_id: object, **changes: Any) -> bool:
        """Gives an open order another amount or other prices, as `rustybt.api.modify_order` has it."""
        order = self.book.find(order_id)
        if order is None:
            raise InputError(f"modify_order({order_id!r}): there is no order with that id.")
        size = partial(self.units, order.instrument, what="amount")
        return modify_within(self.limit, self.book, self.wire, order, self._clock.now_ns(), size, changes)

    def cancel_orders(self, asset: Asset | None = None, tag: str | None = None) -> int:
        """Cancels the open orders, of an asset or with a tag where one is named. Returns how many."""
        slot = None if asset is None else self._instrument(asset).slot
        return cancel_matching(self.book, self.wire or self.book, slot, tag, self._clock.now_ns())

    def close_position(self, asset: Asset) -> str | None:
        """Cancels the asset's open orders, and sells or buys back what is held of it at the market."""
        self.cancel_orders(asset)
        return self._close(asset)

    def close_all(self) -> list[str]:
        """Cancels all open orders, and closes all positions at the market. Returns the ids of the orders."""
        self.cancel_orders()
        slots = [(instrument.slot, instrument.asset) for instrument in self._loaded.values()]
        held = [asset for slot, asset in slots if slot >= 0 and self._books.position(slot)[0]]
        return [order_id for order_id in (self._close(asset) for asset in held) if order_id is not None]

    def _close(self, asset: Asset) -> str | None:
        """Where orders are open still, as those whose cancel is under way, it fills up to what they leave."""
        still = self.book.open.get(self._instrument(asset).slot)
        return self.order_target(asset, 0, options={"reduce_only": True} if still else NO_OPTIONS)

    def units(self, instrument: Instrument, asked: Number, what: str, held: int = 0) -> int:
        """The size that brings a position of so many units to what was asked for, in whole steps."""
        value, scale = self._scaled(asked, what)
        size = size_of_units(self._whole_steps, instrument, value, scale, held)
        if scale and self._untold is not None and is_cut(instrument, value, scale, held + size):
            note_cut(self._untold, instrument.asset, asked)
            self._untold = None
        return size

    def _order_money(self, asset: Asset, money: Any, target: bool, *how: Any) -> str | None:
        instrument = self.orderable(asset)
        if instrument is None:
            return None
        value, scale = self._scaled(money, "value")
        size = size_of_money(self._books, instrument, value, scale, self._price(instrument), target)
        return self._place(instrument, size, *how)

    def _order_share(self, asset: Asset, share: Any, target: bool, *how: Any) -> str | None:
        instrument = self.orderable(asset)
        if instrument is None:
            return None
        size = self._size_of_share(instrument, share, target)
        limit, stop, style, options = how
        if limit is None and stop is None and style is None and not options:
            self._learn(instrument, share)
        return self._place(instrument, size, *how)

    def _size_of_share(self, instrument: Instrument, share: Any, target: bool) -> int:
        value, scale = self._scaled(share, "percent")
        return size_of_share(self._books, instrument, value, scale, self._price(instrument), target)

    def _learn(self, instrument: Instrument, share: Any) -> None:
        """Has the market orders of an asset's weights go the short way from now on, where they may."""
        direct = not self.book.routed and (self.wire is None or self.wire.idle_at_bars)
        if direct and type(share) in (float, int) and self._is_plain(instrument):
            self._register(instrument.asset, instrument)

    def _prepared_pair(self, pair: Any) -> Callable[[], str | None] | None:
        """Places the order of a pair, which is sized here; None where there is none."""
        try:
            asset, weight = pair
        except (TypeError, ValueError):
            raise InputError(
                f"order_target_percents: {pair!r} is not a pair of an asset and its share. Pass a dict, or pairs as "
                "zip(assets, shares) makes them."
            ) from None
        instrument = self.orderable(asset)
        if instrument is None:
            return None
        size = self._size_of_share(instrument, weight, True)
        if not -LARGE < size < LARGE:
            check_size(instrument, size, zipline=self._rules.late_orders_are_none)
        self._learn(instrument, weight)
        return partial(self._place, instrument, size, None, None, None)

    def orderable(self, asset: Asset) -> Instrument | None:
        """An asset in the run. None, with a warning, after its end, where Zipline does so."""
        if self._moment.phase not in ORDERING:
            raise wrong_moment(self._moment.phase)
        try:
            instrument = self._loaded[asset.sid]
        except (AttributeError, KeyError):
            instrument = self._instrument(asset)
        if instrument.foreign or instrument.asset is not asset:
            instrument = self._instrument(asset)
        late = self.market.bar > instrument.closing
        if late and self._rules.late_orders_are_none and asset.auto_close_date:
            LOG.warning(
                "%s has ended: no order is placed. What is held is closed out on %s.", asset, asset.auto_close_date
            )
            return None
        return instrument

    def _instrument(self, asset: object) -> Instrument:
        if not isinstance(asset, Asset):
            raise no_asset(asset)
        instrument = self._loaded.get(asset.sid)
        if instrument is None or instrument.asset is not asset:
            instrument = self.market.instrument(asset)
        if instrument.foreign:
            if self._conversions is None:
                raise not_convertible(asset, self._currency)
            self._conversions.check(asset)
        return instrument

    def _is_plain(self, instrument: Instrument) -> bool:
        """Whether only prices, rates and dates decide on an asset's orders. One that ended before the run has no bar.

        Of an asset in another currency nothing is sized without a rate: what has a size is not refused for that.
        """
        return not (self.controls or self.limit or instrument.asset.kind == "index" or instrument.closing < 0)

    def _price(self, instrument: Instrument) -> int:
        refused_late = not self._rules.late_orders_are_none
        return price_to_size_at(instrument, self.market.bar, self._clock, after_the_end=refused_late)

    def _place(
        self,
        instrument: Instrument,
        size: int,
        limit_price: Any,
        stop_price: Any,
        style: Any,
        options: OrderOptions = NO_OPTIONS,
        past_controls: bool = False,
    ) -> str | None:
        terms = None
        if limit_price is not None or style is not None or stop_price is not None:
            terms = terms_at(instrument, size > 0, limit_price, stop_price, style)
        bar = self.market.bar
        refusal = noted = None
        if bar > instrument.closing or instrument.conditional:
            late_none, conversions = self._rules.late_orders_are_none, self._conversions
            refusal = refusal_of(instrument, bar, late_orders_are_none=late_none, conversions=conversions)
        if self.controls and not past_controls and refusal is None:
            refused, noted = controlled(self.controls, self._intent(instrument, size))
            refusal = None if refused is None else (Cause.CONTROL, refused)
        if not size:
            return None
        # only a style says more than prices
        if options or (style is not None and terms is not None and terms[2:] != BEYOND_PRICES):
            terms = placed(terms, options, instrument, size > 0, self.market)
            if refusal is None and terms is not None:
                refusal = refusal_of_terms(instrument, size, terms, bar, self._books)
        if self.limit is not None and refusal is None:
            refusal = self.limit.refusal(instrument, size, terms)
        if not -LARGE < size < LARGE:
            check_size(instrument, size, zipline=self._rules.late_orders_are_none)
        book, stamp = self.book, placed_at(self.market)
        if refusal is not None:
            return book.order_id(book.reject(instrument, size, terms, stamp, *refusal).number)
        order = book.accept(instrument, size, terms, stamp, noted)
        if terms is not None:
            keep_watch(book, order, terms, instrument, bar, self._notes)
        if self.wire is not None:
            self.wire.sent(order, terms, instrument.slot)
        return book.order_id(order.number)

    def _intent(self, instrument: Instrument, size: int) -> Intent:
        bar, asset = self.market.bar, instrument.asset
        multiplier = (instrument.multiplier, instrument.multiplier_scale)
        priced = instrument.priced <= bar <= instrument.last
        rate = (1, 1)
        if instrument.foreign and self._conversions is not None:
            rate = self._conversions.rate(asset.currency, bar)
        return Intent(
            asset=asset,
            size=size,
            held=self._books.position(instrument.slot)[0],
            quantity_scale=instrument.quantity_scale,
            price=instrument.price[bar] * instrument.mark_to_fill_scale if priced else None,
            fill_scale=instrument.fill_scale,
            multiplier=(1, 0) if self._rules.notional_without_multiplier else multiplier,
            amount=self._quantities.quantity(size, instrument.quantity_scale),
            when=datetime_of(self._clock.now_ns()),
            portfolio=self._portfolio,
            data=self._clock,
            rate=rate,
        )
