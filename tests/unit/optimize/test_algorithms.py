"""The algorithms: their contract, and what each promises of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rustybt.errors import InputError
from rustybt.optimize import Bayesian, Genetic, Grid, Integer, OptunaSearch, ParameterSpace, RandomSearch, Real, Sobol
from rustybt.optimize._sobol import MOST
from rustybt.testing import AlgorithmContract


class TestGrid(AlgorithmContract):
    def make(self) -> Grid:
        return Grid(continuous=2)


class TestRandomSearch(AlgorithmContract):
    def make(self) -> RandomSearch:
        return RandomSearch()


class TestSobol(AlgorithmContract):
    def make(self) -> Sobol:
        return Sobol()


class TestBayesian(AlgorithmContract):
    def make(self) -> Bayesian:
        return Bayesian(surrogate="et", initial=6)


class TestGenetic(AlgorithmContract):
    def make(self) -> Genetic:
        return Genetic(population=6)


class TestTreeOfParzenEstimators(AlgorithmContract):
    def make(self) -> OptunaSearch:
        return OptunaSearch(n_startup_trials=6)


class TestEvolutionStrategy(AlgorithmContract):
    def make(self) -> OptunaSearch:
        return OptunaSearch("cmaes")


class TestNonDominatedSorting(AlgorithmContract):
    def make(self) -> OptunaSearch:
        return OptunaSearch("nsga2", population_size=6)


def test_a_grid_asks_for_each_point_once_and_is_done() -> None:
    space = ParameterSpace(a=[1, 2, 3], b=Real(0, 1))
    searcher = Grid(continuous=3).on(space)
    points = searcher.ask(5) + searcher.ask(5)
    assert [tuple(point.values()) for point in points] == [(a, b) for a in (1, 2, 3) for b in (0.0, 0.5, 1.0)]
    assert searcher.done
    assert searcher.ask(1) == []
    with pytest.raises(InputError, match="continuous=0"):
        Grid(continuous=0)


def test_unshifted_points_are_those_of_sobol() -> None:
    """Against SciPy, in every dimension that there is: 256 points."""
    qmc = pytest.importorskip("scipy.stats.qmc")
    space = ParameterSpace({f"x{place}": Real(0, 1) for place in range(MOST)})
    ours = [list(point.values()) for point in Sobol(shift=False).on(space).ask(256)]
    assert np.array_equal(np.array(ours), qmc.Sobol(MOST, scramble=False, bits=32).random(256))
    with pytest.raises(InputError, match="up to 21"):
        Sobol().on(ParameterSpace({f"x{place}": [1] for place in range(MOST + 1)}))


def test_shifted_points_are_as_even() -> None:
    """Of 64 points each eighth of each axis has eight, whatever the seed."""
    space = ParameterSpace(x=Real(0, 1), y=Real(0, 1))
    for seed in range(5):
        points = Sobol().on(space, seed=seed).ask(64)
        for name in ("x", "y"):
            counts = np.bincount([int(point[name] * 8) for point in points], minlength=8)
            assert counts.tolist() == [8] * 8


def test_random_points_are_uniform_and_never_twice() -> None:
    space = ParameterSpace(x=Integer(1, 10), y=Integer(1, 50))
    points = RandomSearch().on(space, seed=11).ask(400)
    assert len({tuple(point.values()) for point in points}) == 400
    counts: Any = np.bincount([point["x"] for point in points])[1:]
    assert abs(counts - 40).max() <= 10  # of 50 each that there are
