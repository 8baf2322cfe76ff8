"""Exact decimal numbers as scaled integers: a value and a known scale, `value * 10**-scale`.

This is the one place where text, floats and Decimals become scaled integers and back, and the one
place where anything rounds. Rounding is half-even and happens only in functions named for it.
"""

from __future__ import annotations

import decimal
import numbers
import operator
import reprlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from rustybt.errors import InfiniteInput, MoneyOverflow, NonFiniteInput, NotANumber, PrecisionLost

if TYPE_CHECKING:
    import numpy as np

type Number = int | Decimal | str | float | np.integer[Any] | np.floating[Any]
"""The numbers that `exact_number` takes."""

MONEY_SCALE: Final = 20
"""Decimals of a posting to cash."""
MONEY_LIMIT: Final = 10 ** (18 + MONEY_SCALE)
"""Money is below 1e18 units, so that it fits 38 digits."""
_MONEY_LEAST: Final = -MONEY_LIMIT
RATIO_SCALE: Final = 18
"""Decimals of returns, weights, ratios and statistics."""
EXTRA_PRICE_DECIMALS: Final = 10
"""Decimals that a fill price or an adjusted price has beyond the asset's price scale."""

EXACT: Final = decimal.Context(
    prec=200,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-999_999,
    Emax=999_999,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.Inexact],
)
"""Called through its methods, never entered: the strategy's own decimal context stays its own."""

POWERS: Final[tuple[int, ...]] = tuple(10**k for k in range(220))
_UNITS: Final = tuple(Decimal((0, (1,), -k)) for k in range(80))
_INTEGRAL: Final = Decimal(1)


