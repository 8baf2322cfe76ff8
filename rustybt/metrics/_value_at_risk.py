"""Value at risk and conditional value at risk, by three methods; losses are positive numbers."""

from __future__ import annotations

import math
from bisect import bisect_right
from decimal import Decimal, localcontext
from typing import Final, Literal, get_args

from rustybt.core import Number
from rustybt.metrics._checks import check_choice
from rustybt.metrics._normal import density, normal_quantile
from rustybt.metrics._numbers import Numbers
from rustybt.metrics._sample import PRECISE, Sample, quotient, rounded, sample_of
from rustybt.metrics._sharpe import confidence_of

type Method = Literal["historical", "normal", "cornish-fisher"]
METHODS: Final = get_args(Method.__value__)
_FEWEST: Final = {"historical": 1, "normal": 2, "cornish-fisher": 2}


def value_at_risk(
    returns: Numbers | Sample, *, confidence: Number = "0.95", method: Method = "historical"
) -> Decimal | None:
    """The loss of one session that is passed in a share of `1 - confidence` of them: 0.02 means two per cent are lost.

    "historical": the quantile of type 7 of the returns; "normal": `-(mean + z * sd)`, sd with n - 1;
    "cornish-fisher": `-(mean + z' * sd)`, where z' bends z by the skewness and kurtosis of the population, and sd is
    the population's.

    returns: simple returns per session; no nulls. confidence: between 0 and 1.
    Returns 18 decimals, half-even; below 0 where even that quantile is a gain. None for no return, and with the two
    other methods for fewer than two, or where all are equal.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a confidence that does not lie between 0 and 1 or
    an unknown method.
    Source: Hyndman and Fan (1996), type 7; Zangari (1996); Favre and Galeano (2002).

    >>> value_at_risk(["-0.03", "0.01", "0.02"], confidence="0.5")
    Decimal('-0.010000000000000000')
    """
    prepared = _prepared(returns, confidence, method)
    if prepared is None:
        return None
    sample, tail = prepared
    return rounded(-_quantile(sample, tail, method))


def conditional_value_at_risk(
    returns: Numbers | Sample, *, confidence: Number = "0.95", method: Method = "historical"
) -> Decimal | None:
    """The mean loss of the sessions that are as bad as `value_at_risk` or worse (expected shortfall).

    "historical": the mean of the returns at or below the quantile; "normal": `-(mean - sd * density(z) / (1 - c))`;
    "cornish-fisher": the same by the Edgeworth expansion around z', never below the value at risk.

    returns, confidence, method: as of `value_at_risk`.
    Returns 18 decimals, half-even; None where `value_at_risk` is None.
    Raises what `value_at_risk` raises.
    Source: Rockafellar and Uryasev (2000); Boudt, Peterson and Croux (2008).

    >>> conditional_value_at_risk(["-0.03", "-0.01", "0.02"], confidence="0.5")
    Decimal('0.020000000000000000')
    """
    prepared = _prepared(returns, confidence, method)
    if prepared is None:
        return None
    sample, tail = prepared
    if method == "historical":
        level = PRECISE.multiply(sample.quantile(tail), Decimal(sample.one))
        beyond = sample.ascending[: max(bisect_right(sample.ascending, math.floor(level)), 1)]
        return rounded(-quotient(sum(beyond), len(beyond) * sample.one))
    z = normal_quantile(tail)
    if method == "normal":
        beyond_mean = PRECISE.multiply(_sd(sample), PRECISE.divide(density(z), tail))
        return rounded(PRECISE.subtract(beyond_mean, sample.mean))
    skew, excess = _shape(sample)
    bent = _bent(z, skew, excess)
    mean_beyond = min(_mean_beyond(bent, tail, skew, excess), bent)
    return rounded(-PRECISE.add(sample.mean, PRECISE.multiply(mean_beyond, sample.deviation)))


def _prepared(returns: Numbers | Sample, confidence: Number, method: str) -> tuple[Sample, Decimal] | None:
    check_choice(method, METHODS, "method")
    tail = PRECISE.subtract(Decimal(1), confidence_of(confidence))
    sample = sample_of(returns)
    if sample.count < _FEWEST[method] or (method != "historical" and not sample.second):
        return None
    return sample, tail


def _quantile(sample: Sample, tail: Decimal, method: str) -> Decimal:
    if method == "historical":
        return sample.quantile(tail)
    z = normal_quantile(tail)
    if method == "normal":
        return PRECISE.add(sample.mean, PRECISE.multiply(z, _sd(sample)))
    return PRECISE.add(sample.mean, PRECISE.multiply(_bent(z, *_shape(sample)), sample.deviation))


def _sd(sample: Sample) -> Decimal:
    """The standard deviation of the sample, with n - 1."""
    return PRECISE.sqrt(quotient(sample.second, sample.count * (sample.count - 1) * sample.one**2))


def _shape(sample: Sample) -> tuple[Decimal, Decimal]:
    """Skewness and excess kurtosis of the population."""
    spread = Decimal(sample.second)
    skew = PRECISE.divide(Decimal(sample.third), PRECISE.multiply(spread, PRECISE.sqrt(spread)))
    return skew, PRECISE.subtract(quotient(sample.fourth, sample.second**2), Decimal(3))


def _bent(z: Decimal, skew: Decimal, excess: Decimal) -> Decimal:
    """The quantile of Cornish and Fisher's expansion."""
    with localcontext(PRECISE):
        return z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36


def _mean_beyond(g: Decimal, tail: Decimal, skew: Decimal, excess: Decimal) -> Decimal:
    """The mean of the standardised returns below the quantile g, by Edgeworth's expansion."""
    with localcontext(PRECISE):
        of_skew = g**3 * skew / 6 + (g**6 - 9 * g**4 + 9 * g**2 + 3) * skew**2 / 72
        return -density(g) / tail * (1 + of_skew + (g**4 - 2 * g**2 - 1) * excess / 24)
