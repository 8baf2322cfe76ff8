"""Every point of a lattice, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from rustybt.errors import InputError
from rustybt.optimize._space import ParameterSpace, Params
from rustybt.optimize._trial import Trial


class Grid:
    """All points, the last parameter first, as nested loops go; those that `where` refuses are passed over.

    continuous: how many values of a Real or Normal count, at equal distances. A search says how many trials there are
    at most, and takes the first ones.

    >>> from rustybt.optimize import Grid, ParameterSpace
    >>> searcher = Grid().on(ParameterSpace(fast=[5, 10], slow=[10, 20], where=lambda p: p["fast"] < p["slow"]))
    >>> searcher.ask(10), searcher.done
    ([{'fast': 5, 'slow': 10}, {'fast': 5, 'slow': 20}, {'fast': 10, 'slow': 20}], True)
    """

    batch = None

    def __init__(self, continuous: int | None = None) -> None:
        if continuous is not None and continuous < 1:
            raise InputError(f"Grid(continuous={continuous}): give how many values of a continuous parameter count.")
        self.continuous = continuous

    def __repr__(self) -> str:
        return "Grid()" if self.continuous is None else f"Grid(continuous={self.continuous})"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> _GridSearcher:
        """A searcher; it draws nothing, so that the seed is not used. Raises InputError as `points` does."""
        return _GridSearcher(space.points(self.continuous))


class _GridSearcher:
    def __init__(self, points: Iterator[Params]) -> None:
        self._points = points
        self._next = next(points, None)

    @property
    def done(self) -> bool:
        return self._next is None

    def ask(self, count: int) -> list[Params]:
        if self._next is None or count < 1:
            return []
        found = [self._next, *islice(self._points, count - 1)]
        self._next = next(self._points, None)
        return found

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing depends on it."""
