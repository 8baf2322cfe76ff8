"""Corwin and Schultz (2012): the spread from the highs and lows of two days, and of the two together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from rustybt.execution.spreads._logs import logs_of, mean

K: Final = 3 - 2 * math.sqrt(2)


def two_day_spreads(high: Iterable[Any], low: Iterable[Any], close: Iterable[Any]) -> list[float]:
    """The estimate from each bar and the one before it, as a share of the price; some are below zero.

    high, low, close: prices above zero, one a bar, oldest first. Returns one estimate fewer than there are bars.

    Highs are bought at the ask and lows sold at the bid, so that a bar's range holds the spread once, and the
    volatility of one bar; the range of two bars holds it once too, and the volatility of two. With b the sum of the two
    squared log ranges, and g the squared log range of both together, a = (sqrt(2 b) - sqrt(b)) / k - sqrt(g / k) with
    k = 3 - 2 sqrt(2), and the spread is 2 (e^a - 1) / (e^a + 1). Where a bar lies wholly above or below the close
    before it, it is moved by that gap first, as nobody traded in between.
    Raises InputError. Source: Corwin and Schultz (2012), "A simple way to estimate bid-ask spreads".

    >>> two_day_spreads(high=[101, 102], low=[99, "100.1"], close=["100.5", "101.2"])
    [-0.005797655046938528]
    """
    h, l, c = logs_of("two_day_spreads", high=high, low=low, close=close)  # noqa: E741 - the formula's letters
    return [_of_pair((h[k - 1], l[k - 1], c[k - 1]), h[k], l[k]) for k in range(1, len(h))]


def corwin_schultz(
    high: Iterable[Any], low: Iterable[Any], close: Iterable[Any], *, floor: bool = False
) -> float | None:
    """The mean of the two-day estimates: the spread as a share of the price, 0.001 for ten basis points.

    high, low, close: prices above zero, one a bar, oldest first. floor: counts two-day estimates below zero as zero.
    Returns None for fewer than two bars. Raises InputError. Source: as `two_day_spreads`.

    >>> from rustybt.api import spreads
    >>> spread = spreads.corwin_schultz(high=[101, 102, "101.6"], low=[99, "100.1", "100.2"], close=[100, 101, 100])
    >>> round(spread, 6)
    0.003818
    """
    estimates = two_day_spreads(high, low, close)
    if floor:
        estimates = [max(one, 0.0) for one in estimates]
    return mean(estimates) if estimates else None


def _of_pair(before: tuple[float, float, float], high: float, low: float) -> float:
    high1, low1, close1 = before
    gap = max(0.0, close1 - high) + min(0.0, close1 - low)
    high, low = high + gap, low + gap
    b = (high - low) ** 2 + (high1 - low1) ** 2
    g = (max(high, high1) - min(low, low1)) ** 2
    a = (math.sqrt(2 * b) - math.sqrt(b)) / K - math.sqrt(g / K)
    return 2 * (math.exp(a) - 1) / (1 + math.exp(a))
