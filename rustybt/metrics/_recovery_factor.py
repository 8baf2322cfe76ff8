"""The recovery factor."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._max_drawdown import max_drawdown
from rustybt.metrics._numbers import Numbers
from rustybt.metrics._returns import total_return
from rustybt.metrics._sample import PRECISE, Sample, rounded, sample_of


def recovery_factor(returns: Numbers | Sample) -> Decimal | None:
    """How many times the largest fall was earned in all: `total_return / -max_drawdown`.

    `calmar` is the same of a year: this one grows with the length of a run, and compares runs of one length only.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even; None where there is no fall, and where a return is -100 % or less.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.
    Source: Pardo (2008).

    >>> recovery_factor(["0.5", "-0.2", "0.5"])
    Decimal('4.000000000000000000')
    """
    sample = sample_of(returns)
    worst, whole = max_drawdown(sample), total_return(sample)
    if sample.loses_all or not worst:
        return None
    return rounded(PRECISE.divide(whole, -worst))
