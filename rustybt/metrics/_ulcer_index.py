"""Ulcer index and Martin ratio."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import RATIO_SCALE, Number, exact_number
from rustybt.metrics._numbers import Numbers, ratio, root_half_even
from rustybt.metrics._returns import annual_return
from rustybt.metrics._sample import PRECISE, WEALTH_ONE, Sample, rounded, sample_of


def ulcer_index(returns: Numbers | Sample) -> Decimal | None:
    """How deep and how long wealth lay below its highest: `sqrt(mean(drawdown ** 2))`, each session's drawdown a share.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even, of wealth with 45; None for no return, and where one is -100 % or less.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.
    Source: Martin and McCann (1989), divided by the number of sessions.

    >>> ulcer_index(["0.1", "-0.1", "-0.1", "0.5"])
    Decimal('0.107354552767919442')
    """
    sample = sample_of(returns)
    if not sample.count or sample.loses_all:
        return None
    return ratio(root_half_even(sample.squared_falls * 10 ** (2 * RATIO_SCALE), sample.count * WEALTH_ONE**2))


def martin(returns: Numbers | Sample, *, periods: int, risk_free: Number = 0) -> Decimal | None:
    """The annual return above the riskless rate over the ulcer index: `(annual_return - risk_free) / ulcer_index`.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar. risk_free: a yearly rate.
    Returns 18 decimals, half-even, of the two figures as they are; None where there is no annual return or nothing
    ever fell.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.
    Source: Martin and McCann (1989).

    >>> martin(["0.1", "-0.1", "-0.1", "0.5"], periods=4)
    Decimal('3.134473492963548153')
    """
    sample = sample_of(returns)
    yearly, ulcer = annual_return(sample, periods=periods), ulcer_index(sample)
    if yearly is None or not ulcer:
        return None
    return rounded(PRECISE.divide(PRECISE.subtract(yearly, exact_number(risk_free, "risk_free")), ulcer))
