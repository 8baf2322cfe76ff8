"""Session returns, read once, with the sums and orders that several measures are made of."""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import compress
from operator import mul, sub
from typing import Final

import polars as pl

from rustybt.core import RATIO_SCALE, div_half_even
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
    def losers(self) -> int:
        """How many are below 0."""
        return len(self.losses)

    @cached_property
    def streaks(self) -> tuple[int, int]:
        """The most above 0 in a row, and the most below 0."""
        values = self.values
        return longest_row([value > 0 for value in values]), longest_row([value < 0 for value in values])

    @cached_property
    def cubes(self) -> int:
        cubes: int = sum(map(mul, self.values, self.squared))
        return cubes

    @cached_property
    def fourths(self) -> int:
        fourths: int = sum(map(mul, self.squared, self.squared))
        return fourths

    def products(self, other: Sample) -> int:
        """The sum of the products with as many others."""
        products: int = sum(map(mul, self.values, other.values))
        return products

    def less(self, other: Sample) -> Sample:
        """What each value is beyond another, at the same scale."""
        return Sample([*map(sub, self.values, other.values)], self.scale)

    def picked(self, other: Sample, *, above: bool) -> Sample:
        """The values where another is above 0, or below it."""
        picked = [value > 0 for value in other.values] if above else [value < 0 for value in other.values]
        return Sample([*compress(self.values, picked)], self.scale)

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
        outer = count**3 * self.fourths - 4 * count * count * total * self.cubes
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
    def last(self) -> int:
        """The wealth at the end."""
        return self.wealth[-1]

    @cached_property
    def lowest(self) -> int:
        """The least wealth."""
        return min(self.wealth)

    @cached_property
    def error(self) -> int:
        """How far a value of `wealth` may lie below the exact one, at most, relative to it at scale 45.

        Each step cuts off less than one unit, which grows or shrinks with what follows.
        """
        return self.count * WEALTH_ONE // max(self.lowest, 1) + 1

    @cached_property
    def growth(self) -> Decimal:
        """What one unit grew to over all sessions, with 40 good decimals; where nothing `loses_all`."""
        return quotient(self.last, WEALTH_ONE)

    @cached_property
    def growth_parts(self) -> list[tuple[int, int, int]]:
        """The product of one more than each value, 4096 at a time: its first digits, the power of 2 that they are to be
        multiplied with, and how many values it is of; where nothing `loses_all`."""
        chunks = [self.values[start : start + _CHUNK] for start in range(0, self.count, _CHUNK)]
        one = self.one
        return [(*first_digits_of_product([one + value for value in chunk]), len(chunk)) for chunk in chunks]

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
    def deepest(self) -> int:
        """The largest of the `falls`; for one return or more."""
        return max(self.falls)

    @cached_property
    def squared_falls(self) -> int:
        """The sum of their squares."""
        return sum([fall * fall for fall in self.falls if fall])

    @cached_property
    def under_water(self) -> tuple[int, int]:
        """How many sessions end below a peak, and how many in a row."""
        return self.count - self.falls.count(0), longest_row([fall > 0 for fall in self.falls])

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
    if isinstance(returns, Sample):
        return returns
    counted = counted_sample(returns) if isinstance(returns, pl.Series) else None
    return Sample(*scaled_numbers(returns, "returns")) if counted is None else counted


def counted_sample(returns: pl.Series) -> Sample | None:
    """Those of a column as a run has them, counted by the native kernel; None where that is not there, or can't."""
    if returns.dtype != pl.Decimal(38, RATIO_SCALE):
        return None
    from rustybt.metrics._counted import counted

    return counted(returns)


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


def growth_of(sample: Sample) -> Decimal:
    """What one unit grew to, with 70 good digits, where no return is -100 % or less: without the path there."""
    grown = Decimal(1)
    for product, extra, count in sample.growth_parts:
        digits = PRECISE.multiply(Decimal(product), PRECISE.power(_TWO, Decimal(extra)))
        grown = PRECISE.multiply(grown, PRECISE.scaleb(digits, -sample.scale * count))
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
