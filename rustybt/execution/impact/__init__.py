"""The cost of a large order, as published formulas have it: one source per file. `rustybt.api.impact` offers them."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt.execution.impact._almgren import AlmgrenImpact, almgren
    from rustybt.execution.impact._almgren_chriss import ExpectedCost, expected_cost, optimal_slices, urgency
    from rustybt.execution.impact._square_root import square_root
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.execution.impact._almgren": (
                "AlmgrenImpact",
                "almgren",
            ),
            "rustybt.execution.impact._almgren_chriss": (
                "ExpectedCost",
                "expected_cost",
                "optimal_slices",
                "urgency",
            ),
            "rustybt.execution.impact._square_root": ("square_root",),
        },
    )


__all__ = ["AlmgrenImpact", "ExpectedCost", "almgren", "expected_cost", "optimal_slices", "square_root", "urgency"]


def __dir__() -> list[str]:
    return sorted(__all__)
