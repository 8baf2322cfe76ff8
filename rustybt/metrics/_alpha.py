"""Alpha: what a run earned beyond its beta."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._beta import covariance, paired
from rustybt.metrics._numbers import Numbers, check_periods, loses_all, ratio
from rustybt.metrics._returns import compounded


def alpha(returns: Numbers, benchmark: Numbers, *, periods: int) -> Decimal | None:
    """The yearly return that beta does not explain: `(1 + mean(r - beta * b)) ** periods - 1`, no riskless rate.

    returns, benchmark: simple returns of the same sessions, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even, with beta unrounded; None where beta is None, and from 1e20 on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods`, or where there are not as many
    of each.
    Source: Jensen (1968), compounded as Zipline does.

    >>> alpha(["0.04", "0.06"], ["0.01", "0.02"], periods=2)
    Decimal('0.040400000000000000')
    """
    annual = check_periods(periods)
    own, other, scale = paired(returns, benchmark)
    if loses_all(own, scale):
        return None
    value = scaled_alpha(len(own), sum(own), sum(other), *covariance(own, other), 10**scale, annual)
    return None if value is None else ratio(value)


def scaled_alpha(
    count: int, total: int, total_other: int, shared: int, variance: int, one: int, periods: int
) -> int | None:
    """Alpha at scale 18 from the sums of both returns at the scale of `one`, and their covariance and variance."""
    if not variance:
        return None
    base = count * variance * one
    return compounded(base + total * variance - shared * total_other, base, periods)
