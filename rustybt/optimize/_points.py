"""Points that are given one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rustybt.errors import InputError
from rustybt.optimize._space import ParameterSpace, Params, canonical
from rustybt.optimize._trial import Trial


class Points:
    """The points that you name, in their order; one that stands twice is tried once.

    >>> from rustybt.optimize import Integer, ParameterSpace, Points
    >>> searcher = Points([{"days": 20}, {"days": 50}]).on(ParameterSpace(days=Integer(2, 100)))
    >>> searcher.ask(10), searcher.done
    ([{'days': 20}, {'days': 50}], True)
    """

    batch: int | None = None

    def __init__(self, points: Iterable[Mapping[str, Any]]) -> None:
        self.points = named_points(points, "Points")
        if not self.points:
            raise InputError("Points([]) has no point: give one at least.")

    def __repr__(self) -> str:
        return f"Points({self.points!r})"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> _PointsSearcher:
        """A searcher. Raises InputError for a point that is none of the space."""
        for point in self.points:
            if not space.has(point):
                raise InputError(f"Points has {point!r}, which is no point of {space!r}.")
        return _PointsSearcher({canonical(point): point for point in self.points})


def named_points(given: Any, name: str) -> list[Params]:
    """Points that a user gave. Raises InputError for what is no list of mappings."""
    points = list(given) if isinstance(given, Iterable) and not isinstance(given, str | Mapping) else [given]
    for point in points:
        if not isinstance(point, Mapping):
            raise InputError(f"{name} has {point!r}: give a list of points, such as [{{'days': 20}}, {{'days': 50}}].")
    return [dict(point) for point in points]


class _PointsSearcher:
    def __init__(self, points: Mapping[str, Params]) -> None:
        self._left = [dict(point) for point in points.values()]

    @property
    def done(self) -> bool:
        return not self._left

    def ask(self, count: int) -> list[Params]:
        asked, self._left = self._left[:count], self._left[count:]
        return asked

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing depends on it."""
