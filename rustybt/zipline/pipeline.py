"""Zipline's Pipeline, which RustyBT does not have yet: whoever asks for a part of it is told what to do instead."""

from __future__ import annotations

from typing import Any

from rustybt.errors import NotYetAvailable


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotYetAvailable(
        f"zipline.pipeline.{name}: Pipeline comes with a later version of RustyBT. Until then compute the ranking in "
        "before_trading_start or a scheduled function, from data.history over the assets."
    )
