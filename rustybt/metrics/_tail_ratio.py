"""Tail ratio."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from rustybt.metrics._numbers import Numbers
from rustybt.metrics._sample import PRECISE, Sample, rounded, sample_of

_LOW: Final = Decimal("0.05")
_HIGH: Final = Decimal("0.95")


def tail_ratio(returns: Numbers | Sample) -> Decimal | None:
    """The size of the 95th percentile over that of the 5th: above 1 where the best days outweigh the worst.

    Percentiles of type 7 (linear between neighbours).

    returns: simple returns per session; no nulls.
    Returns 18 decimals, half-even; None for no return, and where the 5th percentile is 0.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.
    Source: empyrical's definition.

    >>> tail_ratio(["-0.01", "0.02"])
    Decimal('2.176470588235294118')
    """
    sample = sample_of(returns)
    if not sample.count:
        return None
    low, high = sample.quantile(_LOW), sample.quantile(_HIGH)
    return rounded(abs(PRECISE.divide(high, low))) if low else None
