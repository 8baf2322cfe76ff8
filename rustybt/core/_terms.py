"""The terms of an order: all that it says besides its asset and its size."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import NamedTuple


class TimeInForce(enum.StrEnum):
    """How long an order works.

    GTC: until it is cancelled. DAY: to the end of the session. GTD: to the moment it expires. IOC: on one bar, and what
    is not filled there is cancelled. FOK: the same, filled whole or not at all.
    """

    GTC = "gtc"
    DAY = "day"
    GTD = "gtd"
    IOC = "ioc"
    FOK = "fok"


class Auction(enum.StrEnum):
    """The auction in which an order takes part: that of the session's open or close."""

    OPEN = "open"
    CLOSE = "close"


class OrderTerms[Price](NamedTuple):
    """The terms of an order. A field that is to be added is added here; what carries orders carries them whole.

    Price: Decimal where a style makes them, int at the asset's fill scale in an order.
    limit, stop: None where there is none. trail: the distance of a trailing stop from the best price since.
    at: the auction to wait for. time_in_force, expires: how long it works; expires in ns UTC. whole: fills at once in
    full or waits.
    """

    limit: Price | None = None
    stop: Price | None = None
    trail: Price | None = None
    at: Auction | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expires: int | None = None
    whole: bool = False

    def with_prices[Other](self, change: Callable[[Price], Other]) -> OrderTerms[Other]:
        """The same terms with each price changed."""
        limit, stop, trail = (None if price is None else change(price) for price in self[:3])
        return OrderTerms(limit, stop, trail, *self[3:])


MARKET_TERMS: OrderTerms[int] = OrderTerms()
"""Those of a market order that works until it is cancelled."""
