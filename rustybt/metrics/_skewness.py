"""Skewness of the returns."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import RATIO_SCALE
from rustybt.metrics._numbers import Numbers, ratio, signed_root_half_even
from rustybt.metrics._sample import Sample, sample_of


def skewness(returns: Numbers | Sample) -> Decimal | None:
    """How lopsided the returns are, corrected for the size of the sample (G1): `m3 / m2**1.5 * sqrt(n(n-1)) / (n-2)`.

    Below 0 where the losses are the rarer and larger moves. m2 and m3 are the population's central moments.

    returns: simple returns per session; no nulls.
    Returns 18 decimals, half-even; None for fewer than three returns, and where all are equal.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.
    Source: Joanes and Gill (1998), G1.

    >>> skewness(["0.01", "0.01", "0.04"])
    Decimal('1.732050807568877294')
    """
    sample = sample_of(returns)
    count = sample.count
    if count < 3 or not sample.second:
        return None
    numerator = sample.third**2 * count * (count - 1) * 10 ** (2 * RATIO_SCALE)
    return ratio(signed_root_half_even(sample.third, numerator, sample.second**3 * (count - 2) ** 2))
