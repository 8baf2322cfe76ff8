"""The Kelly fraction."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._numbers import Numbers, check_periods, ratio
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._sample import Sample, exact_ratio, sample_of


def kelly(returns: Numbers | Sample, *, periods: int, risk_free: Rate = 0) -> Decimal | None:
    """The leverage at which wealth grows fastest, if returns go on alike: `mean(r - risk_free) / variance(ddof=1)`.

    The continuous form, of returns that are small and change all the time; not the one of bets that win or lose all.
    It is twice what most can bear, and as uncertain as the mean that it is made of: a figure to stay far below.

    returns: simple returns per session, 0.01 means one per cent; no nulls. periods: sessions per year of the calendar.
    risk_free: a yearly rate, compounded over the sessions, or the riskless return of each session.
    Returns 18 decimals, half-even; None for fewer than two returns, where all are equal, and where one is -100 % or
    less.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods` or rate.
    Source: Thorp (2006).

    >>> kelly(["0.03", "0.01"], periods=2)
    Decimal('100.000000000000000000')
    """
    annual, sample = check_periods(periods), sample_of(returns)
    if sample.count < 2 or sample.loses_all:
        return None
    excess = excess_over(sample, risk_free, annual, "risk_free")
    if not excess.second:
        return None
    return ratio(exact_ratio(excess.total * (excess.count - 1) * excess.one, excess.second))
