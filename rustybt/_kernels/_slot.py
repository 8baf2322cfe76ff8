"""An asset in the books: its scales as the factors that the arithmetic needs, and the pocket that its money is in."""

from __future__ import annotations

from collections.abc import Sequence

from rustybt._kernels._pocket import Pocket
from rustybt.core import MONEY_SCALE, as_plain_decimal
from rustybt.errors import InputError, MoneyOverflow

LIMIT = 10**38
"""Quantities and marks are below it, scaled, as money is: they fit 38 digits."""
LEAST = -LIMIT
"""They are above it."""
SCALE_LIMIT = 100
"""No number of an asset has more decimals; frames hold 38."""


class Slot:
    """The scales of an asset that an account holds, turned into the factors that the arithmetic needs.

    fill_unit, fill_divisor: what makes money of a quantity times a fill price, multiplied and divided by; one of the
    powers of ten in them is 1. mark_unit, mark_divisor: the same of a quantity times a mark.
    """

    __slots__ = (
        "daily_settled",
        "fill_divisor",
        "fill_unit",
        "mark_divisor",
        "mark_to_fill_scale",
        "mark_unit",
        "marks",
        "multiplier",
        "pocket",
        "size_exponent",
        "step",
    )

    def __init__(
        self,
        pocket: Pocket,
        marks: Sequence[int],
        mark_scale: int,
        fill_scale: int,
        quantity_scale: int,
        step: int,
        multiplier: int,
        multiplier_scale: int,
        daily_settled: bool,
    ) -> None:
        self.pocket = pocket
        self.daily_settled = daily_settled
        self.marks = marks
        self.step = step
        self.multiplier = multiplier
        self.mark_to_fill_scale: int = 10 ** (fill_scale - mark_scale)
        spare = MONEY_SCALE - quantity_scale - multiplier_scale
        factor, self.fill_divisor = _factor_and_divisor(spare - fill_scale)
        self.fill_unit = multiplier * factor
        factor, self.mark_divisor = _factor_and_divisor(spare - mark_scale)
        self.mark_unit = multiplier * factor
        self.size_exponent = quantity_scale + fill_scale + multiplier_scale


def check_slot(
    marks: Sequence[int],
    mark_scale: int,
    fill_scale: int,
    quantity_scale: int,
    step: int,
    multiplier: int,
    multiplier_scale: int,
) -> None:
    """Refuses what `open_slot` can't work with; both twins ask here."""
    # a call for all of them: a run opens a slot for each asset of its universe
    scales = mark_scale, fill_scale, quantity_scale, multiplier_scale
    if not 0 <= min(scales) <= max(scales) <= SCALE_LIMIT:
        for name, scale in zip(("mark", "fill", "quantity", "multiplier"), scales, strict=True):
            if not 0 <= scale <= SCALE_LIMIT:
                raise InputError(f"{name}_scale={scale} is not between 0 and {SCALE_LIMIT}. Pass a scale that is.")
    if mark_scale > fill_scale:
        raise InputError(
            f"mark_scale={mark_scale} is finer than fill_scale={fill_scale}. Pass a fill_scale that is as fine."
        )
    if step < 1 or multiplier < 1:
        raise InputError(f"step={step} and multiplier={multiplier} must be above zero. Pass positive ones.")
    widest = max(marks, key=abs, default=0) if isinstance(marks, list) else 0
    if not LEAST < widest < LIMIT:
        raise MoneyOverflow(
            f"{as_plain_decimal(widest, mark_scale)} has more than the 38 digits that a price can have. "
            "Use fewer decimals."
        )


def _factor_and_divisor(exponent: int) -> tuple[int, int]:
    """A power of ten as a factor and a divisor, one of them 1."""
    return (10**exponent, 1) if exponent >= 0 else (1, 10**-exponent)
