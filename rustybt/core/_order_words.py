"""The kind of order that some terms make, in words."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from rustybt.core._fixed import as_plain_decimal
from rustybt.core._terms import Auction, OrderTerms, TimeInForce, Trail
from rustybt.core._time import datetime_of

LASTS: Final = {
    TimeInForce.DAY: "good for the day",
    TimeInForce.IOC: "immediate or cancel",
    TimeInForce.FOK: "fill or kill",
}


def kind_of(terms: OrderTerms[int], scale: int) -> str:
    """The kind of an order as a trader calls it. scale: of the prices.

    >>> kind_of(OrderTerms(), 2), kind_of(OrderTerms(limit=9950, stop=9960, post_only=True), 2)
    ('market order', 'stop-limit order, post only')
    >>> kind_of(OrderTerms(trail=Trail(share=(1, 40))), 2)
    'trailing stop by 2.5 %'
    """
    options = [LASTS[terms.time_in_force]] if terms.time_in_force in LASTS else []
    if terms.time_in_force is TimeInForce.GTD and terms.expires is not None:
        options.append(f"good till {datetime_of(terms.expires):%Y-%m-%d %H:%M}")
    options += [name for name, here in (("post only", terms.post_only), ("reduce only", terms.reduce_only)) if here]
    return ", ".join([_kind(terms, scale), *options])


def _kind(terms: OrderTerms[int], scale: int) -> str:
    limited = terms.limit is not None
    if terms.at is not None:
        return f"{'limit' if limited else 'market'} on {'open' if terms.at is Auction.OPEN else 'close'}"
    if terms.trail is not None:
        name = "trailing stop" if terms.trail.limit_offset is None else "trailing stop-limit"
        return f"{name} by {_distance(terms.trail, scale)}"
    if terms.touch is not None:
        return f"{'limit' if limited else 'market'} if touched"
    if terms.stop is not None:
        return "stop-limit order" if limited else "stop order"
    return "limit order" if limited else "market order"


def _distance(trail: Trail[int], scale: int) -> str:
    if trail.share is not None:
        percent = Fraction(*trail.share) * 100
        return f"{float(percent):g} %"
    if trail.ticks is not None:
        return f"{trail.ticks} tick{'' if trail.ticks == 1 else 's'}"
    return f"{as_plain_decimal(trail.distance or 0, scale):f}"
