"""How much of what is held lies in few assets."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._numbers import Numbers, ratio, scaled_numbers
from rustybt.metrics._sample import exact_ratio


def concentration(weights: Numbers) -> Decimal | None:
    """The Herfindahl-Hirschman index of what is held: the sum of the squared shares of the gross exposure.

    1 where all of it is in one asset, `1 / n` where n assets have the same size. Its inverse is how many assets of one
    size would be as concentrated: the effective number of positions.

    weights: of the assets, or what each is worth; shorts, below 0, count by their size. No nulls.
    Returns 18 decimals, half-even; None where nothing is held.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.
    Source: Hirschman (1945), Herfindahl (1950).

    >>> concentration(["0.5", "0.25", "-0.25"])
    Decimal('0.375000000000000000')
    """
    sizes = [abs(weight) for weight in scaled_numbers(weights, "weights")[0]]
    whole = sum(sizes)
    return ratio(exact_ratio(sum([size * size for size in sizes]), whole * whole)) if whole else None
