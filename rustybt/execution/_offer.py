"""The broker's questions to its models: the offer of a bar to an order, and a fill before its fees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rustybt.core import Moment


class Offer(NamedTuple):
    """The offer of a bar to an order.

    wanted: units that the order still has to fill, above zero; order.amount says which side. price: at
    order.instrument.fill_scale. volume: of the bar, above zero. used: units of it that went to earlier orders.
    moment: that of the bar. account: whose order it is.
    """

    wanted: int
    price: int
    volume: int
    used: int
    moment: Moment
    account: str = "main"


class Fill(NamedTuple):
    """A fill whose fee is asked for; it is not yet in order.filled and order.commission.

    quantity: signed, scaled. price: at order.instrument.fill_scale. moment: that of the bar. account: whose order it
    is. maker: whether it gave liquidity: the order has a limit, and waited for the market to come to it. Market orders
    take it, stops on the bar that reaches them, orders that fill at once or never, and limits that their first bar
    opens at or beyond, or that the last price had reached when they were placed.
    """

    quantity: int
    price: int
    moment: Moment
    account: str = "main"
    maker: bool = False


def unpacks[Method: Callable[..., Any]](method: Method) -> Method:
    """Marks a `quote` or `fee` that unpacks its offer or fill, and so gets a plain tuple of it: that costs a tenth."""
    method.unpacks = True  # type: ignore[attr-defined]  # a function takes what it is given
    return method
