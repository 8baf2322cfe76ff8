"""How long an order takes to the exchange. `rustybt.api.latency` offers it to strategies."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt.core.latency._delays import Delay, LogNormal, Sample, Uniform
    from rustybt.core.latency._latency import PROFILES, Latency, latency_named
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.core.latency._delays": (
                "Delay",
                "LogNormal",
                "Sample",
                "Uniform",
            ),
            "rustybt.core.latency._latency": (
                "PROFILES",
                "Latency",
                "latency_named",
            ),
        },
    )


__all__ = ["PROFILES", "Delay", "Latency", "LogNormal", "Sample", "Uniform", "latency_named"]


def __dir__() -> list[str]:
    return sorted(__all__)
