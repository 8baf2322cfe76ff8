"""What a schedule of fees takes of each fill, in fractions, written from decision 33 and the guide to trading costs."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

ZERO, MONEY = Fraction(0), 20
ROUNDED = {
    "up": math.ceil,
    "down": math.floor,
    "half_up": lambda steps: math.floor(steps + Fraction(1, 2)),
    "half_even": round,
}

type Charge = Mapping[str, Any]
"""What `commission.Charge` is given; tiers are triples: begin, maker, taker."""


@dataclass(frozen=True)
class Filled:
    """A fill: its order, when that was placed, when and in which session it is, how much, and who gave liquidity.

    units, value: without a sign. first: whether it is the order's first fill.
    """

    order: int
    placed: int
    placed_on: dt.date
    stamp: int
    day: dt.date
    buys: bool
    units: Fraction
    value: Fraction
    maker: bool
    first: bool


class Schedule:
    """Charges, and what they have to remember: all fills so far, and what each order has come to."""

    def __init__(self, charges: tuple[Charge, ...]) -> None:
        self.charges = charges
        self.fills: list[Filled] = []
        self.sums: dict[tuple[int, int], tuple[Fraction, Fraction, Fraction]] = {}

    def parts(self, fill: Filled) -> list[Fraction]:
        """What each charge takes of a fill, as it is booked; those that take nothing are left out."""
        found = [self._due(number, charge, fill) for number, charge in enumerate(self.charges)]
        self.fills.append(fill)
        return [part for part in found if part]

    def _due(self, number: int, charge: Charge, fill: Filled) -> Fraction:
        if charge["side"] not in ("both", "buy" if fill.buys else "sell"):
            return ZERO
        whole = charge.get("each") != "fill"
        total, value, paid = self.sums.get((number, fill.order), (ZERO,) * 3) if whole else (ZERO,) * 3
        total, value = total + self._raw(charge, fill), value + fill.value
        due = round(bounded(charge, total, value), MONEY)
        self.sums[number, fill.order] = total, value, due
        return due - paid

    def _raw(self, charge: Charge, fill: Filled) -> Fraction:
        per, side = charge["per"], 1 if fill.maker else 2
        base = {
            "share": fill.units,
            "percent": fill.value / 100,
            "million": fill.value / 10**6,
            "order": Fraction(fill.first),
        }[per]
        tiers = [(Fraction(tier[0]), Fraction(tier[side])) for tier in charge["tiers"]]
        if len(tiers) == 1:
            return base * tiers[0][1]
        volume = self._volume(charge, fill)
        if charge["tier"] == "whole":
            return base * [rate for begin, rate in tiers if volume >= begin][-1]
        size = fill.value if counts(charge) == "value" else fill.units
        ends = [begin for begin, _ in tiers[1:]] + [volume + size]
        return sum(
            (
                max(ZERO, min(volume + size, end) - max(volume, begin)) / size * base * rate
                for (begin, rate), end in zip(tiers, ends, strict=True)
            ),
            ZERO,
        )

    def _volume(self, charge: Charge, fill: Filled) -> Fraction:
        """What was traded before a fill, or up to the placement of its order, within the window."""
        placed = charge["fixed"] == "at_placement"
        until, day = (fill.placed, fill.placed_on) if placed else (fill.stamp, fill.day)
        if charge["window"] == "calendar_month":
            within = [one for one in self.fills if (one.day.year, one.day.month) == (day.year, day.month)]
        else:
            begins = until - int(charge["window"].removeprefix("days=")) * 24 * 3600 * 10**9
            within = [one for one in self.fills if begins < one.stamp]
        return sum(
            (one.value if counts(charge) == "value" else one.units for one in within if one.stamp <= until), ZERO
        )


def counts(charge: Charge) -> str:
    """What tiers go by: money or units."""
    return charge.get("counts") or ("value" if charge["per"] in ("percent", "million") else "units")


def bounded(charge: Charge, total: Fraction, value: Fraction) -> Fraction:
    """A sum with its minimum, maximum and rounding."""
    if "above" in charge and value <= charge["above"]:
        total = ZERO
    else:
        total = max(total, Fraction(charge["minimum"])) if "minimum" in charge else total
        total = min(total, Fraction(charge["maximum"])) if "maximum" in charge else total
        total = min(total, value * Fraction(charge["maximum_percent"]) / 100) if "maximum_percent" in charge else total
    if charge["rounding"] == "none":
        return total
    mode, grid = charge["rounding"].split(" to ")
    return ROUNDED[mode](total / Fraction(grid)) * Fraction(grid)
