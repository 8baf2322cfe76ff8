"""Total and annual return."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Final

from rustybt.core import RATIO_SCALE, div_half_even
from rustybt.metrics._numbers import ONE, Numbers, check_periods, loses_all, ratio, scaled_numbers

_POWER: Final = decimal.Context(
    prec=80, rounding=decimal.ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[decimal.InvalidOperation]
)
"""Far more digits than the 18 that are kept, so that the one rounding to them is the correct one."""
_EIGHTEEN: Final = Decimal((0, (1,), -18))


def total_return(returns: Numbers) -> Decimal:
    """The simple return over all sessions: `prod(1 + r) - 1`, 0 for none.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even, of the exact product.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> total_return(["0.1", "-0.1"])
    Decimal('-0.010000000000000000')
    """
    product, one = _growth(*scaled_numbers(returns, "returns"))
    return ratio(div_half_even((product - one) * ONE, one))


def annual_return(returns: Numbers, *, periods: int) -> Decimal | None:
    """The constant yearly return that gives the same total: `prod(1 + r) ** (periods / n) - 1`.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even; None for no return at all, where a return of -100 % or less leaves nothing that
    could grow, and where a short run would grow to 1e20 times in a year.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.

    >>> annual_return(["0.1", "0.1"], periods=1)
    Decimal('0.100000000000000000')
    """
    annual = check_periods(periods)
    values, scale = scaled_numbers(returns, "returns")
    if not values or loses_all(values, scale):
        return None
    return annualised(*_growth(values, scale), len(values), annual)


def annualised(end: int, start: int, sessions: int, periods: int) -> Decimal | None:
    """`(end / start) ** (periods / sessions) - 1` with 18 decimals, for positive integers; None from 1e20 on."""
    growth = _POWER.divide(Decimal(end), Decimal(start))
    yearly = _POWER.power(growth, _POWER.divide(Decimal(periods), Decimal(sessions)))
    if not yearly.is_finite() or yearly.adjusted() >= 20:
        return None
    return _POWER.quantize(_POWER.subtract(yearly, Decimal(1)), _EIGHTEEN)


def compounded(numerator: int, denominator: int, periods: int) -> int | None:
    """`(numerator / denominator) ** periods - 1` at scale 18; None from 1e20 on."""
    growth = _POWER.power(_POWER.divide(Decimal(numerator), Decimal(denominator)), periods)
    if not growth.is_finite() or growth.adjusted() >= 20:
        return None
    return int(_POWER.scaleb(_POWER.quantize(_POWER.subtract(growth, Decimal(1)), _EIGHTEEN), RATIO_SCALE))


def _growth(values: list[int], scale: int) -> tuple[int, int]:
    """The exact product of `1 + r` as numerator and denominator."""
    one = 10**scale
    product = _product([one + value for value in values])
    return product, one ** len(values)


def _product(factors: list[int]) -> int:
    """Multiplied as a balanced tree: numbers of like size are far quicker than one growing number."""
    while len(factors) > 1:
        factors = [a * b for a, b in zip(factors[::2], [*factors[1::2], 1], strict=False)]
    return factors[0] if factors else 1
