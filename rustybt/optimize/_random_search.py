"""Points drawn at random, none of them twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rustybt.errors import InputError
from rustybt.optimize._space import ParameterSpace, Params, canonical
from rustybt.optimize._trial import Trial

ATTEMPTS: Final = 2_000
"""How often a point is drawn anew that `where` refuses or that was there before."""


class RandomSearch:
    """Each parameter is drawn by itself: uniform, by the logarithm or normal, as its kind says. No point comes twice.

    >>> from rustybt.optimize import Integer, ParameterSpace, RandomSearch
    >>> space = ParameterSpace(days=Integer(1, 3))
    >>> searcher = RandomSearch().on(space, seed=1)
    >>> sorted(point["days"] for point in searcher.ask(10)), searcher.done
    ([1, 2, 3], True)
    """

    batch = None

    def __repr__(self) -> str:
        return "RandomSearch()"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> _RandomSearcher:
        """A searcher. A point depends on the seed, its number and which points came before."""
        return _RandomSearcher(space, seed)


class _RandomSearcher:
    def __init__(self, space: ParameterSpace, seed: int) -> None:
        self._space, self._seed = space, seed
        self._seen: set[str] = set()
        self._number = 0
        self._over = False

    @property
    def done(self) -> bool:
        return self._over or len(self._seen) == self._space.size

    def ask(self, count: int) -> list[Params]:
        found: list[Params] = []
        while len(found) < count and not self.done:
            point = self._draw()
            if point is None:
                self._over = True
            else:
                found.append(point)
        return found

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing depends on it."""

    def _draw(self) -> Params | None:
        """A point that was not there before; None where none is found any more."""
        drawn = np.random.PCG64(np.random.SeedSequence([self._seed, self._number]))
        refused = 0
        for _ in range(ATTEMPTS):
            point = self._space.at([uniform(drawn) for _ in self._space.names])
            refused += point is None
            if point is not None and (text := canonical(point)) not in self._seen:
                self._seen.add(text)
                self._number += 1
                return point
        if refused == ATTEMPTS and not self._seen:
            raise InputError(f"where= refused all of {ATTEMPTS} points: it contradicts the ranges of the parameters.")
        return None


def uniform(drawn: np.random.PCG64) -> float:
    """A number from 0 up to 1 of a bit generator's next 64 bits, the same with every version of NumPy."""
    return float(int(drawn.random_raw()) >> 11) * 2.0**-53
