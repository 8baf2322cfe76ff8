"""What lies between two sessions, and between two bars: splits, capital that comes or goes, the marks until a bar."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from rustybt.core import rescale_exact
from rustybt.engine._capital import Change, check_change
from rustybt.view import Instrument, adjusted, restated

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop


def split(loop: Loop, step: int, stamp: int) -> None:
    """Applies the splits that take effect with a session: to open orders, to what is held, to shares owed."""
    books, cents = loop.desk.books, loop.compat.split_in_cents
    splits = loop.actions.splits(step)
    for listing, one in splits:
        loop.desk.blotter.split(
            listing.slot,
            stamp,
            one.numerator,
            one.denominator,
            _tick(listing, cents),
            zipline=loop.compat.split_of_orders,
        )
        loop.ledger.split(stamp, listing, one.numerator, one.denominator, cents)
        loop.actions.restate_owed(listing, one.numerator, one.denominator)
        # what a second split of the session leaves over is paid at the mark between the two
        ratio = Fraction(one.numerator, one.denominator)
        books.override_mark(listing.slot, adjusted(books.mark(listing.slot), ratio, 1))
    if splits:
        books.clear_overrides()


def show_what_is_known(loop: Loop, session: int) -> None:
    """Before the bars: the session before, restated; or what bars there were where markets opened long before."""
    desk, market = loop.desk, loop.desk.market
    visible = market.axis.hook_bar(session)
    if visible < market.axis.starts[session]:
        mark_overnight(loop, session)
    else:
        market.hook = False
        market.bar = visible
        desk.books.seek(visible)


def mark_overnight(loop: Loop, session: int) -> None:
    """Until the first bar, what is held is marked at the last price, restated by the session's actions."""
    desk = loop.desk
    step = desk.market.axis.opening(session)
    for slot in desk.books.held():
        listing = desk.listing_of_slot[slot]
        mark = desk.books.mark(slot)
        if loop.compat.price_of_last_trade and not desk.market.axis.daily:
            known = listing.price_of_last_trade(desk.market.bar, desk.market.now_key()) or mark
        else:
            known, _ = restated(listing, mark, listing.fill_scale, step)
        if known != mark:
            desk.books.override_mark(slot, known)


def change_capital(loop: Loop, stamp: int, amount: int, reason: str) -> None:
    """Books capital that comes or goes. Raises InputError where more goes than there is."""
    value = loop.desk.value()
    check_change(value, amount, stamp)
    loop.desk.funding.change(value, amount)
    loop.ledger.change_capital(stamp, amount, reason)


def change_within(change: Change, loop: Loop) -> None:
    """Capital changes with a minute bar; what is held is worth what it was before it."""
    desk, cursor = loop.desk, loop.cursor
    market, session, bar = desk.market, cursor.session, cursor.bar
    market.bar = bar - 1
    desk.books.seek(bar - 1)
    if bar == market.axis.starts[session]:
        market.hook = True
        mark_overnight(loop, session)
        market.hook = False
    value = desk.value()
    amount = change.delta(value)
    loop.recorder.days.capital_within(value, amount)
    change_capital(loop, int(market.axis.stamps[bar]), amount, change.kind)
    desk.books.clear_overrides()


def _tick(listing: Instrument, cents: bool) -> tuple[int, int]:
    """The grid of limits as a fraction of the fill scale's unit: the asset's tick, or whole cents."""
    value, scale = (1, 2) if cents else listing.tick
    if scale <= listing.fill_scale:
        return rescale_exact(value, scale, listing.fill_scale), 1
    return value, 10 ** (scale - listing.fill_scale)
