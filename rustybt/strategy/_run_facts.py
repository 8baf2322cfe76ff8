"""The facts of a run that a strategy can ask for, and the phase that it is in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RunFacts:
    """What does not change. environment: what `get_environment` tells. seed: of `context.rng`."""

    start_date: dt.date
    environment: dict[str, Any]
    seed: int


class RunPhase:
    """The phase of a run, which the engine moves.

    phase: "initialize", "before" (before_trading_start), "opened" (until the first bar), "bar", "timer"
    (between two), "done" or "analyze".
    """

    __slots__ = ("phase",)

    def __init__(self) -> None:
        self.phase = "initialize"
