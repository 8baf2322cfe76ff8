"""Order prices on the asset's tick, on the side that is better for whoever placed them."""

from __future__ import annotations

from decimal import Decimal

from rustybt.core import POWERS, OrderTerms, rescale_exact, scaled


def price_on_tick(price: tuple[int, int], down: bool, tick: tuple[int, int], fill_scale: int) -> int:
    """An order price on the tick, at the fill scale.

    down: for the limit of a buy and the stop of a sell; the limit of a sell and the stop of a buy go up. The next
    tick the other way is taken where it is within 5 % of a tick.
    price, tick: value and scale.

    >>> price_on_tick((100149, 4), True, (1, 2), 4), price_on_tick((100051, 4), False, (1, 2), 4)
    (100100, 100100)
    """
    value, scale = price
    size, size_scale = tick
    unit = size * POWERS[scale]
    ticks, rest = divmod(value * POWERS[size_scale], unit)
    if rest * 100 >= unit * 95 if down else rest * 100 > unit * 5:
        ticks += 1
    return rescale_exact(ticks * size, size_scale, fill_scale)


def terms_on_tick(terms: OrderTerms[Decimal], buys: bool, tick: tuple[int, int], fill_scale: int) -> OrderTerms[int]:
    """The terms of an order on that side, its prices on the tick, at the fill scale."""
    limit, stop, trail = terms[:3]
    return OrderTerms(
        None if limit is None else price_on_tick(scaled(limit), buys, tick, fill_scale),
        None if stop is None else price_on_tick(scaled(stop), not buys, tick, fill_scale),
        None if trail is None else price_on_tick(scaled(trail), True, tick, fill_scale),
        *terms[3:],
    )
