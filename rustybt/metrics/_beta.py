"""Beta: how much of the benchmark's moves a run takes part in."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import div_half_even
from rustybt.errors import InputError
from rustybt.metrics._numbers import ONE, Numbers, loses_all, ratio, scaled_numbers


def beta(returns: Numbers, benchmark: Numbers) -> Decimal | None:
    """The slope of the session returns against those of the benchmark: `cov(r, b) / var(b)`.

    returns, benchmark: simple returns of the same sessions, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even; None for fewer than two sessions, where the benchmark's returns are all equal, and
    where one of the run's is -100 % or less: nothing is left that later ones could be on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or where there are not as many of each.
    Source: Sharpe (1964).

    >>> beta(["0.02", "0.06"], ["0.01", "0.03"])
    Decimal('2.000000000000000000')
    """
    own, other, scale = paired(returns, benchmark)
    value = None if loses_all(own, scale) else scaled_beta(*covariance(own, other))
    return None if value is None else ratio(value)


def paired(returns: Numbers, benchmark: Numbers) -> tuple[list[int], list[int], int]:
    """Both as integers of one scale, and that scale. Raises InputError where there are not as many of each."""
    own, own_scale = scaled_numbers(returns, "returns")
    other, other_scale = scaled_numbers(benchmark, "benchmark")
    if len(own) != len(other):
        raise InputError(f"{len(own)} returns and {len(other)} of the benchmark: pass one of each per session.")
    scale = max(own_scale, other_scale)
    up, other_up = 10 ** (scale - own_scale), 10 ** (scale - other_scale)
    return [value * up for value in own], [value * other_up for value in other], scale


def covariance(own: list[int], other: list[int]) -> tuple[int, int]:
    """Covariance, and variance of the second: exact integers, both times the square of the count and of the unit."""
    count, total, total_other = len(own), sum(own), sum(other)
    products = sum(a * b for a, b in zip(own, other, strict=True))
    return count * products - total * total_other, count * sum(b * b for b in other) - total_other * total_other


def scaled_beta(shared: int, variance: int) -> int | None:
    """The slope at scale 18 from covariance and variance of one unit; None where there is no variance."""
    return div_half_even(shared * ONE, variance) if variance else None
