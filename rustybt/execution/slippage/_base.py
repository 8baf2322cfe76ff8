"""What a slippage model is asked, and the two answers that are not a fill."""

from __future__ import annotations

from typing import Any, Final

from rustybt.core import exact_number, scaled
from rustybt.errors import InputError
from rustybt.execution._order import WorkingOrder

type Quote = tuple[int, int]
"""Price at the listing's fill scale, and how many units fill (above zero)."""

SKIP: Final[Quote] = (0, 0)
"""This order does not fill on this bar; the next one may."""
EXHAUSTED: Final[Quote] = (0, -1)
"""No order of this asset fills on this bar any more."""


class SlippageModel:
    """At what price, and how much of it, an order fills on a bar.

    capped: whether the broker holds the price at the limit of a limit order. A model that looks at the limit
    itself, and rather does not fill, sets it to False.
    """

    capped: bool = True

    def quote(self, order: WorkingOrder, wanted: int, price: int, volume: int, used: int) -> Quote:
        """Called once per bar for each open order whose trigger was reached, oldest first; all in integers.

        wanted: units still to fill, above zero; order.amount says which side. price: what the bar offers, at
        order.listing.fill_scale. volume: of the bar, above zero. used: units of it that went to earlier orders.
        Returns a price and a multiple of order.listing.step up to `wanted`, SKIP or EXHAUSTED.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method quote(order, wanted, price, volume, used).")

    def parameters(self) -> dict[str, str]:
        """The parameters as text, for the repr and for the manifest of a result."""
        return {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in self.parameters().items())})"


def fraction(value: Any, what: str, *, at_most_one: bool = False) -> tuple[int, int]:
    """A parameter of 0 or more, as numerator and denominator."""
    number, scale = scaled(exact_number(value, what))
    if number < 0 or (at_most_one and number > 10**scale):
        raise InputError(f"{what} is {value!r}: give a number {'from 0 to 1' if at_most_one else 'of 0 or more'}.")
    return number, 10**scale


def volume_left(volume: int, used: int, share: tuple[int, int], step: int) -> int:
    """What a share of the bar's volume, in whole steps, still allows."""
    return volume * share[0] // (share[1] * step) * step - used
