"""Between two sessions, and between two bars: splits, capital that comes or goes, the marks until a bar."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from rustybt.core import rescale_exact
from rustybt.engine._capital import Change, check_change
from rustybt.engine._wire import settle
from rustybt.view import Instrument, adjusted, restated

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop


def split(loop: Loop, step: int, stamp: int) -> None:
    """Applies the splits that take effect with a session: to open orders, to what is held, to shares owed."""
    settle(loop, stamp)
    splits = loop.actions.splits(step)
    if not splits:
        return
    books, cents = loop.run.books, loop.compat.split_in_cents
    loop.run.book.expire(stamp + 1)  # what was good until the night is over, and is not split
    for instrument in {instrument.slot: instrument for instrument, _ in splits}.values():
        # the dividends of the session are owed already: a rest is worth what it is without them, nothing at least
        if owed := loop.actions.goes_ex(step, instrument):
            left = books.mark(instrument.slot) - round(owed * 10**instrument.fill_scale)
            books.override_mark(instrument.slot, max(0, left))
    for instrument, one in splits:
        loop.run.book.split(
            instrument.slot,
            stamp,
            one.numerator,
            one.denominator,
            _tick(instrument, cents),
            zipline=loop.compat.split_of_orders,
        )
        if loop.wire is not None:
            loop.wire.split(instrument.slot, one.numerator, one.denominator, _tick(instrument, cents))
        loop.ledger.split(stamp, instrument, one.numerator, one.denominator, cents)
        if loop.run.schedules.events and step != loop.run.market.axis.opening(0):
            # the levels of initialize are in the shares of the first session
            loop.timetable.events.split(instrument.asset.sid, Fraction(one.numerator, one.denominator))
        loop.actions.restate_owed(instrument, one.numerator, one.denominator)
        # what a second split of the session leaves over is paid at the mark between the two
        ratio = Fraction(one.numerator, one.denominator)
        books.override_mark(instrument.slot, adjusted(books.mark(instrument.slot), ratio, 1))
    books.clear_overrides()


def show_what_is_known(loop: Loop, session: int) -> None:
    """Before the bars: the session before, restated; or what bars there were where markets opened long before."""
    run, market = loop.run, loop.run.market
    visible = market.axis.before_open_bar(session)
    if visible < market.axis.starts[session]:
        mark_overnight(loop, session)
    else:
        market.before_open = False
        market.bar = visible
        run.books.seek(visible)


def mark_overnight(loop: Loop, session: int) -> None:
    """Until the first bar, what is held is marked at the last price, restated by the session's actions."""
    run = loop.run
    step = run.market.axis.opening(session)
    for slot in run.books.held():
        instrument = run.account.instruments[slot]
        mark = run.books.mark(slot)
        if loop.compat.price_of_last_trade and not run.market.axis.daily:
            known = instrument.price_of_last_trade(run.market.bar, run.market.now_key()) or mark
        else:
            known, _ = restated(instrument, mark, instrument.fill_scale, step)
        if known != mark:
            run.books.override_mark(slot, known)


def change_capital(loop: Loop, stamp: int, amount: int, reason: str) -> None:
    """Books capital that comes or goes. Raises InputError where more goes than there is."""
    value = loop.run.account.equity()
    check_change(value, amount, stamp)
    loop.run.account.flows.change(value, amount)
    loop.ledger.change_capital(stamp, amount, reason)


def change_within(change: Change, loop: Loop) -> None:
    """Capital changes with a minute bar; what is held is worth what it was before it."""
    run, cursor = loop.run, loop.cursor
    market, session, bar = run.market, cursor.session, cursor.bar
    market.bar = bar - 1
    run.books.seek(bar - 1)
    if bar == market.axis.starts[session]:
        market.before_open = True
        mark_overnight(loop, session)
        market.before_open = False
    value = run.account.equity()
    amount = change.delta(value)
    loop.recorder.days.capital_within(value, amount)
    change_capital(loop, int(market.axis.stamps[bar]), amount, change.kind)
    run.books.clear_overrides()


def _tick(instrument: Instrument, cents: bool) -> tuple[int, int]:
    """The grid of limits as a fraction of the fill scale's unit: the asset's tick, or whole cents."""
    value, scale = (1, 2) if cents else instrument.tick
    if scale <= instrument.fill_scale:
        return rescale_exact(value, scale, instrument.fill_scale), 1
    return value, 10 ** (scale - instrument.fill_scale)
