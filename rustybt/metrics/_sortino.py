"""Annualised Sortino ratio."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import RATIO_SCALE, Number
from rustybt.metrics._numbers import (
    Numbers,
    align,
    check_periods,
    loses_all,
    ratio,
    scaled_numbers,
    signed_root_half_even,
)

_ONE_SQUARED = 10 ** (2 * RATIO_SCALE)


def sortino(returns: Numbers, *, target: Number = 0, periods: int) -> Decimal | None:
    """Annualised Sortino ratio of simple session returns.

    `mean(r - target) * periods / (sqrt(mean(min(r - target, 0) ** 2)) * sqrt(periods))`

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    target: lowest acceptable return per session.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even; None for fewer than two returns, when no return is below target, and where one is
    -100 % or less: nothing is left that later ones could be on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.
    Source: Sortino & Price (1994).

    >>> sortino(["0.03", "-0.01"], periods=2)
    Decimal('2.000000000000000000')
    """
    values, scale = scaled_numbers(returns, "returns")
    gone = loses_all(values, scale)
    values, floor, _ = align(values, scale, target, "target")
    annual = check_periods(periods)
    if len(values) < 2 or gone:
        return None
    excess = [value - floor for value in values]
    value = scaled_sortino(len(excess), sum(excess), sum(each * each for each in excess if each < 0), annual)
    return None if value is None else ratio(value)


def scaled_sortino(count: int, total: int, squares_below: int, periods: int) -> int | None:
    """The ratio at scale 18 from the count and sum of excess returns and the sum of squares of the negative ones."""
    if not squares_below:
        return None
    return signed_root_half_even(total, total * total * (periods * _ONE_SQUARED), count * squares_below)
