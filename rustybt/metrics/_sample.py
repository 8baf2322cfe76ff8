"""Session returns, read once, with the sums and orders that several measures are made of."""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from operator import mul
from typing import Final

from rustybt.core import div_half_even
from rustybt.metrics._numbers import Numbers, loses_all, scaled_numbers

PRECISE: Final = decimal.Context(
    prec=80, rounding=decimal.ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[decimal.InvalidOperation]
)
"""Far more digits than the 18 that are kept, so that the one rounding to them is the correct one."""
POWERS: Final = decimal.Context(
    prec=55, rounding=decimal.ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[decimal.InvalidOperation]
)
"""For powers, which take four times as long with half as many digits more."""
_TWO: Final = Decimal(2)
_CHUNK: Final = 4_096
"""So many returns are multiplied before the product is cut to its first digits."""
_EIGHTEEN: Final = Decimal((0, (1,), -18))
_ENOUGH_BITS: Final = 320
_PATH_DECIMALS: Final = 45
WEALTH_ONE: Final = 10**_PATH_DECIMALS
"""One unit of `Sample.wealth`."""
SLIGHT: Final = WEALTH_ONE // 10**25
"""What rounding may come to without a change of the 18 digits that are kept, but by chance."""


@dataclass(frozen=True)
class Sample:
    """Simple session returns as integers of one scale; what is made of them is made once.

    values: `return * 10**scale` each. Sums of powers are exact integers at the scale to that power.
    """

    values: list[int]
    scale: int

    @cached_property
    def count(self) -> int:
        return len(self.values)

    @cached_property
    def one(self) -> int:
        """The integer that stands for 1."""
        return int(10**self.scale)

    @cached_property
    def loses_all(self) -> bool:
        """Whether some return is -100 % or less: nothing is left that later ones could be on."""
        return loses_all(self.values, self.scale)

    @cached_property
    def squared(self) -> list[int]:
        return [value * value for value in self.values]

    @cached_property
    def total(self) -> int:
        return sum(self.values)

    @cached_property
    def squares(self) -> int:
        return sum(self.squared)

    @cached_property
    def losses(self) -> list[int]:
        """The values below 0."""
        return [value for value in self.values if value < 0]

    @cached_property
    def lost(self) -> int:
        """Their sum, as a positive number."""
        return -sum(self.losses)

    @cached_property
    def squares_lost(self) -> int:
        """The sum of their squares."""
        return sum([value * value for value in self.losses])

    @cached_property
    def wins(self) -> int:
        """How many values are above 0."""
        return sum([value > 0 for value in self.values])

    @cached_property
    def cubes(self) -> int:
        cubes: int = sum(map(mul, self.values, self.squared))
        return cubes

    @cached_property
    def second(self) -> int:
        """`count**2` times the population variance."""
        return self.count * self.squares - self.total * self.total

    @cached_property
    def third(self) -> int:
        """`count**3` times the third central moment."""
        count, total = self.count, self.total
        return count * count * self.cubes - 3 * count * total * self.squares + 2 * total**3

    @cached_property
    def fourth(self) -> int:
        """`count**4` times the fourth central moment."""
        count, total = self.count, self.total
        fourths: int = sum(map(mul, self.squared, self.squared))
        outer = count**3 * fourths - 4 * count * count * total * self.cubes
        return outer + 6 * count * total**2 * self.squares - 3 * total**4

    @cached_property
    def ascending(self) -> list[int]:
        return sorted(self.values)

    @cached_property
    def wealth(self) -> list[int]:
        """What one unit grew to: 1 at the start, then one value a session, with 45 decimals, rounded down at each."""
        grown, one = WEALTH_ONE, self.one
        return [grown, *[grown := grown * (one + value) // one for value in self.values]]

    @cached_property
    def error(self) -> int:
        """How far a value of `wealth` may lie below the exact one, at most, relative to it at scale 45.

        Each step cuts off less than one unit, which grows or shrinks with what follows.
        """
        return self.count * WEALTH_ONE // max(min(self.wealth), 1) + 1

    @cached_property
    def growth(self) -> Decimal:
        """What one unit grew to over all sessions, with 40 good decimals; where nothing `loses_all`."""
        return quotient(self.wealth[-1], WEALTH_ONE)

    def grown(self, years: Decimal) -> Decimal:
        """`growth` to that power, with 55 digits."""
        known = self._powers.get(years)
        if known is None:
            known = self._powers[years] = POWERS.power(self.growth, years)
        return known

    @cached_property
    def _powers(self) -> dict[Decimal, Decimal]:
        return {}

    @cached_property
    def falls(self) -> list[int]:
        """How far each session's wealth lies below the highest before it, a positive share at scale 45; 0 at a peak.

        What is no more than the rounding of `wealth`, at most 1e-25, is no fall.
        """
        slack = min(2 * self.error, SLIGHT)
        one = peak = WEALTH_ONE
        falls = []
        for grown in self.wealth[1:]:
            if grown >= peak:
                peak = grown
                falls.append(0)
            else:
                fall = (peak - grown) * one // peak
                falls.append(fall if fall > slack else 0)
        return falls

    @cached_property
    def mean(self) -> Decimal:
        """With 80 digits; for one return or more."""
        return quotient(self.total, self.count * self.one)

    @cached_property
    def deviation(self) -> Decimal:
        """The population's standard deviation, with 80 digits; for one return or more."""
        return PRECISE.sqrt(quotient(self.second, (self.count * self.one) ** 2))

    def quantile(self, part: Decimal) -> Decimal:
        """The quantile of type 7: linear between the two values around `part * (count - 1)`; for one return or more."""
        place = PRECISE.multiply(part, Decimal(self.count - 1))
        below = int(place)
        low = self.ascending[below]
        high = self.ascending[min(below + 1, self.count - 1)]
        between = PRECISE.multiply(PRECISE.subtract(place, Decimal(below)), Decimal(high - low))
        return PRECISE.divide(PRECISE.add(Decimal(low), between), Decimal(self.one))


def sample_of(returns: Numbers | Sample) -> Sample:
    """The returns, read unless they are already. Raises InputError on nulls, NonFiniteInput on NaN and infinities."""
    return returns if isinstance(returns, Sample) else Sample(*scaled_numbers(returns, "returns"))


def quotient(numerator: int, denominator: int) -> Decimal:
    """The quotient of two integers with 80 digits; of long ones the first 96 digits count."""
    extra = min(numerator.bit_length(), denominator.bit_length()) - _ENOUGH_BITS
    if extra > 0:
        numerator, denominator = numerator >> extra, denominator >> extra
    return PRECISE.divide(Decimal(numerator), Decimal(denominator))


def rounded(value: Decimal) -> Decimal | None:
    """The number with 18 decimals, half-even; None from 1e20 on."""
    if not value.is_finite() or value.adjusted() >= 20:
        return None
    return PRECISE.quantize(value, _EIGHTEEN)


def longest_row(flags: list[bool]) -> int:
    """The most that are true one after the other.

    >>> longest_row([True, False, True, True])
    2
    """
    return max(map(len, bytes(flags).split(b"\0")))


def product_of(factors: list[int]) -> int:
    """Multiplied as a balanced tree: numbers of like size are far quicker than one growing number."""
    while len(factors) > 1:
        odd = factors[-1:] if len(factors) % 2 else []
        factors = [*map(mul, factors[::2], factors[1::2]), *odd]
    return factors[0] if factors else 1


def growth_of(values: list[int], scale: int) -> Decimal:
    """What one unit grew to, with 70 good digits, where no return is -100 % or less: without the path there."""
    one, grown = 10**scale, Decimal(1)
    for start in range(0, len(values), _CHUNK):
        factors = [one + value for value in values[start : start + _CHUNK]]
        product, extra = first_digits_of_product(factors)
        digits = PRECISE.multiply(Decimal(product), PRECISE.power(_TWO, Decimal(extra)))
        grown = PRECISE.multiply(grown, PRECISE.scaleb(digits, -scale * len(factors)))
    return grown


def first_digits_of_product(factors: list[int]) -> tuple[int, int]:
    """The product of numbers above 0 as an integer times a power of 2; of 4096 it is off by less than 1e-80 of it."""
    exponent = 0
    while len(factors) > 1:
        odd = factors[-1:] if len(factors) % 2 else []
        factors = [*map(mul, factors[::2], factors[1::2]), *odd]
        if factors[0].bit_length() > 2 * _ENOUGH_BITS:
            extra = max(min([factor.bit_length() for factor in factors]) - _ENOUGH_BITS, 0)
            factors = [factor >> extra for factor in factors]
            exponent += extra * len(factors)
    return factors[0], exponent


def exact_ratio(numerator: int, denominator: int) -> int:
    """The quotient at scale 18, half-even."""
    return div_half_even(numerator * 10**18, denominator)
