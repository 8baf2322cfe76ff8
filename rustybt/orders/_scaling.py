"""Numbers that a strategy orders with, as integers and scales."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from rustybt.core import exact_number, scaled, scaled_float

MEMO_SIZE: Final = 4096


class Scaling:
    """Turns sizes, values and weights into integers; of floats it remembers the last ones, which come again and again.

    floats: those that are known.
    """

    __slots__ = ("floats",)

    def __init__(self) -> None:
        self.floats: dict[float, tuple[int, int]] = {}

    def of(self, number: Any, what: str) -> tuple[int, int]:
        """A number as value and scale. what: how to call it in the message. Raises what `exact_number` raises."""
        if type(number) is float:
            known = self.floats.get(number)
            if known is None:
                if len(self.floats) >= MEMO_SIZE:
                    self.floats.clear()
                known = self.floats[number] = scaled_float(number) or scaled(exact_number(number, what))
            return known
        if type(number) is int:
            return number, 0
        return scaled(number if type(number) is Decimal and number.is_finite() else exact_number(number, what))
