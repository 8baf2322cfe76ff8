"""A bar or an event in the life of an order, as it is told afterwards."""

from __future__ import annotations

from typing import NamedTuple


class OrderStep(NamedTuple):
    """A step in the life of an order: what a bar did to it, or what happened to it.

    stamp: ns UTC. kind: "bar", or that of an event. tested: the price of the bar that was tested ("low"); price: its
    value; against: what it was tested against ("limit"); level: its value. volume: of the bar. taken: what other orders
    of the asset took of it. quantity: of an event. at: the price of a fill, or that the bar offers. Prices at the fill
    scale, units scaled; None where there is none. cause: the label of a `Cause`. reason: in words. read: what decided
    on a bar that does not say in which order its prices came, a reading of `same_bar` or the length of shorter bars.
    """

    stamp: int
    kind: str
    tested: str | None = None
    price: int | None = None
    against: str | None = None
    level: int | None = None
    volume: int | None = None
    taken: int | None = None
    quantity: int | None = None
    at: int | None = None
    cause: str | None = None
    reason: str | None = None
    read: str | None = None
