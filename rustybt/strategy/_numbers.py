"""In which numbers a strategy gets its scalars: Decimal, or float."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic

from rustybt.core import MONEY_SCALE, RATIO_SCALE, Scalar, as_decimal, as_plain_decimal
from rustybt.errors import InputError


@dataclass(frozen=True, slots=True)
class Numbers(Generic[Scalar]):
    """How integers leave the engine. price and quantity take value and scale."""

    name: str
    price: Callable[[int, int], Scalar]
    quantity: Callable[[int, int], Scalar]
    missing: Any
    infinity: Scalar

    def money(self, value: int) -> Scalar:
        """An amount of money."""
        return self.quantity(value, MONEY_SCALE)

    def ratio(self, value: int | None) -> Scalar:
        """A ratio with 18 decimals; infinite where it has no value."""
        return self.infinity if value is None else self.quantity(value, RATIO_SCALE)


def _float_price(value: int, scale: int) -> float:
    return float(value / 10**scale)


def _float_quantity(value: int, scale: int) -> float:
    return value if scale == 0 else value / 10**scale


DECIMAL: Final = Numbers("decimal", as_decimal, as_plain_decimal, None, Decimal("Infinity"))
FLOAT: Final = Numbers("float", _float_price, _float_quantity, float("nan"), float("inf"))


def numbers_named(name: str) -> Numbers[Any]:
    """The kind of numbers with that name."""
    if name == "decimal":
        return DECIMAL
    if name == "float":
        return FLOAT
    raise InputError(f"numbers={name!r}: choose 'decimal' or 'float'.")
