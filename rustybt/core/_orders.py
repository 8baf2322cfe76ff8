"""Orders as a strategy sees them, and what happens to them: frozen values."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

from rustybt.core._assets import Asset


class OrderStatus(enum.IntEnum):
    """Where an order stands. The first five are Zipline's; the others are for live trading."""

    OPEN = 0
    FILLED = 1
    CANCELLED = 2
    REJECTED = 3
    HELD = 4
    PENDING_NEW = 5
    ACKNOWLEDGED = 6
    PENDING_CANCEL = 7
    EXPIRED = 8


class OrderEventKind(enum.StrEnum):
    """What can happen to an order.

    NOT_FILLED: it was tried on a bar, and why it did not fill stays on it. TRAILED: its stop followed the price. Neither
    is an event of its own.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    ADJUSTED = "adjusted"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    NOT_FILLED = "not_filled"
    TRAILED = "trailed"


@dataclass(frozen=True, slots=True)
class Order:
    """A snapshot of an order at the moment it was asked for.

    id: account and sequence, the same in every run.
    amount, filled: units; positive buys. limit, stop: prices, None where there is none.
    commission: money paid so far. created, dt: when it was placed, and when it last changed.
    reason: why it was rejected or cancelled, or why an open order did not fill on the last bar, in words; cause: the
    same as one of the labels of `Cause`. Both are None where it is filled.
    """

    id: str
    asset: Asset
    amount: Any
    filled: Any
    limit: Any
    stop: Any
    limit_reached: bool
    stop_reached: bool
    commission: Any
    created: dt.datetime
    dt: dt.datetime
    status: OrderStatus
    reason: str | None
    account: str = "main"
    client_id: str | None = None
    parent: str | None = None
    group: str | None = None
    time_in_force: str = "gtc"
    cause: str | None = None

    @property
    def sid(self) -> Asset:
        """The asset, under the name that Zipline gives it."""
        return self.asset

    @property
    def open_amount(self) -> Any:
        """What is still to fill."""
        return self.amount - self.filled

    @property
    def direction(self) -> int:
        """1 for a buy, -1 for a sell."""
        return 1 if self.amount > 0 else -1

    @property
    def triggered(self) -> bool:
        """Whether its stop and its limit, where it has them, were reached."""
        return (self.stop is None or self.stop_reached) and (self.limit is None or self.limit_reached)

    @property
    def open(self) -> bool:
        """Whether it can still fill."""
        return self.status in (OrderStatus.OPEN, OrderStatus.HELD)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A fill.

    amount: units; positive bought. dt: when. price: per unit. commission: always None, as in Zipline: a fee is
    booked by itself.
    """

    asset: Asset
    amount: Any
    dt: dt.datetime
    price: Any
    order_id: str
    commission: None = None

    @property
    def sid(self) -> Asset:
        """The asset, under the name that Zipline gives it."""
        return self.asset
