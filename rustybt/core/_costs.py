"""The kinds of trading costs, and the reference that a fill's price is measured against."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, NamedTuple


class CostKind(enum.StrEnum):
    """The kind of a cost: the column `kind` of `Result.costs`.

    SPREAD, SLIPPAGE, IMPACT: what a price was worse by than the one that the bar offered; SLIPPAGE is what no model
    calls anything else. COMMISSION: fees of fills; what each is for stands beside it. TAX: taxes and duties. BORROW: of
    shares that were sold short. FINANCING: interest on cash. ROLLOVER: of currencies held overnight. FUNDING: of
    perpetuals. What was received instead is below zero.
    """

    SPREAD = "spread"
    SLIPPAGE = "slippage"
    IMPACT = "impact"
    COMMISSION = "commission"
    TAX = "tax"
    BORROW = "borrow"
    FINANCING = "financing"
    ROLLOVER = "rollover"
    FUNDING = "funding"


type PriceParts = tuple[tuple[CostKind, int], ...]
"""What a price is worse by than the one offered, per unit at the fill scale: above zero against the order."""


class Priced(NamedTuple):
    """The reference of a fill's price, and the parts that the price is worse by.

    reference: the price that the bar offered, at the fill scale. parts: what a model says of the difference; the rest
    is SLIPPAGE.
    """

    reference: int
    parts: PriceParts = ()


COST_OF_ENTRY: Final[Mapping[str, CostKind]] = {
    "fee": CostKind.COMMISSION,
    "borrow": CostKind.BORROW,
    "financing": CostKind.FINANCING,
    "rollover": CostKind.ROLLOVER,
    "funding": CostKind.FUNDING,
    "tax": CostKind.TAX,
}
"""The kinds of ledger entries that are costs; all others are gains, losses or capital."""
TAXES: Final = frozenset({"stamp_duty", "tax"})
"""What a fee may be for, its `detail`, that counts as TAX."""


def cut_parts(parts: PriceParts, most: int) -> PriceParts:
    """The parts of a price that was held at a limit: the first ones, until no more is left.

    >>> cut_parts(((CostKind.SPREAD, 30), (CostKind.IMPACT, 20)), 40)
    ((<CostKind.SPREAD: 'spread'>, 30), (<CostKind.IMPACT: 'impact'>, 10))
    """
    found = []
    for kind, part in parts:
        found.append((kind, min(part, most)))
        most -= found[-1][1]
    return tuple(found)
