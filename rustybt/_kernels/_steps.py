"""A quotient as whole quantity steps, as both twins round a size."""

from __future__ import annotations

NEAR_UNIT = 10_000
"""A size within 1/10,000 of a whole unit is that unit, as in Zipline; else it is cut towards zero."""


def whole_steps(numerator: int, denominator: int) -> int:
    """A size in whole steps: cut towards zero, but up to the next step where it is within 1/10,000 of it.

    >>> whole_steps(19998, 10000), whole_steps(199991, 100000), whole_steps(-55, 10)
    (1, 2, -5)
    """
    negative = numerator < 0
    steps, rest = divmod(-numerator if negative else numerator, denominator)
    if (denominator - rest) * NEAR_UNIT <= denominator:
        steps += 1
    return -steps if negative else steps
