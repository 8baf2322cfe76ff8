"""How a run compares with a benchmark, beyond beta and alpha."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from rustybt.core import RATIO_SCALE
from rustybt.errors import InputError
from rustybt.metrics._numbers import Numbers, check_periods, ratio, root_half_even, signed_root_half_even
from rustybt.metrics._rates import Rate, excess_over
from rustybt.metrics._returns import annual_return
from rustybt.metrics._sample import POWERS, PRECISE, Sample, exact_ratio, growth_of, quotient, rounded, sample_of

_ONE_SQUARED = 10 ** (2 * RATIO_SCALE)


@dataclass(frozen=True)
class Pair:
    """Returns of a run and of its benchmark in the same sessions, at one scale."""

    own: Sample
    other: Sample

    @cached_property
    def count(self) -> int:
        return self.own.count

    @cached_property
    def shared(self) -> int:
        """`count**2` times the covariance."""
        return self.count * self.own.products(self.other) - self.own.total * self.other.total

    @cached_property
    def active(self) -> Sample:
        """What the run returned beyond the benchmark in each session."""
        return self.own.less(self.other)


def pair_of(returns: Numbers | Sample, benchmark: Numbers | Sample) -> Pair:
    """Both at one scale. Raises InputError where there are not as many of each."""
    own = sample_of(returns)
    other = benchmark if isinstance(benchmark, Sample) else sample_of(benchmark)
    if own.count != other.count:
        raise InputError(f"{own.count} returns and {other.count} of the benchmark: pass one of each per session.")
    scale = max(own.scale, other.scale)
    return Pair(_at(own, scale), _at(other, scale))


def _at(sample: Sample, scale: int) -> Sample:
    if sample.scale == scale:
        return sample
    up = 10 ** (scale - sample.scale)
    return Sample([value * up for value in sample.values], scale)


def correlation(returns: Numbers | Sample, benchmark: Numbers | Sample) -> Decimal | None:
    """The correlation of the session returns with the benchmark's: `cov(r, b) / (sd(r) * sd(b))`.

    returns, benchmark: simple returns of the same sessions; no nulls.
    Returns 18 decimals, half-even, from -1 to 1; None where either has fewer than two returns or all are equal.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or where there are not as many of each.
    Source: Pearson (1896).

    >>> correlation(["0.01", "0.03"], ["0.02", "0.06"])
    Decimal('1.000000000000000000')
    """
    pair = pair_of(returns, benchmark)
    spread = pair.own.second * pair.other.second
    return ratio(signed_root_half_even(pair.shared, pair.shared**2 * _ONE_SQUARED, spread)) if spread else None


def arithmetic_alpha(
    returns: Numbers | Sample, benchmark: Numbers | Sample, *, periods: int, risk_free: Rate = 0
) -> Decimal | None:
    """The yearly return that beta does not explain, added up: `(mean(r - rf) - beta * mean(b - rf)) * periods`.

    `alpha` compounds the same mean over the year, as Zipline does.

    returns, benchmark: simple returns of the same sessions; no nulls. periods: sessions per year of the calendar.
    risk_free: a yearly rate, compounded over the sessions, or the riskless return of each session.
    Returns 18 decimals, half-even, with beta unrounded; None where the benchmark's returns are all equal, and where
    one of the run's is -100 % or less.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods`, or where there are not as many
    of each.
    Source: Jensen (1968).

    >>> arithmetic_alpha(["0.04", "0.06"], ["0.01", "0.02"], periods=2)
    Decimal('0.040000000000000000')
    """
    annual = check_periods(periods)
    pair = excess_pair(pair_of(returns, benchmark), risk_free, annual)
    if pair.own.loses_all or not pair.other.second:
        return None
    value = pair.own.total * pair.other.second - pair.shared * pair.other.total
    return ratio(exact_ratio(value * annual, pair.count * pair.other.second * pair.own.one))


def excess_pair(pair: Pair, risk_free: Rate, periods: int) -> Pair:
    """Both less the riskless rate."""
    own = excess_over(pair.own, risk_free, periods, "risk_free")
    return pair if own is pair.own else pair_of(own, excess_over(pair.other, risk_free, periods, "risk_free"))


def tracking_error(returns: Numbers | Sample, benchmark: Numbers | Sample, *, periods: int) -> Decimal | None:
    """The annualised deviation of what a run returned beyond its benchmark: `std(r - b, ddof=1) * sqrt(periods)`.

    returns, benchmark: simple returns of the same sessions; no nulls. periods: sessions per year of the calendar.
    Returns 18 decimals, half-even; None for fewer than two sessions.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods`, or where there are not as many
    of each.
    Source: Grinold and Kahn (2000).

    >>> tracking_error(["0.02", "0.01"], ["0.01", "0.02"], periods=2)
    Decimal('0.020000000000000000')
    """
    annual, active = check_periods(periods), pair_of(returns, benchmark).active
    if active.count < 2:
        return None
    unit = active.count * (active.count - 1) * active.one**2
    return ratio(root_half_even(active.second * annual * _ONE_SQUARED, unit))


def information_ratio(returns: Numbers | Sample, benchmark: Numbers | Sample, *, periods: int) -> Decimal | None:
    """What a year's mean return beyond the benchmark is, in units of the tracking error; annual and arithmetic.

    `mean(r - b) / std(r - b, ddof=1) * sqrt(periods)`: `sharpe` with the benchmark in the place of the riskless rate.

    returns, benchmark: simple returns of the same sessions; no nulls. periods: sessions per year of the calendar.
    Returns 18 decimals, half-even; None for fewer than two sessions, and where the difference never changes.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods`, or where there are not as many
    of each.
    Source: Grinold and Kahn (2000).

    >>> information_ratio(["0.03", "0.01"], ["0.01", "0.01"], periods=2)
    Decimal('1.000000000000000000')
    """
    annual, active = check_periods(periods), pair_of(returns, benchmark).active
    if active.count < 2 or not active.second:
        return None
    numerator = active.total**2 * annual * (active.count - 1) * _ONE_SQUARED
    return ratio(signed_root_half_even(active.total, numerator, active.count * active.second))


def treynor(
    returns: Numbers | Sample, benchmark: Numbers | Sample, *, periods: int, risk_free: Rate = 0
) -> Decimal | None:
    """The annual return above the riskless one over beta: `((prod(1 + r - rf)) ** (periods / n) - 1) / beta`.

    returns, benchmark: simple returns of the same sessions; no nulls. periods: sessions per year of the calendar.
    risk_free: a yearly rate, compounded over the sessions, or the riskless return of each session; beta is that of
    the returns above it.
    Returns 18 decimals, half-even, beta unrounded; None where there is no annual return, no beta, or beta is 0.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a bad `periods`, or where there are not as many
    of each.
    Source: Treynor (1965).

    >>> treynor(["0.02", "0.06"], ["0.01", "0.03"], periods=2)
    Decimal('0.040600000000000000')
    """
    annual = check_periods(periods)
    pair = excess_pair(pair_of(returns, benchmark), risk_free, annual)
    yearly = annual_return(pair.own, periods=annual)
    if yearly is None or not pair.shared or not pair.other.second:
        return None
    return rounded(PRECISE.divide(yearly, quotient(pair.shared, pair.other.second)))


def up_capture(returns: Numbers | Sample, benchmark: Numbers | Sample) -> Decimal | None:
    """How much of the benchmark's rise a run takes part in: geometric mean over geometric mean where b > 0.

    1 where both rise alike in those sessions. The geometric mean does not depend on how many such sessions there are.

    returns, benchmark: simple returns of the same sessions; no nulls.
    Returns 18 decimals, half-even; None where the benchmark never rises, and where one of the run's returns there is
    -100 % or less.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or where there are not as many of each.
    Source: Morningstar's definition.

    >>> up_capture(["0.02", "-0.01"], ["0.04", "-0.02"])
    Decimal('0.500000000000000000')
    """
    return _capture(pair_of(returns, benchmark), above=True)


def down_capture(returns: Numbers | Sample, benchmark: Numbers | Sample) -> Decimal | None:
    """How much of the benchmark's fall a run takes part in: geometric mean over geometric mean where b < 0.

    Below 0 where the run rose on average while the benchmark fell.

    returns, benchmark: simple returns of the same sessions; no nulls.
    Returns 18 decimals, half-even; None where the benchmark never falls, and where a return there is -100 % or less.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or where there are not as many of each.
    Source: Morningstar's definition.

    >>> down_capture(["0.02", "-0.01"], ["0.04", "-0.02"])
    Decimal('0.500000000000000000')
    """
    return _capture(pair_of(returns, benchmark), above=False)


def _capture(pair: Pair, *, above: bool) -> Decimal | None:
    parts = [side.picked(pair.other, above=above) for side in (pair.own, pair.other)]
    if not parts[0].count or any(part.loses_all for part in parts):
        return None
    own, other = map(_geometric_mean, parts)
    return rounded(PRECISE.divide(own, other))


def _geometric_mean(sample: Sample) -> Decimal:
    """`prod(1 + r) ** (1 / n) - 1` with 40 good decimals."""
    return PRECISE.subtract(
        POWERS.power(growth_of(sample), PRECISE.divide(Decimal(1), Decimal(sample.count))), Decimal(1)
    )
