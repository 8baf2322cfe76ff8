"""EDGE (Ardia, Guidotti and Kroencke, 2024): the spread from all four prices of bars."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from rustybt.execution.spreads._logs import logs_of, mean


class _Step(NamedTuple):
    """From one bar to the next, in logarithms.

    r1: open to middle; r2: the middle before to the open; r3: the close before to the middle; r4: the middle before to
    the close before; r5: the close before to the open. moved: 1 where there was a trade at more than one price since
    the close before, else 0. opened, closed: how many of the two ends of its range the open, and the close before, are
    not at; 0 where nothing moved.
    """

    r1: float
    r2: float
    r3: float
    r4: float
    r5: float
    moved: int
    opened: int
    closed: int


def edge(open: Iterable[Any], high: Iterable[Any], low: Iterable[Any], close: Iterable[Any]) -> float | None:
    """The spread as a share of the price, 0.001 for ten basis points; below zero where the estimated square is.

    open, high, low, close: prices above zero, one a bar, oldest first.
    Returns None for fewer than three bars, and where fewer than two bars move or opens and closes are always extremes.

    Two conditions on averages, each zero but for the spread: an open or a close that is a bid or an ask is half a
    spread off the middle of the range before or after it. Each is divided by how often an open, or a close, is not an
    extreme of its bar, since the middle of such a range is half a spread off as well; returns are taken from their
    means. The two squared spreads are averaged, each weighted by the variance of the other.
    Raises InputError. Source: Ardia, Guidotti and Kroencke (2024), "Efficient estimation of bid-ask spreads from open,
    high, low, and close prices".

    >>> from rustybt.api import spreads
    >>> prices = {"open": [100, 102, 101, 103], "high": [102, 103, 103, 104], "low": [99, 100, 100, 101]}
    >>> round(spreads.edge(**prices, close=[101, 100, 103, 102]), 6)
    0.013791
    """
    o, h, l, c = logs_of("edge", open=open, high=high, low=low, close=close)  # noqa: E741 - the formula's letters
    if len(o) < 3:
        return None
    steps = [_step((h[k - 1], l[k - 1], c[k - 1]), o[k], h[k], l[k]) for k in range(1, len(o))]
    moving = mean([float(step.moved) for step in steps])
    opened = mean([float(step.opened) for step in steps])
    closed = mean([float(step.closed) for step in steps])
    if sum(step.moved for step in steps) < 2 or not opened or not closed:
        return None
    means = [mean([step[place] for step in steps]) / moving for place in (0, 2, 4)]
    first: list[float] = []
    second: list[float] = []
    for step in steps:
        d1, d3, d5 = (step[place] - each * step.moved for place, each in zip((0, 2, 4), means, strict=True))
        first.append(-4 / opened * d1 * step.r2 - 4 / closed * d3 * step.r4)
        second.append(-4 / opened * d1 * step.r5 - 4 / closed * d5 * step.r4)
    square = _weighted(first, second)
    return math.copysign(math.sqrt(abs(square)), square)


def _step(before: tuple[float, float, float], opened: float, high: float, low: float) -> _Step:
    high1, low1, close1 = before
    middle, middle1 = (high + low) / 2, (high1 + low1) / 2
    moved = high != low or low != close1
    return _Step(
        middle - opened,
        opened - middle1,
        middle - close1,
        close1 - middle1,
        opened - close1,
        int(moved),
        ((opened != high) + (opened != low)) * moved,
        ((close1 != high1) + (close1 != low1)) * moved,
    )


def _weighted(first: list[float], second: list[float]) -> float:
    """The mean of two estimates, each with the variance of the other as its weight."""
    one, other = mean(first), mean(second)
    variance, of_other = (mean([x * x for x in xs]) - m * m for xs, m in ((first, one), (second, other)))
    both = variance + of_other
    return (of_other * one + variance * other) / both if both > 0 else (one + other) / 2
