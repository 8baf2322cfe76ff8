"""Annualised volatility."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import RATIO_SCALE
from rustybt.metrics._numbers import Numbers, check_periods, loses_all, ratio, root_half_even, scaled_numbers


def volatility(returns: Numbers, *, periods: int) -> Decimal | None:
    """Annualised standard deviation of simple session returns: `std(ddof=1) * sqrt(periods)`.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even; None for fewer than two returns, and where some return is
    -100 % or less: nothing is left that later ones could be on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.

    >>> volatility(["0.01", "-0.01"], periods=2)
    Decimal('0.020000000000000000')
    """
    values, scale = scaled_numbers(returns, "returns")
    annual = check_periods(periods)
    count = len(values)
    if count < 2 or loses_all(values, scale):
        return None
    spread = spread_of(count, sum(values), sum(value * value for value in values))
    return ratio(root_half_even(spread * annual * 10 ** (2 * RATIO_SCALE), count * (count - 1) * 10 ** (2 * scale)))


def spread_of(count: int, total: int, squares: int) -> int:
    """`count**2` times the population variance, from the sum and the sum of squares: an exact integer."""
    return count * squares - total * total
