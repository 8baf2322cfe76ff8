"""The daily columns that need a benchmark: every one over all sessions so far, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rustybt.core import RATIO_SCALE, div_half_even
from rustybt.errors import InputError
from rustybt.metrics._alpha import scaled_alpha
from rustybt.metrics._beta import scaled_beta
from rustybt.metrics._numbers import ONE, check_periods, root_half_even

_GUARD = 10**40
_MOST = 10 ** (20 + RATIO_SCALE)
"""A ratio column holds less: 38 digits, 18 of them decimals."""


@dataclass(frozen=True, slots=True)
class BenchmarkStatistics:
    """One value a session: the measure over the sessions up to and with it, at scale 18; None where undefined.

    Volatility, alpha and beta need two sessions; alpha and beta need a benchmark that moved. A figure of 1e20 or more
    is None.
    """

    benchmark_period_return: list[int | None]
    benchmark_volatility: list[int | None]
    alpha: list[int | None]
    beta: list[int | None]


def benchmark_statistics(
    returns: Sequence[int], benchmark: Sequence[int] | None, *, periods: int
) -> BenchmarkStatistics:
    """The statistics of the daily frame against a benchmark. Each row equals the measure's own function so far.

    returns, benchmark: simple session returns at scale 18. Without a benchmark its returns count as 0, as in Zipline.
    periods: sessions per year of the run's calendar.
    The cost of a session does not depend on the sessions before it. The benchmark's growth carries 40 decimals more
    than it is rounded to.
    Raises InputError where there are not as many of each.
    """
    annual = check_periods(periods)
    count = len(returns)
    if benchmark is None:
        nothing: list[int | None] = [None] * count
        spread: list[int | None] = [None, *[0] * (count - 1)] if count else []
        return BenchmarkStatistics([0] * count, spread, nothing, [*nothing])
    if len(benchmark) != count:
        raise InputError(f"{count} returns and {len(benchmark)} of the benchmark: pass one of each per session.")
    return BenchmarkStatistics(_growth(benchmark), *_slopes(returns, benchmark, annual))


def _growth(benchmark: Sequence[int]) -> list[int | None]:
    unit = ONE * _GUARD
    growth = unit
    column = []
    for value in benchmark:
        growth = div_half_even(growth * (ONE + value), ONE)
        column.append(_within(div_half_even(growth - unit, _GUARD)))
    return column


def _slopes(
    returns: Sequence[int], benchmark: Sequence[int], periods: int
) -> tuple[list[int | None], list[int | None], list[int | None]]:
    """Volatility of the benchmark, alpha and beta so far, from running sums."""
    total = total_other = products = squares = 0
    volatilities: list[int | None] = []
    alphas: list[int | None] = []
    betas: list[int | None] = []
    for count, (own, other) in enumerate(zip(returns, benchmark, strict=True), 1):
        total += own
        total_other += other
        products += own * other
        squares += other * other
        if count == 1:
            volatilities.append(None)
            alphas.append(None)
            betas.append(None)
            continue
        shared = count * products - total * total_other
        variance = count * squares - total_other * total_other
        volatilities.append(_within(root_half_even(variance * periods, count * (count - 1))))
        alphas.append(scaled_alpha(count, total, total_other, shared, variance, ONE, periods))
        betas.append(_within(scaled_beta(shared, variance)))
    return volatilities, alphas, betas


def _within(value: int | None) -> int | None:
    return value if value is not None and -_MOST < value < _MOST else None
