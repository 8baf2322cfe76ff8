"""Order prices on the asset's tick, on the side that is better for whoever placed them."""

from __future__ import annotations

from decimal import Decimal

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    POWERS,
    OrderTerms,
    div_half_even,
    rescale_exact,
    scaled,
    tick_at,
    to_scale,
    trailed,
    whole_ticks,
)


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
    ticks = whole_ticks(value * POWERS[size_scale], size * POWERS[scale], down=down)
    return rescale_exact(ticks * size, size_scale, fill_scale)


def terms_on_tick(terms: OrderTerms[Decimal], buys: bool, tick: tuple[int, int], fill_scale: int) -> OrderTerms[int]:
    """The terms of an order on that side, its prices on the tick, at the fill scale.

    A limit goes to the side that is better for whoever placed it, and so does the price that an "if touched" order
    waits for; a stop to the other one. Distances are exact: what is reckoned with them goes to the tick.
    """
    limit, stop, touch, trail = terms[:4]
    return OrderTerms(
        None if limit is None else price_on_tick(scaled(limit), buys, tick, fill_scale),
        None if stop is None else price_on_tick(scaled(stop), not buys, tick, fill_scale),
        None if touch is None else price_on_tick(scaled(touch), buys, tick, fill_scale),
        None if trail is None else trail.with_prices(lambda price: to_scale(price, fill_scale)),
        *terms[4:],
    )


def terms_after_split(
    order: WorkingOrder, terms: OrderTerms[int], numerator: int, denominator: int, tick: tuple[int, int]
) -> OrderTerms[int]:
    """The terms of an order restated: its prices on the tick, half-even; its distances exact.

    A stop that follows is never further from its best price than its distance: where rounding took its level there, it
    goes to what the restated best price comes to. terms: those of the order, or some that are on their way to it.
    tick: a pair of integers at the fill scale: (numerator, denominator).
    """

    def on_tick(price: int) -> int:
        ticks = div_half_even(price * numerator * tick[1], denominator * tick[0])
        return div_half_even(ticks * tick[0], tick[1])

    restated = terms.with_prices(on_tick, lambda price: div_half_even(price * numerator, denominator))
    if restated.trail is None or restated.trail.best is None or order.stop_reached:
        return restated
    instrument = order.instrument
    return trailed(restated, order.amount > 0, restated.trail.best, tick_at(instrument.tick, instrument.fill_scale))
