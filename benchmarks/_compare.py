"""Whether two engines did the same, before anybody asks which was faster."""

from __future__ import annotations

import math
from typing import Any

from benchmarks._scenarios import Scenario

DAY_NS = 86_400 * 10**9
TOLERANCE = 1e-6
"""Of prices and of money. What differs by less is the noise of Zipline's floats."""


def compare(expected: dict[str, Any], got: dict[str, Any], *, by_bar: bool = False) -> list[str]:
    """What differs: transactions (stamp, symbol, amount, price), daily values, what the strategy added up.

    by_bar: the fills of a bar have no order among them. Who cancels and places orders anew has them in another one.
    """
    trades, own = expected["transactions"], got["transactions"]
    if by_bar:
        trades, own = sorted(trades), sorted(own)
    found = [] if len(trades) == len(own) else [f"{len(own)} transactions instead of {len(trades)}"]
    for number, (one, other) in enumerate(zip(trades, own, strict=False)):
        if one[:3] != other[:3] or not _near(one[3], other[3]):
            found.append(f"transaction {number}: {other} instead of {one}")
    for name in ("values", "seen"):
        if len(expected[name]) != len(got[name]):
            found.append(f"{len(got[name])} {name} instead of {len(expected[name])}")
        for number, (one, other) in enumerate(zip(expected[name], got[name], strict=False)):
            if not _near(one, other):
                found.append(f"{name} {number}: {other!r} instead of {one!r}")
    return found


def compare_peer(scenario: Scenario, expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """What a peer did otherwise than RustyBT without costs: each transaction, and how often its strategy was called.

    The fills of a bar have no order among them; a daily bar has no time of its day.
    """
    unit = DAY_NS if scenario.frequency == "daily" else 1
    sides = []
    for outcome in (expected, got):
        fills = sorted([stamp // unit, *rest] for stamp, *rest in outcome["transactions"])
        sides.append({"transactions": fills, "values": [], "seen": [outcome["calls"]]})
    return compare(*sides)


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=0.0, abs_tol=TOLERANCE)
