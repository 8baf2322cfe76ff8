"""Abdi and Ranaldo (2017): the spread from closes, and the middles of the ranges before and after them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from rustybt.execution.spreads._logs import logs_of, mean


def two_day_squares(high: Iterable[Any], low: Iterable[Any], close: Iterable[Any]) -> list[float]:
    """The squared spread from each bar and the one before it, of shares of the price; some are below zero.

    high, low, close: prices above zero, one a bar, oldest first. Returns one estimate fewer than there are bars.

    The middle of a bar's log range, m, is near the middle of bid and ask, and a close is half a spread away from it.
    The close lies between the middles before and after it in time, so that 4 (c1 - m1) (c1 - m) is the squared spread
    on average, with c1 and m1 of the bar before: what prices do by themselves cancels out.
    Raises InputError. Source: Abdi and Ranaldo (2017), "A simple estimation of bid-ask spreads from daily close, high,
    and low prices".

    >>> two_day_squares(high=[101, 102], low=[99, "100.1"], close=["100.5", "101.2"])
    [-0.0001090834274399566]
    """
    h, l, c = logs_of("two_day_squares", high=high, low=low, close=close)  # noqa: E741 - the formula's letters
    m = [(one + other) / 2 for one, other in zip(h, l, strict=True)]
    return [4 * (c[k - 1] - m[k - 1]) * (c[k - 1] - m[k]) for k in range(1, len(m))]


def abdi_ranaldo(high: Iterable[Any], low: Iterable[Any], close: Iterable[Any], *, floor: bool = False) -> float | None:
    """The spread as a share of the price, 0.001 for ten basis points.

    high, low, close: prices above zero, one a bar, oldest first. floor: False takes the root of the mean of the
    squares, with the sign of that mean; True the mean of the two-day roots, where squares below zero count as zero.
    Returns None for fewer than two bars. Raises InputError. Source: as `two_day_squares`.

    >>> from rustybt.api import spreads
    >>> spread = spreads.abdi_ranaldo(
    ...     high=[101, 102, "101.6"], low=[99, "100.1", "100.2"], close=["100.5", "101.2", "100.4"], floor=True
    ... )
    >>> round(spread, 6)
    0.002138
    """
    squares = two_day_squares(high, low, close)
    if not squares:
        return None
    if floor:
        return mean([math.sqrt(max(one, 0.0)) for one in squares])
    square = mean(squares)
    return math.copysign(math.sqrt(abs(square)), square)
