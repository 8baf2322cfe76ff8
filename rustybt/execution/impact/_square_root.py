"""The square root law of market impact."""

from __future__ import annotations

import math
from typing import Any

from rustybt.execution.impact._numbers import exact


def square_root(quantity: Any, volume: Any, volatility: Any, coefficient: Any = 1) -> float:
    """coefficient * volatility * sqrt(quantity / volume): by how much an order moves the price, as a share of it.

    quantity: of the order, units. volume: usual units of a day. volatility: standard deviation of daily returns, 0.02
    for 2 %. coefficient: about 1. All 0 or more, the volume above zero. Raises InputError.

    An order that takes a time in proportion to its share of the volume meets moves in proportion to the root of that
    time: volatility times sqrt(quantity / volume) is the usual move of the price while it is traded, and what traders
    ask for that risk. Measured exponents lie between 0.4 and 0.7. Source: Torre (1997); Toth et al. (2011).

    >>> from rustybt.api import impact
    >>> impact.square_root(quantity=10_000, volume=1_000_000, volatility="0.02")
    0.002
    """
    share = exact(quantity, "square_root(quantity)") / exact(volume, "square_root(volume)", above_zero=True)
    scaled = exact(volatility, "square_root(volatility)") * exact(coefficient, "square_root(coefficient)")
    return math.sqrt(scaled * scaled * share)
