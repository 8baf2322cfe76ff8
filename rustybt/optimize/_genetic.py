"""A genetic algorithm, on the operators of DEAP."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rustybt.errors import InputError, MissingExtra
from rustybt.optimize._memory import Memory, drawn_shares, generator_of
from rustybt.optimize._parameters import Choice
from rustybt.optimize._space import ParameterSpace, Params, canonical
from rustybt.optimize._trial import Trial

if TYPE_CHECKING:
    import polars as pl

    from rustybt.optimize._search import Search

SELECTIONS: Final = ("tournament", "roulette", "rank")
BARREN: Final = 20
"""So many generations without a new point end it."""
_TRIES: Final = 50
_INSIDE: Final = 1 - 2**-53


class Genetic:
    """A population of points, of which the better ones have children: good where a value jumps from point to point.

    population: points of a generation, which is also how many are asked before it is told of them. crossover: how
    likely two parents mix their parameters. mutation: how likely each parameter of a child moves; half of these moves
    are a step of `spread` times the range (normal), the others go anywhere. selection: who has children: the best of
    `tournament` drawn ones, or each by its value ("roulette") or by its rank. elite: the best that stay as they are.
    generations, patience, least_diversity: it ends after so many generations, after so many without a better best, and
    where the mean distance between two of a population falls below it (of all ranges, 0 to 1).
    A point is run once, however often it is born. Holland, "Adaptation in natural and artificial systems", 1975;
    operators: DEAP, the extra `genetic`. They draw from the module `random`,
    which is seeded for that and left as it was.
    Raises InputError for settings that mean nothing, MissingExtra without DEAP.

    >>> from rustybt.optimize import Genetic, ParameterSpace, search
    >>> Genetic(population=30, selection="rank", patience=5)
    Genetic(population=30, selection='rank', patience=5)
    """

    def __init__(
        self,
        *,
        population: int = 24,
        crossover: float = 0.7,
        mutation: float = 0.2,
        spread: float = 0.1,
        selection: str = "tournament",
        tournament: int = 3,
        elite: int = 2,
        generations: int | None = None,
        patience: int | None = None,
        least_diversity: float = 0.0,
    ) -> None:
        given = {name: value for name, value in locals().items() if name != "self"}
        _check(given)
        _tools()
        self._given = given
        self.population, self.crossover, self.mutation, self.spread = population, crossover, mutation, spread
        self.selection, self.tournament, self.elite = selection, tournament, elite
        self.generations, self.patience, self.least_diversity = generations, patience, least_diversity
        self.batch: int | None = population

    def __repr__(self) -> str:
        defaults = type(self).__init__.__kwdefaults__ or {}
        inner = ", ".join(f"{name}={value!r}" for name, value in self._given.items() if value != defaults[name])
        return f"Genetic({inner})"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> GeneticSearcher:
        """A searcher; its `history` tells of each generation."""
        return GeneticSearcher(self, space, seed)

    def history(self, found: Search) -> pl.DataFrame:
        """A row for each generation of a search that was made with these settings: generation, points (new ones), best
        and mean (Float64, of the objective), diversity (Float64: mean distance of two points, 0 to 1).
        """
        import polars as pl

        searcher = self.on(found.space, seed=found.seed)
        sign = 1.0 if found.job.maximize[0] else -1.0
        left = list(found.all)
        while left:
            asked = searcher.ask(min(self.population, len(left)))
            if not asked or any(canonical(a) != canonical(b.params) for a, b in zip(asked, left, strict=False)):
                raise InputError(f"{found.name!r} was not searched by {self!r}: give the settings that it had.")
            known = [one.of(values=tuple(x if x is None else x * int(sign) for x in one.values)) for one in left]
            searcher.tell(known[: len(asked)])
            left = left[len(asked) :]
        searcher.close()
        rows = [(g.number, g.points, g.best and sign * g.best, g.mean and sign * g.mean, g.diversity)
                for g in searcher.history]  # fmt: skip
        schema = {"generation": pl.Int64, "points": pl.Int64} | dict.fromkeys(("best", "mean", "diversity"), pl.Float64)
        return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True, slots=True)
class Generation:
    """What a generation came to. points: how many new ones it had."""

    number: int
    points: int
    best: float | None
    mean: float | None
    diversity: float


class GeneticSearcher:
    """A population at work. history: the generations that are over."""

    def __init__(self, settings: Genetic, space: ParameterSpace, seed: int) -> None:
        self._settings, self._space, self._seed = settings, space, seed
        self._memory = Memory(space)
        self._kind = _individuals()
        self._number = 0
        self._population: list[Any] = []
        self._queue: list[Params] = []
        self._new = 0
        self._over = False
        self.history: list[Generation] = []

    @property
    def done(self) -> bool:
        return self._over or (not self._queue and (self._memory.complete or self._stops()))

    def ask(self, count: int) -> list[Params]:
        while not self._queue and not self.done and self._all_told():
            self._breed()
        asked, self._queue = self._queue[:count], self._queue[count:]
        return asked

    def tell(self, trials: Sequence[Trial]) -> None:
        self._memory.tell(trials)

    def close(self) -> None:
        """The last generation is over, too."""
        if self._population and not self._queue and len(self.history) <= self._number - 1:
            self._rate()

    def _all_told(self) -> bool:
        return all(text in self._memory.worth for text in self._memory.points)

    def _stops(self) -> bool:
        """Whether a rule ends it, once the generation that runs is told."""
        rules = self._settings
        if not self._population or not self._all_told():
            return False
        self._rate()
        if rules.generations is not None and len(self.history) >= rules.generations:
            return True
        if self.history[-1].diversity < rules.least_diversity:
            return True
        if rules.patience is not None and len(self.history) > rules.patience:
            bests = [one.best for one in self.history]
            known = [float("-inf") if best is None else best for best in bests]
            return max(known[-rules.patience :]) <= max(known[: -rules.patience])
        return len(self.history) >= BARREN and not any(one.points for one in self.history[-BARREN:])

    def _rate(self) -> None:
        """Gives each of the population its fitness, and enters the generation in the history."""
        if len(self.history) == self._number:
            return
        losses = self._memory.losses()
        for one in self._population:
            one.fitness.values = (-losses[one.text],)
        known = [value for one in self._population if (value := self._memory.worth[one.text]) is not None]
        best = max(known, default=None)
        mean = sum(known) / len(known) if known else None
        self.history.append(Generation(self._number - 1, self._new, best, mean, diversity(self._population)))

    def _breed(self) -> None:
        """The next generation; its new points wait to be asked."""
        generator = generator_of(self._seed, self._number)
        if not self._population:
            children = [one for _ in range(self._settings.population) if (one := self._stranger(generator)) is not None]
        else:
            with _drawing(f"{self._seed}:{self._number}"):
                children = self._children(generator)
        self._number += 1
        self._over = not children
        self._population = children
        self._new = 0
        for one in children:
            self._wait_for(one)

    def _wait_for(self, one: Any) -> None:
        if one.text not in self._memory.points:
            point = one.point
            self._memory.ask(point)
            self._queue.append(point)
            self._new += 1

    def _children(self, generator: np.random.PCG64) -> list[Any]:
        tools, rules = _tools(), self._settings
        pairs = self._selected(tools)
        children = [self._individual(list(one)) for one in tools.selBest(self._population, rules.elite)]
        for mother, father in zip(pairs[::2], pairs[1::2], strict=False):
            for _ in range(_TRIES):
                two = list(mother), list(father)
                if random.random() < rules.crossover:
                    tools.cxUniform(*two, indpb=0.5)
                made = [one for one in map(self._moved, two) if one is not None]
                if made:
                    children += made
                    break
        while len(children) < rules.population and (one := self._stranger(generator)) is not None:
            children.append(one)
        return children[: rules.population]

    def _selected(self, tools: Any) -> list[Any]:
        """Parents, two for two children."""
        rules, population = self._settings, self._population
        count = rules.population - rules.elite + rules.population % 2 + 1
        if rules.selection == "tournament":
            return list(tools.selTournament(population, count, tournsize=rules.tournament))
        # shares of a wheel: a worst one, whose share would be nothing, keeps a small one
        values = [one.fitness.values[0] for one in population]
        if rules.selection == "rank":
            values = [float(sorted(values).index(value)) for value in values]
        low, width = min(values), (max(values) - min(values)) or 1.0
        for one, value in zip(population, values, strict=True):
            one.share.values = ((value - low) / width + 1 / len(population),)
        return list(tools.selRoulette(population, count, fit_attr="share"))

    def _moved(self, genes: list[float]) -> Any:
        """A child after its mutations; None where `where` refuses it."""
        rules = self._settings
        for place, parameter in enumerate(self._space.parameters.values()):
            if random.random() >= rules.mutation:
                continue
            if isinstance(parameter, Choice) or random.random() < 0.5:
                genes[place] = random.random()
            else:
                genes[place] = min(max(genes[place] + random.gauss(0.0, rules.spread), 0.0), _INSIDE)
        return self._individual(genes)

    def _stranger(self, generator: np.random.PCG64) -> Any:
        """A point at random that was not asked before; None where there is none."""
        shares = None if self._memory.complete else drawn_shares(self._memory, generator)
        return None if shares is None else self._individual(shares)

    def _individual(self, genes: list[float]) -> Any:
        point = self._space.at(genes)
        return None if point is None else self._kind(genes, point)


def diversity(population: Sequence[Sequence[float]]) -> float:
    """The mean distance between two of a population, over their parameters: 0 where all are one point.

    >>> diversity([[0.0, 0.5], [1.0, 0.5]])
    0.5
    """
    table = np.array([list(one) for one in population], dtype=np.float64)
    if len(table) < 2:
        return 0.0
    apart = np.abs(table[:, None, :] - table[None, :, :]).mean(axis=2)
    return float(apart.sum() / (len(table) * (len(table) - 1)))


def _check(given: dict[str, Any]) -> None:
    """Raises InputError for settings that mean nothing."""
    for name in ("population", "tournament", "elite", "generations", "patience"):
        value, least = given[name], {"population": 2, "elite": 0}.get(name, 1)
        optional = name in ("generations", "patience") and value is None
        if not optional and (type(value) is not int or value < least):
            raise InputError(f"{name}={value!r}: give a whole number from {least} on.")
    for name in ("crossover", "mutation", "spread", "least_diversity"):
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise InputError(f"{name}={value!r}: give a number from 0 to 1.")
    if given["selection"] not in SELECTIONS:
        raise InputError(f"selection={given['selection']!r}: choose one of {', '.join(map(repr, SELECTIONS))}.")
    if given["elite"] >= given["population"]:
        raise InputError(f"elite={given['elite']} of population={given['population']}: some have to be children.")


@contextlib.contextmanager
def _drawing(seed: str) -> Iterator[None]:
    """DEAP draws from the module `random`: it is seeded for this block, and left as it was."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def _tools() -> Any:
    try:
        from deap import tools
    except ImportError:
        raise MissingExtra("Genetic needs DEAP: pip install 'rustybt[genetic]'.") from None
    return tools


def _individuals() -> Any:
    """The class of individuals: a list of shares with what DEAP selects by."""
    from deap import base

    class Worth(base.Fitness):  # type: ignore[misc]
        weights = (1.0,)

    class Individual(list[float]):
        def __init__(self, genes: Sequence[float], point: Params) -> None:
            super().__init__(genes)
            self.point, self.text = point, canonical(point)
            self.fitness, self.share = Worth(), Worth()

    return Individual
