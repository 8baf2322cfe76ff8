"""What an algorithm that learns was told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import pstdev
from typing import Final

import numpy as np

from rustybt.errors import InputError
from rustybt.optimize._random_search import ATTEMPTS, uniform
from rustybt.optimize._space import ParameterSpace, Params, canonical
from rustybt.optimize._trial import Trial, TrialState

_FARTHEST: Final = 1e300


class Memory:
    """The points that were asked, and what those are worth that were told.

    points: in the order in which they were asked, each once. worth: by the text of a point; None for no value.
    """

    def __init__(self, space: ParameterSpace) -> None:
        self.space = space
        self.points: dict[str, Params] = {}
        self.worth: dict[str, float | None] = {}

    def __contains__(self, point: Params) -> bool:
        return canonical(point) in self.points

    @property
    def complete(self) -> bool:
        """Whether the space has no other point."""
        return self.space.size is not None and len(self.points) >= self.space.size

    def ask(self, point: Params) -> None:
        """Keeps a point that is asked."""
        self.points[canonical(point)] = point

    def tell(self, trials: Sequence[Trial]) -> None:
        """Keeps the first value of each trial; one that failed has none."""
        for trial in trials:
            self.ask(trial.params)
            value = None if trial.state is TrialState.FAILED else trial.value
            # a float is enough for an algorithm; one beyond its range still has a place in the order
            self.worth[canonical(trial.params)] = (
                None if value is None else min(max(float(value), -_FARTHEST), _FARTHEST)
            )

    def losses(self) -> dict[str, float]:
        """What was told, the less the better, by the text of a point.

        A point without a value counts as one that is worse than the worst by the standard deviation of all.
        """
        known = [-value for value in self.worth.values() if value is not None]
        worst = max(known, default=0.0)
        spread = pstdev(known) if len(known) > 1 and math.isfinite(sum(known)) else 0.0
        return {text: worst + (spread or 1.0) if value is None else -value for text, value in self.worth.items()}


def drawn_shares(memory: Memory, generator: np.random.PCG64) -> list[float] | None:
    """Where a point at random lies that was not asked before; None where none is found any more.

    Raises InputError where `where` refuses all.
    """
    space, refused = memory.space, 0
    for _ in range(ATTEMPTS):
        shares = [uniform(generator) for _ in space.names]
        point = space.at(shares)
        refused += point is None
        if point is not None and point not in memory:
            return shares
    if refused == ATTEMPTS and not memory.points:
        raise InputError(f"where= refused all of {ATTEMPTS} points: it contradicts the ranges of the parameters.")
    return None


def generator_of(seed: int, *places: int) -> np.random.PCG64:
    """A generator for one place of a search: it depends on nothing else."""
    return np.random.PCG64(np.random.SeedSequence([seed, *places]))
