"""What holding costs: borrow of shorts, interest on cash, by the calendar night."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.independent._world import NOTHING

if TYPE_CHECKING:
    from tests.independent._books import Books

Tiers = list[tuple[Fraction | None, Fraction | None]]
"""Up to which balance a rate a year goes; None is without an end, and pays nothing."""


def tiered(tiers: Tiers, amount: Fraction) -> Fraction:
    """The year's interest on an amount, each tier on its own part."""
    total, start = NOTHING, NOTHING
    for ends, rate in tiers:
        part = amount - start if ends is None else min(amount, ends) - start
        if part > 0:
            total += part * (rate or 0)
        start = start if ends is None else ends
    return total


def night(books: Books, nights: int, spec: dict[str, Any]) -> list[tuple[str, str, str, Fraction]]:
    """Kind, asset and amount of what the nights between two sessions cost, on what was held before them."""
    found: list[tuple[str, str, str, Fraction]] = []
    shorts = {name: -units for name, units in books.held.items() if units < 0}
    marks = {name: books.mark(name) or NOTHING for name in shorts}
    if "borrow" in spec:
        for name, units in shorts.items():
            rate = spec["borrow"].get(name, spec["default"])
            price = marks[name]
            if spec["value"] == "street":
                price = Fraction(-(-price * 102 // 100))
            found.append(("borrow", name, books.world.assets[name].currency, -units * price * rate * nights / 360))
    if "debit" in spec:
        for currency, cash in books.pockets.items():
            held = (
                units * marks[name] for name, units in shorts.items() if books.world.assets[name].currency == currency
            )
            balance = cash - (NOTHING if spec["free"] else sum(held, NOTHING))
            found.append(("financing", "", currency, interest(balance, spec) * nights / 360))
    return [one for one in found if one[3]]


def interest(balance: Fraction, spec: dict[str, Any]) -> Fraction:
    """A year's: debit at the benchmark, 0 at least, and its rate; credit at both together, 0 at least."""
    base = spec["benchmark"]
    if balance < 0:
        debit = [(ends, None if rate is None else max(base, NOTHING) + rate) for ends, rate in spec["debit"]]
        return -tiered(debit, -balance)
    credit = [(ends, None if rate is None else max(base + rate, NOTHING)) for ends, rate in spec["credit"]]
    return tiered(credit, balance)
