"""Orders that are refused whatever the controls say: the cause and the words, or the error. And what is noted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rustybt._kernels import WorkingOrder
from rustybt.core import Asset, Cause, Notes, OrderTerms, as_plain_decimal, whole_currency
from rustybt.errors import (
    CurrencyMismatch,
    InputError,
    OrderDuringInitialize,
    OrderInBeforeTradingStart,
    OrderTooLarge,
    TradingError,
    UnsupportedOrderParameters,
)
from rustybt.orders._book import OrderBook
from rustybt.orders._instrument import Conversions, Instrument, Sizer
from rustybt.orders._placed import takes

LONG: Final = 10**40
MOST_UNITS_OF_ZIPLINE: Final = 10**11
MOST_UNITS: Final = 10**18 - 1
ORDERING: Final = ("bar", "timer")
"""The phases of a run in which orders and conversions are placed."""


def refusal_of(
    instrument: Instrument, bar: int, *, late_orders_are_none: bool, conversions: Conversions | None
) -> tuple[Cause, str] | None:
    """The cause and the words of a refusal at a bar; None where the asset can be ordered."""
    asset = instrument.asset
    if asset.kind == "index":
        return Cause.NOT_TRADABLE, f"{asset.symbol} is an index, which can't be ordered"
    if instrument.foreign and conversions is not None:
        without_rate = conversions.refusal(asset.currency, bar)
        if without_rate is not None:
            return Cause.NO_RATE, without_rate
    if bar <= instrument.closing or late_orders_are_none:
        return None
    if bar <= instrument.last:
        return Cause.CLOSED_OUT, f"{asset.symbol} was closed out on {asset.auto_close_date}"
    return Cause.ASSET_ENDED, why_ended(asset)


def refusal_of_terms(
    instrument: Instrument, size: int, terms: OrderTerms[int], bar: int, books: Sizer
) -> tuple[Cause, str] | None:
    """Why an order with these terms is refused now."""
    if terms.post_only and takes(terms, instrument, size > 0, bar):
        return Cause.POST_ONLY, "post_only: the limit would fill at the last price, and take liquidity"
    held = books.position(instrument.slot)[0] if terms.reduce_only else 0
    if terms.reduce_only and held * size >= 0:
        side = "sell" if size < 0 else "buy"
        return Cause.NOTHING_TO_REDUCE, f"reduce_only: there is no position for this {side} to reduce"
    return None


def keep_watch(
    book: OrderBook, order: WorkingOrder, terms: OrderTerms[int], instrument: Instrument, bar: int, notes: Notes | None
) -> None:
    """Has the book watch over an accepted order that says more than prices; notes a stop beyond the last price."""
    if order.more is not None:
        book.watch(order)
    if terms.stop is not None and notes is not None:
        _note_beyond(notes, instrument, order.amount > 0, terms.stop, bar)


def _note_beyond(notes: Notes, instrument: Instrument, buys: bool, stop: int, bar: int) -> None:
    """Tells of the first stop that the last price is beyond when its order is placed."""
    if notes.has("stop_beyond_market") or not instrument.priced <= bar <= instrument.last:
        return
    last = instrument.price[bar] * instrument.mark_to_fill_scale
    if stop < last if buys else stop > last:
        asset = instrument.asset
        prices = [f"{as_plain_decimal(price, instrument.fill_scale):f}" for price in (stop, last)]
        side, there, where = ("buys", "below", "above") if buys else ("sells", "above", "below")
        notes.add(
            "stop_beyond_market",
            f"An order that {side} {asset.symbol} had its stop at {prices[0]}, {there} the last price of {prices[1]}: "
            f"the next bar fills it like a market order. A stop waits {where} the price; a limit is on the other side.",
            symbol=asset.symbol,
            stop=prices[0],
            price=prices[1],
        )


def why_ended(asset: Asset) -> str:
    """The reason of an order after an asset's last bar."""
    ended = f"{asset.symbol} ended on {asset.end_date}"
    if asset.auto_close_date is not None:
        return f"{ended}; what is held of it is closed out on {asset.auto_close_date}"
    return (
        f"{ended} and has no auto_close_date, so what is held of it stays at its last price; give it one, or ingest "
        "with auto_close='last_bar'"
    )


def wrong_moment(phase: str) -> TradingError:
    """The error of an order, or of a conversion, that is placed in another phase than those of ORDERING."""
    if phase == "before":
        return OrderInBeforeTradingStart(
            "An order was placed in before_trading_start. Place it in handle_data or a scheduled function."
        )
    if phase == "opened":
        return OrderInBeforeTradingStart(
            "An order was placed between the opening of a session and its first bar. Place it after a bar or a close: "
            "step() once more, or until() to one of them."
        )
    return OrderDuringInitialize(f"An order was placed in {phase}. Place it in handle_data or a scheduled function.")


def no_asset(given: object) -> UnsupportedOrderParameters:
    """The error of an order for what is no asset."""
    return UnsupportedOrderParameters(f"{given!r} is not an asset. Look it up with symbol({str(given)!r}) first.")


def not_convertible(asset: Asset, currency: str) -> CurrencyMismatch:
    """The error of an order for an asset whose money the run can't count."""
    pair = f"{whole_currency(asset.currency)[0]}/{whole_currency(currency)[0]}"
    return CurrencyMismatch(
        f"{asset.symbol} trades in {asset.currency} and the run's books are in {currency}: without a rate its money "
        f"can't be added to theirs. Ingest the pair {pair} (or its inverse) with the bundle, of type forex; or run "
        f"with currency={asset.currency!r}; or order what trades in {currency}."
    )


def pairs_of(weights: Any) -> Iterable[Any]:
    """The pairs of an asset and its share. Raises InputError for what is none, and for an asset that stands twice."""
    pairs = weights.items() if hasattr(weights, "items") else weights
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise InputError(
            f"order_target_percents({weights!r}): pass shares by asset, a dict or a Series, or pairs of an asset "
            "and its share."
        )
    if type(weights) is dict:
        return pairs
    pairs = list(pairs)
    try:
        sids = [asset.sid for asset, _ in pairs]
    except (AttributeError, TypeError, ValueError):
        return pairs  # it is refused, or not, when it is sized
    if len(set(sids)) < len(sids):
        twice = next(asset for place, (asset, _) in enumerate(pairs) if asset.sid in sids[:place])
        raise InputError(
            f"order_target_percents: {twice.symbol} stands twice, and each share is of all of it: both orders would be "
            "placed. Pass one share for each asset."
        )
    return pairs


def check_size(instrument: Instrument, size: int, *, zipline: bool) -> None:
    """Raises OrderTooLarge. zipline: sells have no bound, and buys one that is lower."""
    most = MOST_UNITS_OF_ZIPLINE if zipline else MOST_UNITS
    if (size if zipline else abs(size)) > most * 10**instrument.quantity_scale:
        units = "1e30 or more" if abs(size) >= LONG else as_plain_decimal(size, instrument.quantity_scale)
        raise OrderTooLarge(
            f"An order for {units} of {instrument.asset.symbol} is for more than {most:,} units. Check the price or "
            "the value that it was computed from."
        )
