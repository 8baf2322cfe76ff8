"""Gain to pain ratio."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._numbers import Numbers, ratio
from rustybt.metrics._sample import Sample, exact_ratio, sample_of


def gain_to_pain(returns: Numbers | Sample) -> Decimal | None:
    """The sum of all returns over the sum of the losses: `sum(r) / -sum(r, r < 0)`; that of `omega` less 1.

    Its source uses months; on daily returns it is smaller.

    returns: simple returns, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even; None where no return is negative.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.
    Source: Schwager (2012).

    >>> gain_to_pain(["0.03", "-0.01"])
    Decimal('2.000000000000000000')
    """
    sample = sample_of(returns)
    return ratio(exact_ratio(sample.total, sample.lost)) if sample.lost else None
