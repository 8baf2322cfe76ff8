"""A schedule of fees: charges with tiers, bounds and roundings over an order, and who gives liquidity."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.independent._world import NOTHING, money


@dataclass
class Charge:
    """One line of a schedule; the words are those of the guide."""

    per: str
    tiers: list[tuple[Fraction, Fraction, Fraction]]
    kind: str = "commission"
    minimum: Fraction | None = None
    maximum: Fraction | None = None
    maximum_percent: Fraction | None = None
    rounding: tuple[str, Fraction] | None = None
    each: str = "order"
    side: str = "both"
    window: str | None = None
    tier: str = "whole"
    counts: str = "value"


@dataclass
class Sums:
    """What an order has come to under a charge."""

    raw: Fraction = NOTHING
    value: Fraction = NOTHING
    paid: Fraction = NOTHING


@dataclass
class Schedule:
    """Charges, and the volumes that their tiers go by."""

    charges: list[Charge]
    sums: dict[tuple[int, str], Sums] = field(default_factory=lambda: defaultdict(Sums))
    volumes: dict[int, list[tuple[dt.date, Fraction]]] = field(default_factory=lambda: defaultdict(list))

    def of(self, order_id: str, day: dt.date, quantity: Fraction, price: Fraction, *, maker: bool) -> list[Any]:
        """Kinds and amounts that a fill pays."""
        found = []
        units, value = abs(quantity), abs(quantity) * price
        for at, charge in enumerate(self.charges):
            volume = sum((much for when, much in self.volumes[at] if self.within(charge, when, day)), NOTHING)
            if charge.side in ("both", "buy" if quantity > 0 else "sell"):
                sums = self.sums[at, order_id]
                first = sums.value == 0
                raw = self.raw(charge, volume, units, value, price, maker=maker, first=first)
                if charge.each == "fill":
                    fee = money(bounded(charge, raw, value))
                else:
                    sums.raw += raw
                    sums.value += value
                    total = money(bounded(charge, sums.raw, sums.value))
                    fee, sums.paid = total - sums.paid, total
                if charge.each == "fill":
                    sums.value += value
                found.append((charge.kind, fee))
            if charge.window is not None:
                self.volumes[at].append((day, units if charge.counts == "units" else value))
        return [one for one in found if one[1]]

    def within(self, charge: Charge, when: dt.date, day: dt.date) -> bool:
        """Whether a fill of that day counts for one of this."""
        if charge.window == "calendar_month":
            return (when.year, when.month) == (day.year, day.month)
        return True

    def raw(
        self, charge: Charge, volume: Fraction, units: Fraction, value: Fraction, price: Fraction, *, maker: bool,
        first: bool,
    ) -> Fraction:  # fmt: skip
        """Rate times what it is of, before bounds."""
        size = {"share": units, "order": Fraction(first), "percent": value / 100, "million": value / 1_000_000}[
            charge.per
        ]
        reached = [tier for tier in charge.tiers if tier[0] <= volume]
        rate = reached[-1][1 if maker else 2]
        if charge.tier == "whole":
            return rate * size
        much = units if charge.counts == "units" else value
        total = NOTHING
        for at, tier in enumerate(charge.tiers):
            ends = charge.tiers[at + 1][0] if at + 1 < len(charge.tiers) else volume + much
            part = max(min(ends, volume + much) - max(tier[0], volume), NOTHING)
            total += tier[1 if maker else 2] * size * part / much
        return total


def bounded(charge: Charge, raw: Fraction, value: Fraction) -> Fraction:
    """Within minimum and maximum, and rounded to its grid."""
    found = raw
    if charge.minimum is not None:
        found = max(found, charge.minimum)
    if charge.maximum is not None:
        found = min(found, charge.maximum)
    if charge.maximum_percent is not None:
        found = min(found, value * charge.maximum_percent / 100)
    if charge.rounding is None:
        return found
    way, grid = charge.rounding
    steps = found / grid
    down = steps.__floor__()
    if way == "up":
        return grid * -(-steps).__floor__()
    if way == "down":
        return grid * down
    if way == "half_up":
        return grid * (steps + Fraction(1, 2)).__floor__()
    return grid * round(steps)