def div_half_even(numerator: int, denominator: int) -> int:
    """The quotient of two integers, rounded once, half-even.

    >>> div_half_even(5, 2), div_half_even(7, 2), div_half_even(-5, 2)
    (2, 4, -2)
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, rest = divmod(numerator, denominator)
    twice = rest + rest
    if twice > denominator or (twice == denominator and quotient & 1):
        quotient += 1
    return quotient


def rescale_half_even(value: int, scale: int, to_scale: int) -> int:
    """The same number at another scale, rounded half-even where digits go.

    >>> rescale_half_even(12345, 4, 2), rescale_half_even(12, 0, 2)
    (123, 1200)
    """
    if to_scale >= scale:
        return value * POWERS[to_scale - scale]
    return div_half_even(value, POWERS[scale - to_scale])


def rescale_exact(value: int, scale: int, to_scale: int) -> int:
    """The same number at another scale. Raises PrecisionLost where a digit would go."""
    if to_scale >= scale:
        return value * POWERS[to_scale - scale]
    quotient, rest = divmod(value, POWERS[scale - to_scale])
    if rest:
        raise PrecisionLost(
            f"{as_decimal(value, scale)} has more than {to_scale} decimals. "
            "Pass a value with fewer digits, or round it yourself."
        )
    return quotient


def as_decimal(value: int, scale: int) -> Decimal:
    """The exact Decimal with that exponent, whatever the caller's decimal context is.

    >>> as_decimal(12050, 2)
    Decimal('120.50')
    """
    return EXACT.multiply(value, _UNITS[scale])


def as_plain_decimal(value: int, scale: int) -> Decimal:
    """The exact Decimal without trailing zeros after the point.

    >>> as_plain_decimal(12050000, 5), as_plain_decimal(1000, 1)
    (Decimal('120.5'), Decimal('100'))
    """
    number = EXACT.normalize(EXACT.multiply(value, _UNITS[scale]))
    return number if number.as_tuple().exponent <= 0 else EXACT.quantize(number, _INTEGRAL)  # type: ignore[operator]


def exact_number(number: object, what: str = "a number") -> Decimal:
    """An input of the user's as a finite Decimal: the one named place where a float crosses over.

    number: int, Decimal, text, float (by its shortest repr, never by binary expansion), or a NumPy scalar.
    what: how to call it in the message.
    Raises NonFiniteInput for NaN, infinities (InfiniteInput), booleans and what is no number (NotANumber).

    >>> exact_number(0.1), exact_number("5.25"), exact_number(3)
    (Decimal('0.1'), Decimal('5.25'), Decimal('3'))
    """
    kind = type(number)
    if kind is int:
        return Decimal(number)  # type: ignore[arg-type]
    if kind is float:
        result = Decimal(repr(number))
    elif kind is Decimal:
        result = number  # type: ignore[assignment]
    elif isinstance(number, str):
        try:
            result = EXACT.create_decimal(number.strip())
        except decimal.DecimalException:
            raise NonFiniteInput(f"{what}: {number!r} is not a number. Write it like '12.50'.") from None
    elif isinstance(number, bool) or type(number).__name__ in ("bool", "bool_"):
        raise NonFiniteInput(f"{what}: {number!r} is a truth value, not a number.")
    elif isinstance(number, numbers.Integral):
        result = Decimal(operator.index(number))
    elif isinstance(number, numbers.Real) and hasattr(number, "item"):
        # a NumPy float: its own shortest repr, so that float32 0.1 is 0.1 too
        result = Decimal(str(number))
    elif isinstance(number, Decimal | float):
        result = Decimal(repr(float(number))) if isinstance(number, float) else Decimal(number)
    else:
        raise NotANumber(f"{what}: {reprlib.repr(number)} is not a number. Pass an int, Decimal, text or float.")
    if result.is_infinite():
        raise InfiniteInput(f"{what}: {number!r} is not finite. Check the data it was computed from.")
    if not result.is_finite():
        raise NonFiniteInput(f"{what}: {number!r} is not finite. Check the data it was computed from.")
    return result


def scaled(number: Decimal) -> tuple[int, int]:
    """Value and scale of a finite Decimal; the scale is never negative.

    >>> scaled(Decimal("-1.50")), scaled(Decimal("2E+3"))
    ((-150, 2), (2000, 0))
    """
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise NonFiniteInput(f"{number!r} is not finite. Check the data it was computed from.")
    if not -200 <= exponent <= 200:
        raise NonFiniteInput(f"{number!r} is beyond any amount that the books hold.")
    value = int("".join(map(str, digits)) or "0")
    if exponent > 0:
        value *= 10**exponent
        exponent = 0
    return (-value if sign else value), -exponent


def scaled_float(number: float) -> tuple[int, int] | None:
    """`scaled(exact_number(number))` of a float, at a third of the cost; None of one that is left to those.

    >>> scaled_float(-1.25), scaled_float(1e-07), scaled_float(float("nan"))
    ((-125, 2), None, None)
    """
    whole, _, part = repr(number).partition(".")
    # an exponent, or what is no number, has other signs than digits after the point, or no point
    return (int(whole + part), len(part)) if part.isdecimal() else None


def to_scale(number: Decimal, scale: int) -> int:
    """A finite Decimal as an integer of that scale. Raises PrecisionLost where a digit would go."""
    value, own = scaled(number)
    return rescale_exact(value, own, scale)


def converted_half_even(amount: int, numerator: int, denominator: int) -> int:
    """Money of one currency as money of another, at so many units of the other for one: rounded once, at 20 decimals.

    amount: at scale 20, as what is returned. Raises MoneyOverflow at 1e18 and beyond.

    >>> as_plain_decimal(converted_half_even(3 * 10**20, 2, 7), 20)
    Decimal('0.85714285714285714286')
    """
    return check_money(div_half_even(amount * numerator, denominator))


def check_money(value: int) -> int:
    """Returns the money value (scale 20) unchanged. Raises MoneyOverflow at 1e18 and beyond."""
    if _MONEY_LEAST < value < MONEY_LIMIT:
        return value
    shown = as_plain_decimal(value, MONEY_SCALE) if -POWERS[-1] < value < POWERS[-1] else "An amount of over 1e58"
    raise MoneyOverflow(f"{shown} is beyond the 1e18 that the books hold. Use a smaller capital base or quantity.")
