"""Omega ratio."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._numbers import Numbers, check_periods, ratio
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._sample import Sample, exact_ratio, sample_of


def omega(returns: Numbers | Sample, *, periods: int, target: Rate = 0) -> Decimal | None:
    """What the sessions earned above a target over what they fell short of it: `sum(r - t, r > t) / sum(t - r, r < t)`.

    1 where both are even; it uses the whole distribution, not its first two moments.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    target: a yearly rate, compounded over the sessions, or one return for each session.
    Returns 18 decimals, half-even; None where no return lies below the target.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods` or target.
    Source: Keating and Shadwick (2002).

    >>> omega(["0.03", "-0.01"], periods=252)
    Decimal('3.000000000000000000')
    """
    excess = excess_over(sample_of(returns), target, check_periods(periods), "target")
    below = excess.lost
    return ratio(exact_ratio(excess.total + below, below)) if below else None
