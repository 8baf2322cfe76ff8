"""What holding costs by the calendar night, in fractions, written from decision 36 and the guide to holding costs."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

ZERO = Fraction(0)
WEDNESDAY, WEEKEND = 2, (5, 6)

type Rows[T] = tuple[tuple[dt.date, T], ...]
"""What holds from a date on."""
type Tiers = tuple[tuple[Fraction | None, Fraction | None], ...]
"""The balance up to which a tier goes, and its rate, None where it pays nothing."""


@dataclass(frozen=True)
class Borrow:
    """rates: by asset. default: that of the others. settled: how many sessions a trade takes until it counts."""

    default: Fraction
    rates: Mapping[int, Rows[Fraction]] = field(default_factory=dict)
    street: bool = False
    settled: int = 0


@dataclass(frozen=True)
class Financing:
    """debit, credit: tiers by date. benchmark: by date; None where the tiers are the rates themselves."""

    debit: Rows[Tiers] = ()
    credit: Rows[Tiers] = ()
    benchmark: Rows[Fraction] | None = None
    free: bool = False


@dataclass(frozen=True)
class Rollover:
    """rates: by asset what a long and what a short gets, and what the broker takes of both."""

    rates: Mapping[int, tuple[Fraction, Fraction, Fraction]]
    points: bool = False
    triple: bool = False


@dataclass(frozen=True)
class Carried:
    """What is charged for holding; None where nothing is."""

    borrow: Borrow | None = None
    financing: Financing | None = None
    rollover: Rollover | None = None


def nights(before: dt.date, after: dt.date) -> list[dt.date]:
    """The days that have a night between two sessions."""
    return [before + dt.timedelta(days=n) for n in range((after - before).days)]


def _on[T](rows: Rows[T], day: dt.date) -> T | None:
    """What holds on a day."""
    known = [value for begins, value in rows if begins <= day]
    return known[-1] if known else None


def lent(terms: Borrow, k: int, units: Fraction, price: Fraction, days: Sequence[dt.date]) -> Fraction:
    """What a short of units, each with its multiplier, pays for what it borrowed; below zero."""
    value = Fraction(math.ceil(price * Fraction(102, 100))) if terms.street else price
    rates = [_on(terms.rates.get(k, ()), day) for day in days]
    return sum((units * value * (terms.default if rate is None else rate) / 360 for rate in rates), ZERO)


def interest(terms: Financing, cash: Fraction, days: Sequence[dt.date]) -> Fraction:
    """What cash bears or pays."""
    total = ZERO
    for day in days:
        tiers = _on(terms.debit if cash < 0 else terms.credit, day) or ()
        bench = None if terms.benchmark is None else _on(terms.benchmark, day) or ZERO
        for part, rate in _parts(tiers, abs(cash)):
            if bench is not None:
                rate = max(bench, ZERO) + rate if cash < 0 else max(bench + rate, ZERO)  # noqa: PLW2901
            total += (part if cash > 0 else -part) * rate / 360
    return total


def _parts(tiers: Tiers, balance: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    begins = ZERO
    for ends, rate in tiers:
        part = (balance if ends is None else min(balance, ends)) - begins
        if part > 0 and rate is not None:
            yield part, rate
        begins = begins if ends is None else ends


def rolled(terms: Rollover, k: int, units: Fraction, price: Fraction, days: Sequence[dt.date]) -> Fraction:
    """What a position gets for being rolled over, below zero what it pays."""
    long, short, admin = terms.rates[k]
    rate = long if units > 0 else short
    charged: Callable[[dt.date], int] = lambda day: 1  # noqa: E731
    if terms.triple:
        charged = lambda day: 3 if day.weekday() == WEDNESDAY else 0 if day.weekday() in WEEKEND else 1  # noqa: E731
    each = abs(units) if terms.points else abs(units) * price / 365
    return sum((each * (rate * charged(day) - admin) for day in days), ZERO)
