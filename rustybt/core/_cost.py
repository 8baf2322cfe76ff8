"""The cost of a position, per unit."""

from __future__ import annotations

from typing import Protocol

from rustybt.core._fixed import MONEY_SCALE, POWERS, div_half_even


class Scales(Protocol):
    """The scales of an asset, and its multiplier."""

    @property
    def quantity_scale(self) -> int: ...
    @property
    def fill_scale(self) -> int: ...
    @property
    def multiplier(self) -> int: ...
    @property
    def multiplier_scale(self) -> int: ...


def cost_per_unit(cost: int, quantity: int, of: Scales) -> int:
    """The cost of a position per unit, at the asset's fill scale; 0 where nothing is held."""
    if not quantity:
        return 0
    up = POWERS[of.quantity_scale + of.fill_scale + of.multiplier_scale]
    return div_half_even(cost * up, quantity * of.multiplier * POWERS[MONEY_SCALE])
