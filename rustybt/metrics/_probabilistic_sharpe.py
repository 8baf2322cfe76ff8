"""How sure a Sharpe ratio is: the probability that the true one is higher than another, and how long that takes."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Final

from rustybt.core import Number, exact_number
from rustybt.metrics._normal import distribution, normal_quantile
from rustybt.metrics._numbers import Numbers, check_periods
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._sample import PRECISE, Sample, quotient, rounded, sample_of
from rustybt.metrics._sharpe import confidence_of, per_session_variance

_FAR: Final = Decimal(10)
"""Beyond so many deviations there is less than 1e-18 of a normal distribution."""


def probabilistic_sharpe(
    returns: Numbers | Sample, *, periods: int, above: Number = 0, risk_free: Rate = 0
) -> Decimal | None:
    """The probability that the true Sharpe ratio is above another one: `N((SR - other) * sqrt(n - 1) / deviation)`.

    The deviation is `sqrt(1 - g * SR + (k - 1) / 4 * SR**2)`, SR the ratio per session, g the skewness and k the
    kurtosis (3 for a normal distribution) of the population. 0.95 and more is what one calls significant, of one
    strategy that was tried; of the best of many it says too much. It holds for returns that do not depend on each
    other.

    returns, periods, risk_free: as of `sharpe`. above: the annual ratio to compare with.
    Returns 18 decimals, half-even, from 0 to 1; None where `sharpe` is None, and where the deviation is 0.
    Raises what `sharpe` raises.
    Source: Bailey and Lopez de Prado (2012).

    >>> round(probabilistic_sharpe(["0.03", "0.01", "-0.01", "0.02", "-0.02"], periods=12), 4)
    Decimal('0.7133')
    """
    found = _ratio_and_variance(returns, periods, above, risk_free)
    if found is None:
        return None
    distance, variance, count = found
    with localcontext(PRECISE):
        away = distance * Decimal(count - 1).sqrt() / variance.sqrt()
    if abs(away) >= _FAR:
        return rounded(Decimal(1 if away > 0 else 0))
    return rounded(distribution(away))


def minimum_track_record(
    returns: Numbers | Sample,
    *,
    periods: int,
    above: Number = 0,
    confidence: Number = "0.95",
    risk_free: Rate = 0,
) -> Decimal | None:
    """How many sessions it takes to say that the true Sharpe ratio is above another one, if the returns go on alike.

    `1 + (1 - g * SR + (k - 1) / 4 * SR**2) * (z / (SR - other))**2`, with the terms of `probabilistic_sharpe`. A run
    that is shorter does not show what it seems to.

    returns, periods, risk_free: as of `sharpe`. above: the annual ratio to compare with. confidence: between 0 and 1.
    Returns 18 decimals, half-even; None where `sharpe` is None or not above the other one.
    Raises what `sharpe` raises, and InputError for a confidence that is not between 0 and 1.
    Source: Bailey and Lopez de Prado (2012).

    >>> round(minimum_track_record(["0.03", "0.01", "-0.01", "0.02", "-0.02"], periods=12), 1)
    Decimal('35.1')
    """
    z = normal_quantile(confidence_of(confidence))
    found = _ratio_and_variance(returns, periods, above, risk_free)
    if found is None or found[0] <= 0:
        return None
    distance, variance, _ = found
    with localcontext(PRECISE):
        return rounded(1 + variance * (z / distance) ** 2)


def _ratio_and_variance(
    returns: Numbers | Sample, periods: int, above: Number, risk_free: Rate
) -> tuple[Decimal, Decimal, int] | None:
    """By how much the ratio per session lies above the other, n times its variance, and n; None where it has none."""
    annual, sample = check_periods(periods), sample_of(returns)
    other = exact_number(above, "above")
    if sample.count < 2 or sample.loses_all:
        return None
    excess = excess_over(sample, risk_free, annual, "risk_free")
    if not excess.second:
        return None
    with localcontext(PRECISE):
        variance = per_session_variance(excess) * excess.count
        ratio = excess.total / quotient(excess.count * excess.second, excess.count - 1).sqrt()
        # where only two values occur the terms cancel, but for the rounding of 80 digits
        if variance <= Decimal("1e-60"):
            return None
        return ratio - other / Decimal(annual).sqrt(), variance, excess.count
