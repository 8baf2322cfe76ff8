"""The standard normal distribution, to 50 digits."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from statistics import NormalDist
from typing import Final

from rustybt.metrics._sample import PRECISE

_PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534")
_SMALL: Final = Decimal("1e-70")


def density(x: Decimal) -> Decimal:
    """The density at x."""
    power = PRECISE.exp(PRECISE.divide(PRECISE.multiply(x, x), Decimal(-2)))
    return PRECISE.divide(power, PRECISE.sqrt(PRECISE.multiply(Decimal(2), _PI)))


def distribution(x: Decimal) -> Decimal:
    """The probability of a value up to x, for x between -15 and 15: `1/2 + density(x) * (x + x^3/3 + x^5/15 + ...)`."""
    term = total = x
    square = PRECISE.multiply(x, x)
    odd = 1
    while abs(term) > _SMALL:
        odd += 2
        term = PRECISE.divide(PRECISE.multiply(term, square), Decimal(odd))
        total = PRECISE.add(total, term)
    return PRECISE.add(Decimal("0.5"), PRECISE.multiply(density(x), total))


@lru_cache(maxsize=64)
def normal_quantile(part: Decimal) -> Decimal:
    """The x with that probability below it, for 0 < part < 1; Newton's steps from the float's answer."""
    x = Decimal(repr(NormalDist().inv_cdf(float(part))))
    for _ in range(3):
        x = PRECISE.subtract(x, PRECISE.divide(PRECISE.subtract(distribution(x), part), density(x)))
    return x
