"""Order prices go to the asset's tick, to the side that is better for whoever placed them."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import rescale_exact, scaled


def price_on_tick(price: Decimal, down: bool, tick: tuple[int, int], fill_scale: int) -> int:
    """An order price on the tick, at the fill scale.

    down: for the limit of a buy and the stop of a sell; the limit of a sell and the stop of a buy go up. The next
    tick the other way is taken where it is within 5 % of a tick.
    tick: value and scale.

    >>> price_on_tick(Decimal("10.0149"), True, (1, 2), 4), price_on_tick(Decimal("10.0051"), False, (1, 2), 4)
    (100100, 100100)
    """
    value, scale = scaled(price)
    size, size_scale = tick
    unit = size * 10**scale
    ticks, rest = divmod(value * 10**size_scale, unit)
    if rest * 100 >= unit * 95 if down else rest * 100 > unit * 5:
        ticks += 1
    return rescale_exact(ticks * size, size_scale, fill_scale)
