"""Total and annual return."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from rustybt.core import RATIO_SCALE, div_half_even
from rustybt.errors import InputError
from rustybt.metrics._numbers import ONE, Numbers, check_periods, ratio
from rustybt.metrics._sample import POWERS, PRECISE, WEALTH_ONE, Sample, product_of, quotient, rounded, sample_of

_DAYS_A_YEAR: Final = Decimal("365.25")
_ONE: Final = Decimal(1)


def total_return(returns: Numbers | Sample) -> Decimal:
    """The simple return over all sessions: `prod(1 + r) - 1`, 0 for none.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even, of the exact product.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> total_return(["0.1", "-0.1"])
    Decimal('-0.010000000000000000')
    """
    sample = sample_of(returns)
    if not sample.loses_all:
        low = sample.last
        ends = {div_half_even((end - WEALTH_ONE) * ONE, WEALTH_ONE) for end in (low, low + _error(sample))}
        if len(ends) == 1:
            return ratio(ends.pop())
    product, one = _growth(sample.values, sample.scale)
    return ratio(div_half_even((product - one) * ONE, one))


def annual_return(returns: Numbers | Sample, *, periods: int) -> Decimal | None:
    """The constant yearly return that gives the same total: `prod(1 + r) ** (periods / n) - 1`.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    periods: sessions per year of the run's calendar.
    Returns 18 decimals, half-even; None for no return at all, where a return of -100 % or less leaves nothing that
    could grow, and where a short run would grow to 1e20 times in a year.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or a bad `periods`.

    >>> annual_return(["0.1", "0.1"], periods=1)
    Decimal('0.100000000000000000')
    """
    annual = check_periods(periods)
    sample = sample_of(returns)
    if not sample.count or sample.loses_all:
        return None
    return _less_one(sample.grown(PRECISE.divide(Decimal(annual), Decimal(sample.count))))


def calendar_return(returns: Numbers | Sample, *, days: int) -> Decimal | None:
    """The constant yearly return by the calendar: `prod(1 + r) ** (365.25 / days) - 1`.

    Beside `annual_return`, which counts sessions: the two differ by how many sessions a year of the calendar had.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    days: calendar days from the close before the first session to the last one's.
    Returns 18 decimals, half-even; None for no return at all, where one is -100 % or less, and from 1e20 on.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or days that are no positive int.

    >>> calendar_return(["0.1", "0.1"], days=1461)
    Decimal('0.048808848170151547')
    """
    if type(days) is not int or days < 1:
        raise InputError(f"days: {days!r} is not a number of days. Pass a positive int.")
    sample = sample_of(returns)
    if not sample.count or sample.loses_all:
        return None
    return _less_one(sample.grown(PRECISE.divide(_DAYS_A_YEAR, Decimal(days))))


def _error(sample: Sample) -> int:
    """How much the exact wealth at the end may be more than `wealth` says, at its scale."""
    return sample.last * sample.error // WEALTH_ONE + 1


def _less_one(growth: Decimal) -> Decimal | None:
    # what is as large is none of a run: a short one that is made a year of
    if not growth.is_finite() or growth.adjusted() >= 20:
        return None
    return rounded(PRECISE.subtract(growth, _ONE))


def annualised(end: int, start: int, sessions: int, periods: int) -> Decimal | None:
    """`(end / start) ** (periods / sessions) - 1` with 18 decimals, for positive integers; None from 1e20 on."""
    return _less_one(POWERS.power(quotient(end, start), PRECISE.divide(Decimal(periods), Decimal(sessions))))


def compounded(numerator: int, denominator: int, periods: int) -> int | None:
    """`(numerator / denominator) ** periods - 1` at scale 18; None from 1e20 on."""
    value = _less_one(POWERS.power(quotient(numerator, denominator), Decimal(periods)))
    return None if value is None else int(PRECISE.scaleb(value, RATIO_SCALE))


def _growth(values: list[int], scale: int) -> tuple[int, int]:
    """The exact product of `1 + r` as numerator and denominator."""
    one = 10**scale
    product = product_of([one + value for value in values])
    return product, one ** len(values)
