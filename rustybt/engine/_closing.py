"""The end of a session: close-outs, the cancel policy, the account controls."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from rustybt.core import Cause, OrderStatus, as_plain_decimal, day_of
from rustybt.engine._agenda import NEVER
from rustybt.engine._wire import settle
from rustybt.errors import AccountControlViolation
from rustybt.execution.cancel_policy import SESSION_END
from rustybt.orders import OrderBook, OrderGate
from rustybt.strategy import AccountState, CancelPolicy

if TYPE_CHECKING:
    from rustybt.engine._loop import Loop
    from rustybt.orders import AccountControl

LOG: Final = logging.getLogger("rustybt.orders")


class CloseOuts:
    """Assets that are delisted or expire: closed out at their mark, and their orders cancelled."""

    __slots__ = ("_account", "_book", "_first_of")

    def __init__(self, account: AccountState, book: OrderBook) -> None:
        self._account = account
        self._book = book
        # of how many assets, and the day
        self._first_of = (0, NEVER)

    def close_out(self, loop: Loop, session: int, day: int, stamp: int) -> None:
        """Closes out what is held of assets that are delisted or expired by a day, and cancels their orders."""
        settle(loop, stamp)
        if day < self._first_of[1] and self._first_of[0] == len(self._account.instruments):
            return
        for slot in self.due(day):
            instrument = self._account.instruments[slot]
            done = loop.ledger.auto_close(stamp, instrument, "expired" if instrument.is_future else "delisted")
            if done is not None:
                loop.recorder.transactions.add((session, stamp, None, slot, *done, 0))
            told = f"{instrument.asset.symbol} was closed out on {instrument.asset.auto_close_date}"
            self._book.cancel_all(slot, stamp, Cause.CLOSED_OUT, told)

    def due(self, day: int) -> list[int]:
        """The slots that are held or have orders, and are to be closed out by a day."""
        instruments = self._account.instruments
        if self._first_of[0] != len(instruments):
            self._first_of = len(instruments), self._first()
        if day < self._first_of[1]:
            return []
        touched = dict.fromkeys([*self._account.books.held(), *self._book.open])
        dates = [(slot, instruments[slot].asset.auto_close_date) for slot in touched]
        return [slot for slot, closes in dates if closes is not None and day_of(closes) <= day]

    def _first(self) -> int:
        """The first day on which an asset of the run is closed out."""
        dates = [instrument.asset.auto_close_date for instrument in self._account.instruments]
        return min([day_of(date) for date in dates if date is not None], default=NEVER)


def end_with_positions(loop: Loop, stamp: int) -> None:
    """Cancels the orders that only reduce, of positions that are gone."""
    traded = len(loop.recorder.transactions)
    if traded == loop.traded:
        return
    touched = {row[3] for row in loop.recorder.transactions.since(loop.traded)} if loop.traded >= 0 else None
    loop.traded = traded
    book, position = loop.run.book, loop.run.books.position
    for order in [*loop.reducing]:
        if touched is not None and order.instrument.slot not in touched:
            continue
        left = order.amount - order.filled
        if order.status is not OrderStatus.OPEN:
            loop.reducing.remove(order)
        elif position(order.instrument.slot)[0] * left >= 0:
            loop.reducing.remove(order)
            book.cancel(order, stamp, Cause.NOTHING_TO_REDUCE)


def apply_cancel_policy(book: OrderBook, policy: CancelPolicy, stamp: int, *, daily: bool, spares: bool) -> None:
    """Cancels the open orders if the policy says so.

    In a daily run a session has one bar, at its close: an order that was placed with it is an order for the next
    session, and is cancelled at the end of that one. spares: all but the first of several are, as in Zipline.
    """
    if not policy.should_cancel(SESSION_END):
        return
    for queue in list(book.open.values()):
        orders = list(queue)
        if daily and spares:
            orders = orders[:1] if len(orders) > 1 else []
        elif daily:
            orders = [order for order in orders if order.created < stamp]
        for order in orders:
            book.cancel(order, stamp, Cause.SESSION_ENDED)
            if getattr(policy, "warn_on_cancel", False):
                _warn(book, order)


def check_account(
    account: AccountState, controls: Iterable[AccountControl], gate: OrderGate, context: Any, stamp: int
) -> None:
    """Asks the account controls. Raises AccountControlViolation."""
    from rustybt.orders import AccountSnapshot

    long, short = account.books.long_and_short_exposure()
    value = account.equity()
    has_leverage = value > 0 or (value < 0 and account.figures_below_zero)
    leverage = Fraction(long - short, value) if has_leverage else None
    snapshot = AccountSnapshot(leverage, stamp, context.portfolio, context.account, account.data, gate)
    for control in controls:
        found = control.violation(snapshot)
        if found is not None:
            raise AccountControlViolation(
                f"At the close of {account.data.current_session} {found}, and {control!r} is set. Order less, or set "
                "another limit."
            )


def _warn(book: OrderBook, order: Any) -> None:
    amount, filled = (
        as_plain_decimal(units, order.instrument.quantity_scale) for units in (order.amount, order.filled)
    )
    LOG.warning(
        "The session ended: order %s for %s of %s was cancelled, %s of it had been filled.",
        book.order_id(order.number),
        amount,
        order.instrument.asset.symbol,
        filled or "nothing",
    )
