"""What a fill costs: the price that a model makes of the one that the bar offers, and the fees."""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction
from typing import Any

from tests.independent._fees import Schedule
from tests.independent._world import NOTHING, Asset, Bar, cut, half_even, money


def volume_cap(spec: tuple[Any, ...], volume: Fraction) -> Fraction | None:
    """The part of a bar's volume that the orders of an asset may have together; None for all they want."""
    return None if spec[0] in ("none", "spread") else spec[2] * volume


def quoted(
    spec: tuple[Any, ...],
    asset: Asset,
    bar: Bar,
    offer: Fraction,
    left: Fraction,
    taken: Fraction,
    limit: Fraction | None,
    filled: Fraction = NOTHING,
) -> tuple[Fraction, Fraction] | None:
    """Price and signed quantity for an order with `left` units to go, or None where nothing fills.

    taken: units that earlier orders had of this bar. filled: what the order had of earlier bars.
    """
    side = 1 if left > 0 else -1
    wanted = abs(left)
    cap = volume_cap(spec, bar.volume)
    if cap is not None:
        whole = cut(cap, asset.step) if spec[0] in ("points", "root") else cap
        wanted = min(wanted, cut(whole - taken, asset.step))
        if wanted <= 0:
            return None
    price = offer
    if spec[0] == "points":
        price = offer * (1 + side * spec[1] / 10_000)
    elif spec[0] == "spread":
        price = offer + side * spec[1] / 2
    elif spec[0] == "root":
        size = (filled + taken + wanted) / spec[4]
        price = offer + side * root(size * (spec[1] * spec[3] * offer) ** 2, asset.prices())
    elif spec[0] == "share":
        share = min((taken + wanted) / bar.volume, spec[2])
        price = offer * (1 + side * spec[1] * share**2)
    price = half_even(price, asset.prices())
    if limit is not None and (price - limit) * side > 0:
        if spec[0] == "share":
            return None  # this model looks at the limit itself, and rather does not fill
        price = limit
    return price, side * wanted


def root(square: Fraction, decimals: int) -> Fraction:
    """The square root, half-even at so many decimals."""
    scaled = square * 100**decimals
    down = math.isqrt(scaled.__floor__())
    middle = Fraction(2 * down + 1, 2) ** 2
    up = scaled > middle or (scaled == middle and down % 2)
    return Fraction(down + up, 10**decimals)


class Fees:
    """Fees of fills, which may count over the fills of an order."""

    def __init__(self, spec: tuple[Any, ...]) -> None:
        self.spec = spec
        self.paid: dict[str, Fraction] = {}
        self.units: dict[str, Fraction] = {}
        self.schedule = Schedule(spec[1]) if spec[0] == "schedule" else None

    def of(self, order_id: str, day: dt.date, quantity: Fraction, price: Fraction, *, maker: bool) -> Fraction:
        """What this fill of the order costs."""
        kind = self.spec[0]
        if self.schedule is not None:
            return sum((one[1] for one in self.schedule.of(order_id, day, quantity, price, maker=maker)), NOTHING)
        paid = self.paid.get(order_id)
        if kind == "share":
            units = self.units.get(order_id, Fraction(0)) + abs(quantity)
            self.units[order_id] = units
            fee = max(self.spec[1] * units, self.spec[2]) - (paid or 0)
        elif kind == "trade":
            fee = self.spec[1] if paid is None else Fraction(0)
        elif kind == "dollar":
            fee = self.spec[1] * abs(quantity) * price
        else:
            fee = Fraction(0)
        fee = money(fee)
        self.paid[order_id] = (paid or Fraction(0)) + fee
        return fee
