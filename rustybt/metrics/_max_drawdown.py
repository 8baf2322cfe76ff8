"""The largest fall from a peak."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rustybt.core import RATIO_SCALE, div_half_even
from rustybt.errors import InputError
from rustybt.metrics._numbers import ONE, Numbers, ratio, scaled_numbers
from rustybt.metrics._sample import SLIGHT, WEALTH_ONE, Sample, sample_of

_FIRST_DIGITS = 60


def max_drawdown(returns: Numbers | Sample) -> Decimal | None:
    """The largest fall below the highest point before it, from simple session returns: `min(growth / peak - 1)`.

    The start counts as the first peak. 0 where nothing ever fell, -0.25 for a fall of a quarter.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even, of the exact products; None for no return at all.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> max_drawdown(["0.1", "-0.2", "0.05"])
    Decimal('-0.200000000000000000')
    """
    sample = sample_of(returns)
    if not sample.count:
        return None
    if not sample.loses_all and sample.error < SLIGHT:
        about = _bounds(sample.deepest, sample.error)
        ends = {div_half_even(-max(fall, 0) * ONE, WEALTH_ONE) for fall in about}
        if len(ends) == 1:
            return ratio(ends.pop())
    values, scale, one = sample.values, sample.scale, sample.one
    factors = [one + value for value in values]
    exact = scale * len(values)  # with that many decimals no product is cut, so the loop ends
    digits = min(max(_FIRST_DIGITS, scale), max(exact, RATIO_SCALE))
    while True:
        bounds = _lowest(factors, one, digits)
        if bounds is not None:
            low, high = (div_half_even((bound - 10**digits) * ONE, 10**digits) for bound in bounds)
            if low == high:
                return ratio(low)
        digits = min(digits * 2, max(exact, RATIO_SCALE))


def _bounds(fall: int, error: int) -> tuple[int, int]:
    """Between which the exact fall lies: its peak and its lowest are each off by that share at most."""
    return (fall - 2 * error, fall + 2 * error) if fall else (0, 0)


def _lowest(factors: list[int], one: int, digits: int) -> tuple[int, int] | None:
    """Bounds of the lowest growth since a peak, with that many decimals; None where a peak can't be told."""
    unit = 10**digits
    low = high = lowest_low = lowest_high = unit
    for factor in factors:
        low, high = (low, high) if factor >= 0 else (high, low)
        low = low * factor // one
        high = -(-high * factor // one)
        if low > unit:
            low = high = unit
        elif high > unit:
            return None
        lowest_low = min(lowest_low, low)
        lowest_high = min(lowest_high, high)
    return lowest_low, lowest_high


def max_drawdown_of_values(values: Numbers) -> Decimal | None:
    """The largest fall below the highest value before it: `min(value / peak - 1)`.

    values: the value at the start, then one per session; no nulls. Without capital changes in between: they would
        look like returns.
    Returns 18 decimals, half-even, of the exact quotient; None for no value at all, and where the first is not
    positive.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> max_drawdown_of_values([100, 110, 88, 90])
    Decimal('-0.200000000000000000')
    """
    path, _ = scaled_numbers(values, "values")
    if not path or path[0] <= 0:
        return None
    return ratio(running_drawdowns(path)[-1])


def running_drawdowns(path: Sequence[int]) -> list[int]:
    """The largest fall up to each point of a path whose first value is positive, at scale 18."""
    if path[0] <= 0:
        raise InputError(f"values: the first is {path[0]}, and a fall from there can't be measured. Start above zero.")
    peak = path[0]
    low, low_peak = peak, peak  # the worst so far is low / low_peak, kept exact
    worst = 0
    drawdowns = []
    for value in path:
        if value > peak:
            peak = value
        elif value * low_peak < low * peak:
            low, low_peak = value, peak
            worst = div_half_even((low - low_peak) * ONE, low_peak)
        drawdowns.append(worst)
    return drawdowns
