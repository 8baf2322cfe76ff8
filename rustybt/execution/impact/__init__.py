"""The cost of a large order, as published formulas have it: one source per file. `rustybt.api.impact` offers them."""

from rustybt.execution.impact._almgren import AlmgrenImpact, almgren
from rustybt.execution.impact._almgren_chriss import ExpectedCost, expected_cost, optimal_slices, urgency
from rustybt.execution.impact._square_root import square_root

__all__ = ["AlmgrenImpact", "ExpectedCost", "almgren", "expected_cost", "optimal_slices", "square_root", "urgency"]


def __dir__() -> list[str]:
    return sorted(__all__)
