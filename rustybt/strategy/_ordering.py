"""The order functions of `context`: from a size, a value or a weight to an order in the blotter."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from rustybt.core import MARKET_TERMS, Asset, Cause, Order, OrderTerms, as_plain_decimal, datetime_of
from rustybt.errors import (
    CannotOrderDelistedAsset,
    InputError,
    OrderDuringInitialize,
    OrderTooLarge,
    TradingControlViolation,
    UnsupportedOrderParameters,
)
from rustybt.orders import Intent, terms_of, terms_on_tick
from rustybt.strategy._by_asset import ByAsset
from rustybt.strategy._currencies import not_convertible
from rustybt.strategy._desk import ORDERING, Desk, WholeSteps, wrong_moment
from rustybt.strategy._refusals import refusal_of
from rustybt.strategy._scaling import Scaling
from rustybt.view import Instrument

LARGE = 10**11
LEAST = -LARGE
LONG = 10**40
MOST_UNITS_OF_ZIPLINE = 10**11
MOST_UNITS = 10**18 - 1
WORKED: Final = ("limit", "stop")
"""The terms that the simulated broker works; others are refused."""
LOG: Final = logging.getLogger("rustybt.orders")


class Ordering:
    """The part of `context` that places, finds and cancels orders."""

    portfolio: Any

    def __init__(self, desk: Desk, whole_steps: WholeSteps) -> None:
        self._desk = desk
        self._market = desk.market
        self._loaded = desk.market.listings
        self._whole_steps = whole_steps
        # on their own, and no method: what is native holds it, and would hold the strategy for ever
        scaling = Scaling()
        self._floats, self._scaled = scaling.floats, scaling.of
        # by sid, of assets that were ordered: the asset, its listing, and what that has of prices and dates
        self._plain: dict[int, tuple[Asset, Instrument, Sequence[int], int, int, int, int]] = {}
        self._learn: Any = None
        self._weigh: Any = None
        self._weigh_all: Any = None
        if desk.kernel.weigher is not None:
            weigher = desk.kernel.weigher(
                desk, desk.market, desk.books, desk.blotter, desk.controls, self._scaled, LARGE
            )
            self._learn, self._weigh, self._weigh_all = weigher.learn, weigher.order, weigher.order_targets

    def order(
        self, asset: Asset, amount: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders so many units; negative sells. Returns the order's id, or None where the size comes to zero.

        What is not a whole number of quantity steps is cut towards zero (within 1/10,000 of a step it is rounded).
        """
        listing = self._orderable(asset)
        if listing is None:
            return None
        value, scale = self._scaled(amount, "amount")
        size = self._whole_steps(value * 10**listing.quantity_scale, listing.step * 10**scale) * listing.step
        return self._place(listing, size, limit_price, stop_price, style)

    def order_value(
        self, asset: Asset, value: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders units worth an amount of money, of the run's currency, at the current price and rate."""
        return self._order_worth(asset, value, False, limit_price, stop_price, style)

    def order_percent(
        self, asset: Asset, percent: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders units worth a share of the portfolio's value; 0.5 is half of it."""
        if limit_price is None and stop_price is None and style is None and self._weigh is not None:
            placed: str | None = self._weigh(asset, percent, False)
            if placed is not NotImplemented:
                return placed
        return self._order_weight(asset, percent, False, limit_price, stop_price, style)

    def order_target(
        self, asset: Asset, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and a number of units. Open orders do not count."""
        listing = self._orderable(asset)
        if listing is None:
            return None
        value, scale = self._scaled(target, "target")
        held = self._desk.books.position(listing.slot)[0]
        size = self._whole_steps(value * 10**listing.quantity_scale - held * 10**scale, listing.step * 10**scale)
        return self._place(listing, size * listing.step, limit_price, stop_price, style)

    def order_target_value(
        self, asset: Asset, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and units worth an amount of money, of the run's currency."""
        return self._order_worth(asset, target, True, limit_price, stop_price, style)

    def order_target_percent(
        self, asset: Asset, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and units worth a share of the portfolio's value."""
        if limit_price is None and stop_price is None and style is None and self._weigh is not None:
            placed: str | None = self._weigh(asset, target, True)
            if placed is not NotImplemented:
                return placed
        return self._order_weight(asset, target, True, limit_price, stop_price, style)

    def order_target_percents(self, weights: Any) -> list[str]:
        """Orders towards a share of the portfolio's value for each of several assets, as order_target_percent does.

        weights: shares by asset, a dict or a pandas Series, or pairs of an asset and its share, such as
        zip(assets, shares). They are placed in their order. Returns the ids of the orders; where nothing is to be
        ordered there is none. Raises InputError for what is no pair; what came before it is placed.
        """
        pairs = weights.items() if hasattr(weights, "items") else weights
        if isinstance(pairs, str) or not hasattr(pairs, "__iter__"):
            raise InputError(
                f"order_target_percents({weights!r}): give shares by asset, a dict or a Series, or pairs of an asset "
                "and its share."
            )
        if self._weigh_all is not None:
            ids: list[str] = self._weigh_all(pairs, self._order_pair)
            return ids
        placed = [self._order_pair(pair) for pair in pairs]
        return [order_id for order_id in placed if order_id is not None]

    def _order_pair(self, pair: Any) -> str | None:
        """An order of a share from an asset and the share."""
        try:
            asset, weight = pair
        except (TypeError, ValueError):
            raise InputError(
                f"order_target_percents: {pair!r} is not a pair of an asset and its share. Give a dict, or pairs as "
                "zip(assets, shares) makes them."
            ) from None
        return self._order_weight(asset, weight, True, None, None, None)

    def batch_market_order(self, share_counts: Any) -> list[str]:
        """Places market orders for several assets, past the controls. Returns the ids; a size of zero has none.

        share_counts: units by asset, a dict or a pandas Series. May be called in before_trading_start too: the orders
        are eligible from the session's first bar.
        """
        if not hasattr(share_counts, "items"):
            raise InputError(f"batch_market_order({share_counts!r}): give units by asset, a dict or a Series.")
        desk = self._desk
        if desk.phase not in ("bar", "before"):
            raise OrderDuringInitialize(f"Orders were placed in {desk.phase}. Place them in handle_data.")
        ids: list[str | None] = []
        for asset, amount in share_counts.items():
            listing = self._listing(asset)
            value, scale = self._scaled(amount, "share_counts")
            steps = self._whole_steps(value * 10**listing.quantity_scale, listing.step * 10**scale)
            ids.append(self._place(listing, steps * listing.step, None, None, None, controlled=False))
        return [order_id for order_id in ids if order_id is not None]

    def get_order(self, order_id: str) -> Order | None:
        """A snapshot of an order; None if there is none with that id."""
        order = self._desk.blotter.find(order_id)
        return None if order is None else self._desk.order_view(order)

    def get_open_orders(self, asset: Asset | None = None) -> Any:
        """Snapshots of the open orders: of an asset a list, oldest first; without one a dict of such lists."""
        view, queues = self._desk.order_view, self._desk.blotter.open
        if asset is not None:
            if not isinstance(asset, Asset):
                raise InputError(f"get_open_orders({asset!r}): give an asset, from symbol(...), or nothing.")
            listing = self._desk.market.listings.get(asset.sid)
            if listing is None or listing.asset != asset:
                return []
            return [view(order) for order in queues.get(listing.slot, ())]
        by_asset = {queue[0].listing.asset: [view(order) for order in queue] for queue in queues.values()}
        return ByAsset(by_asset, self._desk.notes, "get_open_orders()")

    def cancel_order(self, order_param: str | Order | None) -> None:
        """Cancels an order that is open; one that is not open stays as it is.

        None, the id of an order whose size came to zero, is passed over. Raises InputError for an id that is none.
        """
        if order_param is None:
            return
        order_id = order_param.id if isinstance(order_param, Order) else order_param
        order = self._desk.blotter.find(order_id)
        if order is None:
            raise InputError(f"cancel_order({order_param!r}): there is no order with that id.")
        self._desk.blotter.cancel(order, self._desk.data.now_ns(), Cause.STRATEGY)

    def _order_worth(
        self, asset: Asset, value: Any, target: bool, limit_price: Any, stop_price: Any, style: Any
    ) -> str | None:
        listing = self._orderable(asset)
        if listing is None:
            return None
        amount, scale = self._scaled(value, "value")
        price = self._price(listing)
        size = self._desk.books.size_of_value(listing.slot, amount, scale, price, target) if price else 0
        return self._place(listing, size, limit_price, stop_price, style)

    def _order_weight(
        self, asset: Asset, weight: Any, target: bool, limit_price: Any, stop_price: Any, style: Any
    ) -> str | None:
        desk = self._desk
        bare = limit_price is None and stop_price is None and style is None and type(weight) is float
        if bare and not desk.controls:
            # the hottest way to an order: what is refused, or said, further below is nothing that could happen here
            bar = self._market.bar
            try:
                known, listing, lane, up, slot, priced, closing = self._plain[asset.sid]
                amount, scale = self._floats[weight]
            except (AttributeError, KeyError):
                known = None
            if known is not None and known is asset and priced <= bar <= closing and desk.phase == "bar":
                books = desk.books
                # most targets of a large universe are none of something that is not held: no value has to be known
                if target and not amount and not books.position(slot)[0]:
                    return None
                price = lane[bar] * up
                size = books.size_of_weight(slot, amount, scale, price, target) if price else 0
                if not size:
                    return None
                if LEAST < size < LARGE:
                    blotter = desk.blotter
                    return f"{blotter.prefix}{blotter.accept(listing, size, None, self._market.axis.times[bar]).number}"
        found = self._orderable(asset)
        if found is None:
            return None
        amount, scale = self._scaled(weight, "percent")
        price = self._price(found)
        idle = not price or (target and not amount and not desk.books.position(found.slot)[0])
        size = 0 if idle else desk.books.size_of_weight(found.slot, amount, scale, price, target)
        if bare and not desk.controls and found.asset.kind != "index":
            self._note_plain(found)
        return self._place(found, size, limit_price, stop_price, style)

    def _note_plain(self, listing: Instrument) -> None:
        """Keeps what the next order of a weight needs, of an asset whose orders only its price and its dates decide."""
        if listing.closing < 0:
            return  # its life was over before the run
        asset, lane, up = listing.asset, listing.price, listing.lane_to_fill
        self._plain[asset.sid] = asset, listing, lane, up, listing.slot, listing.priced, listing.closing
        if self._learn is not None:
            self._learn(asset, listing)

    def _orderable(self, asset: Asset) -> Instrument | None:
        """The listing of an asset. None, with a warning, after its end, where Zipline does so."""
        desk = self._desk
        if desk.phase not in ORDERING:
            raise wrong_moment(desk.phase)
        try:
            listing = self._loaded[asset.sid]
        except (AttributeError, KeyError):
            listing = self._listing(asset)
        if listing.foreign or listing.asset is not asset:
            listing = self._listing(asset)
        if self._market.bar > listing.closing and desk.compat.late_orders_are_none and asset.auto_close_date:
            LOG.warning(
                "%s has ended: no order is placed. What is held is closed out on %s.", asset, asset.auto_close_date
            )
            return None
        return listing

    def _listing(self, asset: Asset) -> Instrument:
        desk = self._desk
        if not isinstance(asset, Asset):
            raise UnsupportedOrderParameters(
                f"{asset!r} is not an asset. Look it up with symbol({str(asset)!r}) first."
            )
        listing = desk.market.listings.get(asset.sid)
        if listing is None or listing.asset is not asset:
            listing = desk.market.listing(asset)
        if listing.foreign:
            if desk.exchange is None:
                raise not_convertible(asset, desk.currency)
            desk.exchange.check(listing)
        return listing

    def _price(self, listing: Instrument) -> int:
        """The price that turns a value into a quantity, at the fill scale. Raises CannotOrderDelistedAsset."""
        bar = self._desk.market.bar
        ended = bar > listing.last and not self._desk.compat.late_orders_are_none
        if ended:
            # the order is kept with its size at the last price that the run has, and refused
            bar = max(listing.last, 0)
        if listing.first <= bar and bar >= listing.start and (ended or bar <= listing.last):
            return int(listing.price[bar] * listing.lane_to_fill)
        asset = listing.asset
        if bar < listing.start:
            why = f"it starts on {asset.start_date}"
        elif bar > listing.last:
            why = f"it ended on {asset.end_date}"
        else:
            why = "it has no price yet"
        raise CannotOrderDelistedAsset(
            f"{asset.symbol} can't be ordered by value at {datetime_of(self._desk.data.now_ns())}: {why}. "
            "Ask data.can_trade(asset) first."
        )

    def _place(
        self, listing: Instrument, size: int, limit_price: Any, stop_price: Any, style: Any, controlled: bool = True
    ) -> str | None:
        desk = self._desk
        terms = None
        if limit_price is not None or style is not None or stop_price is not None:
            buys = size > 0
            terms = terms_on_tick(
                terms_of(limit_price, stop_price, style, buys), buys, listing.tick, listing.fill_scale
            )
            if terms == MARKET_TERMS:
                terms = None
            elif terms[2:] != MARKET_TERMS[2:]:
                raise _not_worked(terms, style)
        late = desk.market.bar > listing.closing
        refusal = refusal_of(desk, listing, late=late) if late or listing.conditional else None
        found = None
        if desk.controls and controlled and refusal is None:
            found, refused = self._controlled(listing, size)
            refusal = (Cause.CONTROL, found) if refused and found is not None else None
        if not size:
            return None
        if not LEAST < size < LARGE:
            self._check_size(listing, size)
        market = desk.market
        stamp = market.now or market.axis.times[market.bar]
        if market.hook:
            # where the session before has only just ended, the order is one of the session to come all the same
            opens = int(market.axis.calendar.opens[market.axis.first_session + market.session])
            hook = market.axis.hook_stamp(market.session)
            stamp = hook if hook > stamp else opens
        book = desk.blotter
        if refusal is not None:
            placed = book.reject(listing, size, terms, stamp, *refusal)
        else:
            placed = book.accept(listing, size, terms, stamp, found)
        order_id: str = book.order_id(placed.number)
        return order_id

    def _controlled(self, listing: Instrument, size: int) -> tuple[str | None, bool]:
        """What the trading controls find wrong with an order, and whether it is refused for that.

        Raises TradingControlViolation where a control says so.
        """
        desk = self._desk
        intent = self._intent(listing, size)
        noted: list[str] = []
        for control in desk.controls:
            found = control.violation(intent)
            if found is None:
                continue
            if control.on_error == "reject":
                return found, True
            said = f"Order for {intent.amount} of {listing.asset.symbol} at {intent.when}: {found}"
            if control.on_error == "fail":
                raise TradingControlViolation(f"{said}. Order less, or set the control with on_error='reject'.")
            LOG.error("%s. It is placed all the same.", said)
            noted.append(found)
        return "; ".join(noted) or None, False

    def _intent(self, listing: Instrument, size: int) -> Intent:
        desk = self._desk
        bar = desk.market.bar
        priced = listing.priced <= bar <= listing.last
        unit = (1, 0) if desk.compat.notional_without_multiplier else (listing.multiplier, listing.multiplier_scale)
        return Intent(
            asset=listing.asset,
            size=size,
            held=desk.books.position(listing.slot)[0],
            quantity_scale=listing.quantity_scale,
            price=int(listing.price[bar] * listing.lane_to_fill) if priced else None,
            fill_scale=listing.fill_scale,
            multiplier=unit,
            amount=desk.numbers.quantity(size, listing.quantity_scale),
            when=desk.data.current_dt,
            portfolio=self.portfolio,
            data=desk.data,
            rate=desk.exchange.rates.to_base(listing.asset.currency, bar) if listing.foreign else (1, 1),
        )

    def _check_size(self, listing: Instrument, size: int) -> None:
        zipline = self._desk.compat.late_orders_are_none
        most = MOST_UNITS_OF_ZIPLINE if zipline else MOST_UNITS
        if (size if zipline else abs(size)) > most * 10**listing.quantity_scale:
            huge = abs(size) >= LONG
            units = "1e30 or more" if huge else as_plain_decimal(size, listing.quantity_scale)
            raise OrderTooLarge(
                f"An order for {units} of {listing.asset.symbol} is for more than {most:,} units. Check the price or "
                "the value that it was computed from."
            )


def _not_worked(terms: OrderTerms[int], style: Any) -> UnsupportedOrderParameters:
    asked = terms._asdict().items()
    names = [name for name, value in asked if name not in WORKED and value != getattr(MARKET_TERMS, name)]
    return UnsupportedOrderParameters(
        f"style={style!r} asks for {' and '.join(names)}, which the broker of this run does not work. It works "
        f"{' and '.join(WORKED)}: leave out the rest."
    )


def desk_of(context: Ordering) -> Desk:
    """What the calls of a `context` reach, for what gives a run another face (rustybt.zipline)."""
    return context._desk
