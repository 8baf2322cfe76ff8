"""Spreads between bid and ask, estimated from bars: one estimator per file. `rustybt.api.spreads` offers them."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt.execution.spreads._abdi_ranaldo import abdi_ranaldo, two_day_squares
    from rustybt.execution.spreads._corwin_schultz import corwin_schultz, two_day_spreads
    from rustybt.execution.spreads._edge import edge
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.execution.spreads._abdi_ranaldo": (
                "abdi_ranaldo",
                "two_day_squares",
            ),
            "rustybt.execution.spreads._corwin_schultz": (
                "corwin_schultz",
                "two_day_spreads",
            ),
            "rustybt.execution.spreads._edge": ("edge",),
        },
    )


__all__ = ["abdi_ranaldo", "corwin_schultz", "edge", "two_day_spreads", "two_day_squares"]


def __dir__() -> list[str]:
    return sorted(__all__)
