"""What a search expects of an algorithm of one's own, as tests."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from rustybt.optimize import Algorithm, Choice, Integer, ParameterSpace, Real, Searcher, Trial

ROUNDS: Final = 4


class AlgorithmContract(abc.ABC):
    """Tests that hold an algorithm for `search` to its protocol: a subclass of yours in a test file runs them all.

    make: the algorithm, with the settings to be tested.

    >>> from rustybt.optimize import RandomSearch
    >>> from rustybt.testing import AlgorithmContract
    >>> class TestRandomSearch(AlgorithmContract):
    ...     def make(self):
    ...         return RandomSearch()
    >>> TestRandomSearch().test_points_are_of_the_space()
    """

    @abc.abstractmethod
    def make(self) -> Algorithm:
        """An algorithm; each call gives one that shares nothing with the others."""

    def space(self) -> ParameterSpace:
        """The space that it is asked about: 80 points without those that are refused."""
        return ParameterSpace(fast=Integer(1, 8), slow=Integer(2, 20, step=2), where=lambda p: p["fast"] < p["slow"])

    def _asked(self, seed: int, *, batch: int, rounds: int = ROUNDS, worth: Any = None) -> list[dict[str, Any]]:
        """The points that it asks for, told of their values."""
        space = self.space()
        searcher = self.make().on(space, seed=seed, trials=batch * rounds)
        points: list[dict[str, Any]] = []
        for _ in range(rounds):
            if searcher.done:
                break
            asked = searcher.ask(batch)
            searcher.tell(told(len(points), asked, worth))
            points += asked
        return points

    def test_it_is_an_algorithm(self) -> None:
        """It has `batch` and `on`, which gives `ask`, `tell` and `done`."""
        made = self.make()
        assert isinstance(made, Algorithm)
        assert made.batch is None or made.batch >= 1
        assert isinstance(made.on(self.space(), seed=0, trials=10), Searcher)

    def test_it_is_known_by_its_text(self) -> None:
        """The record knows a search's algorithm by its repr: its settings, and no address of an object."""
        text = repr(self.make())
        assert text == repr(self.make())
        assert " at 0x" not in text, f"{text}: give it a __repr__ with its class and all settings"

    def test_points_are_of_the_space(self) -> None:
        """Each point has values that its parameters may have, and `where` allows it."""
        space = self.space()
        for point in self._asked(1, batch=5):
            assert set(point) <= set(space.names)
            assert point["fast"] in range(1, 9)
            assert point["slow"] in range(2, 21, 2)
            assert space.allows(point)

    def test_the_same_seed_asks_the_same(self) -> None:
        """A search that was broken off goes on by asking and telling it all again."""
        assert self._asked(7, batch=4) == self._asked(7, batch=4)

    def test_it_draws_from_no_global_generator(self) -> None:
        """Strategies may draw from them: what is asked may not depend on it, nor may it change what they draw."""
        import random

        import numpy as np

        expected = self._asked(3, batch=4)
        random.seed(12)
        np.random.seed(12)  # noqa: NPY002  the global one is what is tested
        before = random.getstate(), str(np.random.get_state())  # noqa: NPY002
        assert self._asked(3, batch=4) == expected
        assert (random.getstate(), str(np.random.get_state())) == before  # noqa: NPY002

    def test_it_asks_for_no_more_than_it_is_asked(self) -> None:
        """`ask(count)` gives at most so many, and some unless it is done."""
        searcher = self.make().on(self.space(), seed=0, trials=20)
        asked = searcher.ask(3)
        assert 1 <= len(asked) <= 3

    def test_trials_that_failed_do_not_stop_it(self) -> None:
        """A trial without a value is told as any other."""
        assert len(self._asked(5, batch=4, worth=lambda point: None)) >= 4

    def test_a_small_space_comes_to_an_end(self) -> None:
        """Where all points were tried it is done, or repeats them, but does not hang."""
        space = ParameterSpace(only=Choice(["a", "b"]), of=Real(0, 1, decimals=0))
        searcher = self.make().on(space, seed=2, trials=50)
        seen: list[dict[str, Any]] = []
        for _ in range(12):
            if searcher.done:
                break
            try:
                asked = searcher.ask(4)
            except ValueError:
                return  # it says that it takes no continuous parameter
            searcher.tell(told(len(seen), asked, None))
            seen += asked
        assert {(point["only"], point["of"]) for point in seen} <= {(a, b) for a in "ab" for b in (0.0, 1.0)}


def told(first: int, points: Sequence[dict[str, Any]], worth: Any) -> list[Trial]:
    """Points as trials that are complete. worth: their value; by default the nearer to (5, 12) the better."""

    def near(point: dict[str, Any]) -> Decimal:
        return -Decimal(abs(point.get("fast", 5) - 5) + abs(point.get("slow", 12) - 12))

    return [Trial(first + place, point, values=((worth or near)(point),)) for place, point in enumerate(points)]
