"""The terms of an order: all that it says besides its asset and its size."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


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


class Trail[Price](NamedTuple):
    """How a stop follows the best price since its order was placed, and never goes back.

    One of: distance, a price difference; share, a part of the best price as numerator and denominator, where (1, 40) is
    2.5 %; ticks, a number of the asset's ticks.
    activation: the price from which on it follows; None from the first bar on. limit_offset: of a trailing stop-limit,
    how far beyond its stop the limit lies. by_bar: follows once a bar is over, instead of within it. best: the best
    price so far; None before there is one.
    """

    distance: Price | None = None
    share: tuple[int, int] | None = None
    ticks: int | None = None
    activation: Price | None = None
    limit_offset: Price | None = None
    by_bar: bool = False
    best: Price | None = None

    def with_prices[Other](self, change: Callable[[Price], Other]) -> Trail[Other]:
        """The same with each price changed."""
        new: Any = change  # a price may be missing
        distance, activation, offset, best = (
            None if price is None else new(price)
            for price in (self.distance, self.activation, self.limit_offset, self.best)
        )
        return Trail(distance, self.share, self.ticks, activation, offset, self.by_bar, best)


class OrderTerms[Price](NamedTuple):
    """The terms of an order. A field that is to be added is added here; what carries orders carries them whole.

    Price: Decimal where a style makes them, int at the asset's fill scale in an order.
    limit, stop: None where there is none; of a trailing stop the level that it has reached. touch: the price from which
    on an "if touched" order works. trail: how its stop moves. at: the auction to wait for. time_in_force, expires: how
    long it works; expires in ns UTC. post_only: never takes liquidity. reduce_only: only makes a position smaller. tag:
    a word of the user's. linked: whether others hang on it, or it on them.
    """

    limit: Price | None = None
    stop: Price | None = None
    touch: Price | None = None
    trail: Trail[Price] | None = None
    at: Auction | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expires: int | None = None
    post_only: bool = False
    reduce_only: bool = False
    tag: str | None = None
    linked: bool = False

    def with_prices[Other](
        self, change: Callable[[Price], Other], of_trail: Callable[[Price], Other] | None = None
    ) -> OrderTerms[Other]:
        """The same terms with each price changed. of_trail: what changes those of `trail`, where it is another rule."""
        limit, stop, touch = (None if price is None else change(price) for price in self[:3])
        trail = None if self.trail is None else self.trail.with_prices(of_trail or change)
        return OrderTerms(limit, stop, touch, trail, *self[4:])

    @property
    def at_once(self) -> bool:
        """Whether what one bar does not fill is cancelled."""
        return self.at is not None or self.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)

    @property
    def needs_broker(self) -> bool:
        """Whether an order that is let through needs more than a price: what it fills depends on more than the bar."""
        return self.linked or self.reduce_only or self.at_once

    def plain(self) -> tuple[Any, ...]:
        """The same as plain values."""
        trail = None if self.trail is None else tuple(self.trail)
        return (*self[:3], trail, self.at and self.at.value, self.time_in_force.value, *self[6:])


MARKET_TERMS: OrderTerms[int] = OrderTerms()
"""Those of a market order that works until it is cancelled."""


def terms_from(plain: Sequence[Any]) -> OrderTerms[Any]:
    """The terms of which `OrderTerms.plain` gave the values."""
    limit, stop, touch, trail, at, time_in_force, *rest = plain
    return OrderTerms(
        limit,
        stop,
        touch,
        None if trail is None else Trail(trail[0], trail[1] and tuple(trail[1]), *trail[2:]),
        None if at is None else Auction(at),
        TimeInForce(time_in_force),
        *rest,
    )
