"""The rates of a charge from a day on: its rates by tier, and the bounds of the sum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from rustybt.errors import InputError
from rustybt.execution.commission._reading import (
    Where,
    check_keys,
    date_from,
    maybe_number,
    number_of,
    word_of,
)

RATE_KEYS: Final = ("rate", "maker", "taker", "tiers", "minimum", "maximum", "maximum_percent", "above")
ROW_KEYS: Final = ("from", *RATE_KEYS, "source", "read_on", "verified", "note")
ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Tier:
    """Rates from a volume on: of who gives liquidity, and of who takes it."""

    above: Fraction
    maker: Fraction
    taker: Fraction


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates that hold from a day on, and how that is known.

    begins: the first day; None for always. minimum, maximum: of the sum. maximum_percent: of the value traded.
    above: nothing is charged where the value traded is not above it.
    """

    tiers: tuple[Tier, ...]
    begins: dt.date | None = None
    minimum: Fraction | None = None
    maximum: Fraction | None = None
    maximum_percent: Fraction | None = None
    above: Fraction | None = None
    source: str = ""
    read_on: dt.date | None = None
    verified: bool = True
    note: str = ""

    @property
    def has_bounds(self) -> bool:
        """Whether the sum is more than what the rates make."""
        return (self.minimum, self.maximum, self.maximum_percent, self.above) != (None,) * 4

    def bounded(self, total: Fraction, value: Fraction) -> Fraction:
        """The sum for what was traded at a value, at least the minimum and, above all, at most the maximum."""
        if self.above is not None and value <= self.above:
            return ZERO
        if self.minimum is not None and total < self.minimum:
            total = self.minimum
        if self.maximum is not None and total > self.maximum:
            total = self.maximum
        if self.maximum_percent is not None:
            total = min(total, value * self.maximum_percent / 100)
        return total

    def whole(self, base: Fraction, volume: Fraction, maker: bool) -> Fraction:
        """A base at the rate of the tier that a volume has reached."""
        found = self.tiers[0]
        for tier in self.tiers[1:]:
            if volume < tier.above:
                break
            found = tier
        return base * (found.maker if maker else found.taker)

    def marginal(self, base: Fraction, volume: Fraction, counted: Fraction, maker: bool) -> Fraction:
        """A base at the rates of the tiers that its own part of the volume falls in, which begins at a volume."""
        if not counted:
            return self.whole(base, volume, maker)
        total, ends = ZERO, [tier.above for tier in self.tiers[1:]]
        for place, tier in enumerate(self.tiers):
            low = max(volume, tier.above)
            high = volume + counted if place == len(ends) else min(volume + counted, ends[place])
            if high > low:
                total += (high - low) / counted * base * (tier.maker if maker else tier.taker)
        return total


def rates_from(given: Mapping[str, Any], per: str, where: Where) -> Rates:
    """The rates that a mapping names. Raises InputError naming the key."""
    check_keys(given, ROW_KEYS, where)
    tiers = _tiers_of(given, per, where)
    begins, read_on = given.get("from"), given.get("read_on")
    minimum, maximum = maybe_number(given, "minimum", where), maybe_number(given, "maximum", where)
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InputError(f"{where('minimum')} is {given['minimum']!r}, above the maximum of {given['maximum']!r}.")
    verified = given.get("verified", True)
    if not isinstance(verified, bool):
        raise InputError(f"{where('verified')} is {verified!r}: write true or false.")
    return Rates(
        tiers,
        None if begins is None else date_from(begins, "from", where),
        minimum,
        maximum,
        maybe_number(given, "maximum_percent", where),
        maybe_number(given, "above", where),
        word_of(given, "source", "the page that says so", where) if "source" in given else "",
        None if read_on is None else date_from(read_on, "read_on", where),
        verified,
        word_of(given, "note", "what else is to be known", where) if "note" in given else "",
    )


def _tiers_of(given: Mapping[str, Any], per: str, where: Where) -> tuple[Tier, ...]:
    names = [name for name in ("rate", "maker", "taker", "tiers") if given.get(name) is not None]
    if names == ["rate"]:
        rate = _rate_of(given["rate"], "rate", per, where)
        return (Tier(ZERO, rate, rate),)
    if names == ["maker", "taker"]:
        return (Tier(ZERO, *[_rate_of(given[name], name, per, where) for name in names]),)
    if names != ["tiers"]:
        told = f"there are {' and '.join(names)}" if names else "there is no rate"
        raise InputError(f"{where(names[0] if names else 'rate')}: {told}. Give rate, or maker and taker, or tiers.")
    rows = given["tiers"]
    if not isinstance(rows, list | tuple) or not rows:
        raise InputError(f"{where('tiers')} is {rows!r}: {TIERS_ARE}.")
    tiers = tuple([_tier_of(row, per, where) for row in rows])
    if tiers[0].above:
        raise InputError(f"{where('tiers')} begins at {rows[0][0]!r}. Let the first tier begin at 0.")
    for place in range(1, len(tiers)):
        if tiers[place].above <= tiers[place - 1].above:
            raise InputError(
                f"{where('tiers')}: {rows[place][0]!r} comes after {rows[place - 1][0]!r}. Let each tier begin above "
                "the one before it."
            )
    return tiers


TIERS_ARE: Final = "write a list of [from which volume, rate], or of [from which volume, maker, taker]"


def _tier_of(row: Any, per: str, where: Where) -> Tier:
    if not isinstance(row, list | tuple) or len(row) not in (2, 3):
        raise InputError(f"{where('tiers')} has {row!r}: {TIERS_ARE}.")
    rates = [_rate_of(rate, "tiers", per, where) for rate in row[1:]]
    return Tier(number_of(row[0], "tiers", where), rates[0], rates[-1])


def _rate_of(value: Any, key: str, per: str, where: Where) -> Fraction:
    """A rate by unit of the base; below zero it is a rebate."""
    rate = number_of(value, key, where, negative=True)
    if per == "percent" and abs(rate) > 100:
        raise InputError(f"{where(key)} is {value!r} per cent, more than all that is traded. Write 0.1 for 0.1 %.")
    return rate / {"percent": 100, "million": 1_000_000}.get(per, 1)
