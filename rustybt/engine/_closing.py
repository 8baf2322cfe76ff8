"""What looks at a run when a session ends: the cancel policy, the account controls."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from rustybt.core import Cause, as_plain_decimal
from rustybt.errors import AccountControlViolation
from rustybt.execution.cancel_policy import SESSION_END
from rustybt.orders import AccountControl, OrderGate, Standing
from rustybt.strategy import CancelPolicy, Desk

LOG: Final = logging.getLogger("rustybt.orders")


def apply_cancel_policy(desk: Desk, policy: CancelPolicy, stamp: int) -> None:
    """Cancels the open orders if the policy says so.

    In a daily run a session has one bar, at its close: an order that was placed with it is an order for the next
    session, and is cancelled at the end of that one.
    """
    if not policy.should_cancel(SESSION_END):
        return
    daily = desk.market.axis.daily
    for queue in list(desk.blotter.open.values()):
        orders = list(queue)
        if daily and desk.compat.daily_cancels_spare:
            orders = orders[:1] if len(orders) > 1 else []
        elif daily:
            orders = [order for order in orders if order.created < stamp]
        for order in orders:
            desk.blotter.cancel(order, stamp, Cause.SESSION_ENDED)
            if getattr(policy, "warn_on_cancel", False):
                _warn(desk, order)


def check_account(desk: Desk, controls: Iterable[AccountControl], gate: OrderGate, context: Any, stamp: int) -> None:
    """Asks the account controls. Raises AccountControlViolation."""
    long, short = desk.books.long_and_short_exposure()
    value = desk.value()
    has_leverage = value > 0 or (value < 0 and desk.compat.figures_below_zero)
    leverage = Fraction(long - short, value) if has_leverage else None
    standing = Standing(leverage, stamp, context.portfolio, context.account, desk.data, gate)
    for control in controls:
        found = control.violation(standing)
        if found is not None:
            raise AccountControlViolation(
                f"At the close of {desk.data.current_session} {found}, and {control!r} is set. Order less, or set "
                "another limit."
            )


def _warn(desk: Desk, order: Any) -> None:
    amount, filled = (as_plain_decimal(units, order.listing.quantity_scale) for units in (order.amount, order.filled))
    LOG.warning(
        "The session ended: order %s for %s of %s was cancelled, %s of it had been filled.",
        desk.blotter.order_id(order.number),
        amount,
        order.listing.asset.symbol,
        filled or "nothing",
    )
