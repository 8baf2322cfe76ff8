"""Excess kurtosis of the returns."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._numbers import Numbers, ratio
from rustybt.metrics._sample import Sample, exact_ratio, sample_of


def kurtosis(returns: Numbers | Sample) -> Decimal | None:
    """How much of the variance comes from few large moves, corrected for the size of the sample (G2); 0 if normal.

    `(n-1) / ((n-2)(n-3)) * ((n+1) * (m4 / m2**2 - 3) + 6)`, m2 and m4 the population's central moments.

    returns: simple returns per session; no nulls.
    Returns 18 decimals, half-even; None for fewer than four returns, and where all are equal.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.
    Source: Joanes and Gill (1998), G2.

    >>> kurtosis(["0.01", "0.01", "0.01", "0.05"])
    Decimal('4.000000000000000000')
    """
    sample = sample_of(returns)
    count = sample.count
    if count < 4 or not sample.second:
        return None
    spread = sample.second**2
    excess = (count + 1) * (sample.fourth - 3 * spread) + 6 * spread
    return ratio(exact_ratio((count - 1) * excess, (count - 2) * (count - 3) * spread))
