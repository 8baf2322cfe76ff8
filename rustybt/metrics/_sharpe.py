"""Annualised Sharpe ratio."""

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
from rustybt.metrics._volatility import spread_of

_ONE_SQUARED = 10 ** (2 * RATIO_SCALE)


def sharpe(returns: Numbers, *, periods: int, risk_free: Number = 0) -> Decimal | None:
    """Annualised Sharpe ratio of simple session returns: `mean(r - risk_free) / std(ddof=1) * sqrt(periods)`.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    risk_free: riskless return per session.
    Returns 18 decimals, half-even; None for fewer than two returns, where all returns are equal, and where one is
    -100 % or less: nothing is left that later ones could be on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.
    Source: Sharpe (1994).

    >>> sharpe(["0.03", "0.01"], periods=2)
    Decimal('2.000000000000000000')
    """
    values, scale = scaled_numbers(returns, "returns")
    gone = loses_all(values, scale)
    values, rate, _ = align(values, scale, risk_free, "risk_free")
    annual = check_periods(periods)
    count = len(values)
    if count < 2 or gone:
        return None
    excess = [value - rate for value in values]
    value = scaled_sharpe(count, sum(excess), sum(each * each for each in excess), annual)
    return None if value is None else ratio(value)


def scaled_sharpe(count: int, total: int, squares: int, periods: int) -> int | None:
    """The ratio at scale 18 from the count, sum and sum of squares of two or more excess returns."""
    spread = spread_of(count, total, squares)
    if not spread:
        return None
    return signed_root_half_even(total, total * total * (periods * (count - 1) * _ONE_SQUARED), count * spread)
