"""Standard errors of figures, for returns that do not depend on each other."""

from __future__ import annotations

from decimal import Decimal, localcontext

from rustybt.metrics._against import Pair, excess_pair
from rustybt.metrics._rates import Rate
from rustybt.metrics._sample import PRECISE, Sample, quotient, rounded


def of_mean(sample: Sample) -> Decimal | None:
    """Of the mean: `sd / sqrt(n)`, sd with n - 1; None for fewer than two values."""
    count = sample.count
    if count < 2:
        return None
    return rounded(PRECISE.sqrt(quotient(sample.second, count * count * (count - 1) * sample.one**2)))


def of_volatility(sample: Sample, periods: int) -> Decimal | None:
    """Of the annualised deviation: `sd * sqrt((k - 1) / (4 n)) * sqrt(periods)`, k the population's kurtosis.

    None for fewer than two returns, and where all are equal. Source: the delta method on the variance's error,
    `sqrt((m4 - m2**2) / n)`.
    """
    count, spread = sample.count, sample.second
    if count < 2 or not spread:
        return None
    with localcontext(PRECISE):
        bent = (quotient(sample.fourth, spread * spread) - 1) / (4 * count)
        return rounded((quotient(spread * periods, count * (count - 1) * sample.one**2) * bent).sqrt())


def of_skewness(sample: Sample) -> Decimal | None:
    """Of G1 for a normal distribution: `sqrt(6 n (n-1) / ((n-2) (n+1) (n+3)))`; None where there is no G1."""
    count = sample.count
    if count < 3 or not sample.second:
        return None
    return rounded(PRECISE.sqrt(quotient(6 * count * (count - 1), (count - 2) * (count + 1) * (count + 3))))


def of_kurtosis(sample: Sample) -> Decimal | None:
    """Of G2 for a normal distribution: `2 SES sqrt((n**2 - 1) / ((n-3) (n+5)))`; None where there is no G2."""
    count = sample.count
    if count < 4 or not sample.second:
        return None
    numerator = 24 * count * (count - 1) ** 2
    return rounded(PRECISE.sqrt(quotient(numerator, (count - 3) * (count - 2) * (count + 3) * (count + 5))))


def of_share(share: Decimal | None, count: int) -> Decimal | None:
    """Of a share p of n: `sqrt(p (1 - p) / n)`; None where p is 0 or 1, of which it would say that it is certain."""
    if share is None or not count or share in (0, 1):
        return None
    with localcontext(PRECISE):
        return rounded((share * (1 - share) / count).sqrt())


def of_correlation(value: Decimal | None, count: int) -> Decimal | None:
    """Of a correlation: `sqrt((1 - r**2) / (n - 2))`; None for fewer than three pairs."""
    if value is None or count < 3:
        return None
    with localcontext(PRECISE):
        return rounded(((1 - value * value) / (count - 2)).sqrt())


def of_beta_and_alpha(pair: Pair, risk_free: Rate, periods: int) -> tuple[Decimal | None, Decimal | None]:
    """Of the slope and of the yearly intercept of least squares; None for fewer than three sessions.

    `s**2 = SSE / (n - 2)`, `se(beta) = s / sqrt(Sxx)`, `se(alpha) = s * sqrt(1/n + mean(b)**2 / Sxx) * periods`.
    """
    excess = excess_pair(pair, risk_free, periods)
    own, other, count = excess.own, excess.other, excess.count
    if count < 3 or not other.second:
        return None, None
    with localcontext(PRECISE):
        # all sums of squares are n**2 times the sum's, at the scale's square
        left = quotient(own.second * other.second - excess.shared**2, other.second) / (count * (count - 2))
        slope = left / (Decimal(other.second) / count)
        unit = Decimal(own.one)
        mean = quotient(other.total, count)
        level = left / (unit * unit) * (Decimal(1) / count + mean * mean / (Decimal(other.second) / count))
        return rounded(slope.sqrt()), rounded(level.sqrt() * periods)
