"""Annualised Sharpe ratio, its standard error and interval."""

from __future__ import annotations

from decimal import Decimal, localcontext

from rustybt.core import RATIO_SCALE, Number, exact_number
from rustybt.errors import InputError
from rustybt.metrics._numbers import Numbers, check_periods, ratio, signed_root_half_even
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._sample import PRECISE, Sample, quotient, rounded, sample_of
from rustybt.metrics._volatility import spread_of

_ONE_SQUARED = 10 ** (2 * RATIO_SCALE)


def sharpe(returns: Numbers | Sample, *, periods: int, risk_free: Rate = 0) -> Decimal | None:
    """Annualised Sharpe ratio of simple session returns: `mean(r - risk_free) / std(ddof=1) * sqrt(periods)`.

    How much a year's mean return above the riskless one is, in units of its volatility. `sharpe_error` says how far
    off the figure may be: over a year of days it is about 1 either way.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    risk_free: a yearly rate, compounded over the sessions, or the riskless return of each session.
    Returns 18 decimals, half-even; None for fewer than two returns, where all returns are equal, and where one is
    -100 % or less: nothing is left that later ones could be on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods` or rate.
    Source: Sharpe (1994).

    >>> sharpe(["0.03", "0.01"], periods=2)
    Decimal('2.000000000000000000')
    """
    annual = check_periods(periods)
    sample = sample_of(returns)
    if sample.count < 2 or sample.loses_all:
        return None
    excess = excess_over(sample, risk_free, annual, "risk_free")
    value = scaled_sharpe(excess.count, excess.total, excess.squares, annual)
    return None if value is None else ratio(value)


def scaled_sharpe(count: int, total: int, squares: int, periods: int) -> int | None:
    """The ratio at scale 18 from the count, sum and sum of squares of two or more excess returns."""
    spread = spread_of(count, total, squares)
    if not spread:
        return None
    return signed_root_half_even(total, total * total * (periods * (count - 1) * _ONE_SQUARED), count * spread)


def sharpe_error(returns: Numbers | Sample, *, periods: int, risk_free: Rate = 0) -> Decimal | None:
    """The standard error of `sharpe`: `sqrt((1 - g * SR + (k - 1) / 4 * SR**2) / n) * sqrt(periods)`.

    SR is the ratio per session, g the skewness and k the kurtosis (3 for a normal distribution) of the population.
    It holds for returns that do not depend on each other.

    returns, periods, risk_free: as of `sharpe`.
    Returns 18 decimals, half-even; None where `sharpe` is None.
    Raises what `sharpe` raises.
    Source: Mertens (2002), Opdyke (2007).

    >>> sharpe_error(["0.03", "0.01", "0.01", "0.03"], periods=4)
    Decimal('1.000000000000000000')
    """
    annual = check_periods(periods)
    sample = sample_of(returns)
    if sample.count < 2 or sample.loses_all:
        return None
    excess = excess_over(sample, risk_free, annual, "risk_free")
    if not excess.second:
        return None
    variance = per_session_variance(excess)
    return rounded(PRECISE.sqrt(PRECISE.multiply(variance, Decimal(annual))))


def per_session_variance(excess: Sample) -> Decimal:
    """The variance of the ratio per session, of excess returns that are not all equal."""
    spread = excess.second
    with localcontext(PRECISE):
        per_session = excess.total / quotient(excess.count * spread, excess.count - 1).sqrt()
        skew = excess.third / (spread * Decimal(spread).sqrt())
        kurtosis = quotient(excess.fourth, spread * spread)
        return (1 - skew * per_session + (kurtosis - 1) / 4 * per_session**2) / excess.count


def sharpe_interval(
    returns: Numbers | Sample, *, periods: int, risk_free: Rate = 0, confidence: Number = "0.95"
) -> tuple[Decimal, Decimal] | None:
    """The interval around `sharpe` that holds the true ratio with that confidence: the ratio -/+ z times its error.

    returns, periods, risk_free: as of `sharpe`. confidence: between 0 and 1; both ends together leave out the rest.
    Returns the lower and the upper end, 18 decimals; None where `sharpe` is None.
    Raises what `sharpe` raises, and InputError for a confidence that is not between 0 and 1.
    Source: Opdyke (2007).

    >>> low, high = sharpe_interval(["0.03", "0.01", "0.01", "0.03"], periods=4)
    >>> round(low, 4), round(high, 4)
    (Decimal('1.5041'), Decimal('5.4241'))
    """
    value = sharpe(returns, periods=periods, risk_free=risk_free)
    error = sharpe_error(returns, periods=periods, risk_free=risk_free)
    part = confidence_of(confidence)
    if value is None or error is None:
        return None
    from rustybt.metrics._normal import normal_quantile  # of the statistics module, which runs don't need

    z = normal_quantile(PRECISE.divide(PRECISE.add(Decimal(1), part), Decimal(2)))
    width = PRECISE.multiply(z, error)
    ends = rounded(PRECISE.subtract(value, width)), rounded(PRECISE.add(value, width))
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def confidence_of(confidence: Number) -> Decimal:
    """The confidence as a number. Raises InputError where it is not between 0 and 1."""
    part = exact_number(confidence, "confidence")
    if not 0 < part < 1:
        raise InputError(f"confidence: {confidence!r} does not lie between 0 and 1. Pass one like 0.95.")
    return part
