"""What a commission model is asked."""

from __future__ import annotations

from typing import Any

from rustybt.core import MONEY_SCALE, POWERS, div_half_even, exact_number, scaled
from rustybt.errors import InputError
from rustybt.execution._order import WorkingOrder


class CommissionModel:
    """What a fill costs.

    rebates: whether a fee below zero is paid out. Without it such a fee is counted on the order, and not booked.
    """

    rebates: bool = False

    def fee(self, order: WorkingOrder, quantity: int, price: int) -> int:
        """The cost of a fill that is not yet in order.filled and order.commission, as money with 20 decimals.

        quantity: signed, scaled. price: at order.listing.fill_scale. A negative result is a rebate.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method fee(order, quantity, price).")

    def parameters(self) -> dict[str, str]:
        """The parameters as text, for the repr and for the manifest of a result."""
        return {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in self.parameters().items())})"


def amount(value: Any, what: str) -> tuple[int, int]:
    """A parameter of 0 or more, as value and scale."""
    number, scale = scaled(exact_number(value, what))
    if number < 0:
        raise InputError(f"{what} is {value!r}: give a number of 0 or more.")
    return number, scale


def as_money(value: int, scale: int) -> int:
    """A product as money; rounded half-even beyond 20 decimals."""
    if scale <= MONEY_SCALE:
        return value * POWERS[MONEY_SCALE - scale]
    return div_half_even(value, POWERS[scale - MONEY_SCALE])
