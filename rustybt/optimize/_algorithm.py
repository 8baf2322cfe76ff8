"""What a search asks for points: the protocol of its algorithms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from rustybt.optimize._space import ParameterSpace, Params
from rustybt.optimize._trial import Trial


@runtime_checkable
class Searcher(Protocol):
    """An algorithm at work on a space.

    A point is a function of the space, the settings, the seed, how many were asked before, and what was told: not of
    the clock, of a global generator, or of how the trials were run. A searcher that is asked and told the same again
    gives the same points; a search that was broken off goes on that way.
    """

    @property
    def done(self) -> bool:
        """Whether there is nothing more to ask."""

    def ask(self, count: int) -> list[Params]:
        """The next points, `count` of them, or fewer where it is done."""

    def tell(self, trials: Sequence[Trial]) -> None:
        """What became of points that were asked, in the order of their numbers.

        Of each value the greater is the better, whatever the objective: those of which less is better are told with the
        other sign. None stands for no value, and is worse than any.
        """


@runtime_checkable
class Algorithm(Protocol):
    """The settings of an algorithm; `on` puts it to work.

    batch: how many points it is asked before it is told of them; None where it learns nothing from being told. It is
    part of the search: how many workers there are is not.
    """

    batch: int | None

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> Searcher:
        """A searcher on a space. trials: how many points the search has room for."""
