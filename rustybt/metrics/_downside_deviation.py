"""Annualised downside deviation."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import RATIO_SCALE
from rustybt.metrics._numbers import Numbers, check_periods, ratio, root_half_even
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._sample import Sample, sample_of


def downside_deviation(returns: Numbers | Sample, *, periods: int, target: Rate = 0) -> Decimal | None:
    """Annualised deviation below a target: `sqrt(mean(min(r - target, 0) ** 2)) * sqrt(periods)`, over all sessions.

    Volatility that counts falls alone; a strategy whose gains are jumps has much less of it than of volatility.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    target: a yearly rate, compounded over the sessions, or one return for each session.
    Returns 18 decimals, half-even; None for no return, and where one is -100 % or less.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods` or target.
    Source: Sortino and van der Meer (1991), "full": divided by the number of all returns.

    >>> downside_deviation(["0.03", "-0.02"], periods=2)
    Decimal('0.020000000000000000')
    """
    annual = check_periods(periods)
    sample = sample_of(returns)
    if not sample.count or sample.loses_all:
        return None
    excess = excess_over(sample, target, annual, "target")
    return ratio(root_half_even(excess.squares_lost * annual * 10 ** (2 * RATIO_SCALE), excess.count * excess.one**2))
