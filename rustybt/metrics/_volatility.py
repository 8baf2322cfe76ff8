"""Annualised volatility."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import RATIO_SCALE
from rustybt.metrics._numbers import Numbers, check_periods, ratio, root_half_even
from rustybt.metrics._sample import Sample, sample_of


def volatility(returns: Numbers | Sample, *, periods: int) -> Decimal | None:
    """Annualised standard deviation of simple session returns: `std(ddof=1) * sqrt(periods)`.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even; None for fewer than two returns, and where some return is
    -100 % or less: nothing is left that later ones could be on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.

    >>> volatility(["0.01", "-0.01"], periods=2)
    Decimal('0.020000000000000000')
    """
    sample = sample_of(returns)
    annual = check_periods(periods)
    count = sample.count
    if count < 2 or sample.loses_all:
        return None
    return ratio(root_half_even(sample.second * annual * 10 ** (2 * RATIO_SCALE), count * (count - 1) * sample.one**2))


def spread_of(count: int, total: int, squares: int) -> int:
    """`count**2` times the population variance, from the sum and the sum of squares: an exact integer."""
    return count * squares - total * total
