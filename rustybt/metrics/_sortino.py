"""Annualised Sortino ratio."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import RATIO_SCALE
from rustybt.metrics._numbers import Numbers, check_periods, ratio, signed_root_half_even
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._sample import Sample, sample_of

_ONE_SQUARED = 10 ** (2 * RATIO_SCALE)


def sortino(returns: Numbers | Sample, *, target: Rate = 0, periods: int) -> Decimal | None:
    """Annualised Sortino ratio of simple session returns.

    `mean(r - target) * periods / (sqrt(mean(min(r - target, 0) ** 2)) * sqrt(periods))`

    The mean is over all sessions, those above the target too: other libraries that divide by fewer show a smaller
    ratio.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    target: lowest acceptable return: a yearly rate, compounded over the sessions, or one return for each session.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even; None for fewer than two returns, when no return is below target, and where one is
    -100 % or less: nothing is left that later ones could be on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods` or target.
    Source: Sortino & Price (1994).

    >>> sortino(["0.03", "-0.01"], periods=2)
    Decimal('2.000000000000000000')
    """
    annual = check_periods(periods)
    sample = sample_of(returns)
    if sample.count < 2 or sample.loses_all:
        return None
    excess = excess_over(sample, target, annual, "target")
    value = scaled_sortino(excess.count, excess.total, excess.squares_lost, annual)
    return None if value is None else ratio(value)


def scaled_sortino(count: int, total: int, squares_below: int, periods: int) -> int | None:
    """The ratio at scale 18 from the count and sum of excess returns and the sum of squares of the negative ones."""
    if not squares_below:
        return None
    return signed_root_half_even(total, total * total * (periods * _ONE_SQUARED), count * squares_below)
