"""Calmar ratio."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._max_drawdown import max_drawdown
from rustybt.metrics._numbers import Numbers
from rustybt.metrics._returns import annual_return
from rustybt.metrics._sample import PRECISE, Sample, rounded, sample_of


def calmar(returns: Numbers | Sample, *, periods: int) -> Decimal | None:
    """The annual return over the largest drawdown: `annual_return / -max_drawdown`, both over all of the returns.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even, of the two figures as they are; None where there is no annual return or nothing
    ever fell.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.
    Source: Young (1991), whose window is the last 36 months.

    >>> calmar(["0.5", "-0.2"], periods=2)
    Decimal('1.000000000000000000')
    """
    sample = sample_of(returns)
    yearly, worst = annual_return(sample, periods=periods), max_drawdown(sample)
    return None if yearly is None or not worst else rounded(PRECISE.divide(yearly, -worst))
