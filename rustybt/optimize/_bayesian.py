"""Bayesian search, on the models of scikit-optimize."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rustybt.errors import InputError, MissingExtra
from rustybt.optimize._memory import Memory, drawn_shares, generator_of
from rustybt.optimize._parameters import Choice, Integer, Real
from rustybt.optimize._points import named_points
from rustybt.optimize._random_search import uniform
from rustybt.optimize._sobol import MOST, Sobol
from rustybt.optimize._space import ParameterSpace, Params, canonical
from rustybt.optimize._trial import Trial, TrialState

if TYPE_CHECKING:
    from rustybt.optimize._search import Search

SURROGATES: Final = ("gp", "rf", "et")
ACQUISITIONS: Final = ("ei", "pi", "lcb")
CANDIDATES: Final = 2_000
"""So many points not tried yet are weighed against each other; all of a lattice that has no more."""
_NEAR: Final = 0.05


class Bayesian:
    """A model of the objective, fitted to all that was tried, says which point promises most: for runs that are dear.

    surrogate: "gp" (Gaussian process, Matern 5/2 with noise), "rf" (random forest) or "et" (extra trees). acquisition:
    "ei" (expected improvement by more than xi), "pi" (probability of it) or "lcb" (value less kappa standard
    deviations); xi in standard deviations of the values so far. initial: how many points come from Sobol's sequence
    before the model is asked. first: points of your own, before all others. batch: how many are asked at a time; each
    of a batch is chosen as if those before it had come out as bad as the worst so far.
    A suggestion costs 0.2 to 2 CPU seconds, growing with the cube of the trials for "gp": where a run takes less,
    `Sobol` or `OptunaSearch` finds more in the same time. Jones, Schonlau and Welch, "Efficient global optimization of
    expensive black-box functions", 1998; models: scikit-optimize, the extra `bayesian`.
    Raises InputError for settings that mean nothing, MissingExtra without scikit-optimize.

    >>> from rustybt.optimize import Bayesian
    >>> Bayesian(acquisition="lcb", kappa=2.5, first=[{"fast": 10, "slow": 50}])
    Bayesian(acquisition='lcb', kappa=2.5, first=[{'fast': 10, 'slow': 50}])
    """

    def __init__(
        self,
        *,
        surrogate: str = "gp",
        acquisition: str = "ei",
        kappa: float = 1.96,
        xi: float = 0.01,
        initial: int = 10,
        first: Iterable[Mapping[str, Any]] = (),
        batch: int = 4,
    ) -> None:
        self.first = named_points(first, "first")
        given = {
            "surrogate": surrogate, "acquisition": acquisition, "kappa": kappa, "xi": xi, "initial": initial,
            "first": self.first, "batch": batch,
        }  # fmt: skip
        _check(given)
        _library()
        self._given = given
        self.surrogate, self.acquisition, self.kappa, self.xi = surrogate, acquisition, kappa, xi
        self.initial = initial
        self.batch: int | None = batch

    def __repr__(self) -> str:
        defaults: dict[str, Any] = {**(type(self).__init__.__kwdefaults__ or {}), "first": []}
        inner = ", ".join(f"{name}={value!r}" for name, value in self._given.items() if value != defaults[name])
        return f"Bayesian({inner})"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> BayesianSearcher:
        """A searcher. Raises InputError where a point of `first` is none of the space."""
        for point in self.first:
            if not space.has(point):
                raise InputError(f"first has {point!r}, which is no point of {space!r}.")
        return BayesianSearcher(self, space, seed)


class BayesianSearcher:
    """A model at work. Each suggestion is made by a new one, from what was told and the seed alone."""

    def __init__(self, settings: Bayesian, space: ParameterSpace, seed: int) -> None:
        self._settings, self._space, self._seed = settings, space, seed
        self._memory = Memory(space)
        even = Sobol() if len(space.names) <= MOST else None
        self._even = even.on(space, seed=seed) if even else None
        self._lattice = _lattice(space)
        self._over = False

    @property
    def done(self) -> bool:
        left = self._lattice is not None and len(self._memory.points) >= len(self._lattice)
        return self._over or left or self._memory.complete

    def ask(self, count: int) -> list[Params]:
        asked: list[Params] = []
        while len(asked) < count and not self.done:
            point = self._next(len(self._memory.points))
            if point is None:
                self._over = True
                break
            self._memory.ask(point)
            asked.append(point)
        return asked

    def tell(self, trials: Sequence[Trial]) -> None:
        self._memory.tell(trials)

    def _next(self, number: int) -> Params | None:
        for point in self._settings.first:
            if point not in self._memory:
                return dict(point)
        if number < self._settings.initial + len(self._settings.first) or not self._memory.worth:
            while self._even is not None and not self._even.done and (found := self._even.ask(1)):
                if found[0] not in self._memory:
                    return found[0]
        generator = generator_of(self._seed, number)
        if number < self._settings.initial or not self._memory.worth:
            shares = drawn_shares(self._memory, generator)
            return None if shares is None else self._space.at(shares)
        candidates = self._candidates(generator)
        return self._most_promising(candidates, number) if candidates else None

    def _candidates(self, generator: np.random.PCG64) -> list[Params]:
        """Points that were not asked: all of a lattice, or random ones and some about the best so far."""
        if self._lattice is not None:
            return [point for text, point in self._lattice.items() if text not in self._memory.points]
        losses = self._memory.losses()
        best = [self._space.shares(self._memory.points[text]) for text in sorted(losses, key=losses.__getitem__)[:5]]
        found: dict[str, Params] = {}
        for place in range(2 * CANDIDATES):
            shares = [uniform(generator) for _ in self._space.names]
            if place % 2:
                near = best[place // 2 % len(best)]
                shares = [
                    min(max(one + (share - 0.5) * 2 * _NEAR, 0.0), 1 - 2**-53) if uniform(generator) < 0.5 else one
                    for one, share in zip(near, shares, strict=True)
                ]
            point = self._space.at(shares)
            if point is not None and (text := canonical(point)) not in self._memory.points:
                found[text] = point
                if len(found) == CANDIDATES:
                    break
        return list(found.values())

    def _most_promising(self, candidates: Sequence[Params], number: int) -> Params:
        losses = self._memory.losses()
        lie = max(losses.values())
        texts = list(self._memory.points)
        values = np.array([losses.get(text, lie) for text in texts])
        scale = values.std()
        values = (values - values.mean()) / scale if scale > 0 else values * 0.0
        place = int(generator_of(self._seed, number, 1).random_raw()) >> 33
        dimensions = dimensions_of(self._space)
        tried = coordinates(self._space, dimensions, [self._memory.points[text] for text in texts])
        model = fitted(self._settings.surrogate, dimensions, tried, values, place)
        gains = self._gains(coordinates(self._space, dimensions, candidates), model, values.min())
        return dict(candidates[int(np.argmax(gains))])

    def _gains(self, places: Any, model: Any, best: float) -> Any:
        from skopt import acquisition

        rules = self._settings
        with _quiet():
            if rules.acquisition == "ei":
                return acquisition.gaussian_ei(places, model, y_opt=best, xi=rules.xi)
            if rules.acquisition == "pi":
                return acquisition.gaussian_pi(places, model, y_opt=best, xi=rules.xi)
            return -acquisition.gaussian_lcb(places, model, kappa=rules.kappa)


def _lattice(space: ParameterSpace) -> dict[str, Params] | None:
    """All points of a space that has not too many."""
    if space.size is None or space.size > CANDIDATES:
        return None
    return {canonical(point): point for point in space.points()}


def dimensions_of(space: ParameterSpace) -> Any:
    """The space as scikit-optimize has it: numbers as reals on their scale, those of a Choice by name."""
    from skopt.space import Categorical, Space
    from skopt.space import Real as Reals
    from skopt.utils import normalize_dimensions

    found: list[Any] = []
    for name, one in space.parameters.items():
        if isinstance(one, Integer | Real):
            width = (one.low, one.high) if one.low < one.high else (one.low, one.low + 1)
            found.append(Reals(*map(float, width), prior="log-uniform" if one.log else "uniform", name=name))
        elif isinstance(one, Choice):
            found.append(Categorical([str(value) for value in one.values(name, None)], name=name))
        else:
            found.append(Reals(float(one.at(0.0001)), float(one.at(0.9999)), name=name))
    return Space(normalize_dimensions(found))


def row_of(space: ParameterSpace, dimensions: Any, point: Params) -> list[Any]:
    """A point as scikit-optimize has it; a parameter that it leaves out is at its lower end."""
    row: list[Any] = []
    for (name, parameter), dimension in zip(space.parameters.items(), dimensions.dimensions, strict=True):
        if isinstance(parameter, Choice):
            row.append(str(point[name]) if name in point else dimension.categories[0])
        else:
            value = float(point[name]) if name in point else dimension.low
            row.append(min(max(value, dimension.low), dimension.high))
    return row


def coordinates(space: ParameterSpace, dimensions: Any, points: Iterable[Params]) -> Any:
    """Points as rows of a Float64 array, a column each dimension of the model."""
    return np.asarray(dimensions.transform([row_of(space, dimensions, point) for point in points]), dtype=np.float64)


def fitted(surrogate: str, dimensions: Any, places: Any, values: Any, seed: int) -> Any:
    """The model of values at places. One thread: more of them sum in another order each time."""
    from skopt.utils import cook_estimator
    from threadpoolctl import threadpool_limits

    model = cook_estimator(surrogate.upper(), space=dimensions, random_state=seed)
    with _quiet(), threadpool_limits(1):
        return model.fit(places, values)


def optimize_result(found: Search) -> Any:
    """A search as an OptimizeResult of scikit-optimize, which its plots take; values with the sign of a minimum."""
    from scipy.optimize import OptimizeResult

    _library()
    complete = [trial for trial in found.all if trial.state is TrialState.COMPLETE and trial.value is not None]
    if not complete:
        raise InputError(f"No trial of {found.name!r} has a value: there is nothing to draw.")
    sign = -1.0 if found.job.maximize[0] else 1.0
    values = np.array([sign * float(trial.value or 0) for trial in complete])
    dimensions = dimensions_of(found.space)
    rows = [row_of(found.space, dimensions, trial.params) for trial in complete]
    model = fitted("gp", dimensions, coordinates(found.space, dimensions, [t.params for t in complete]), values, 0)
    best = int(np.argmin(values))
    return OptimizeResult(
        x=rows[best], fun=values[best], x_iters=rows, func_vals=values, space=dimensions, models=[model],
        random_state=0, specs=None,
    )  # fmt: skip


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The models warn of length scales at the end of their range, which says nothing to who searches."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _library() -> None:
    try:
        import skopt  # noqa: F401
    except ImportError:
        raise MissingExtra("Bayesian needs scikit-optimize: pip install 'rustybt[bayesian]'.") from None


def _check(given: Mapping[str, Any]) -> None:
    """Raises InputError for settings that mean nothing."""
    if given["surrogate"] == "gbrt":
        raise InputError(
            "surrogate='gbrt': scikit-optimize's boosted trees don't work with today's scikit-learn. Choose one of "
            f"{', '.join(map(repr, SURROGATES))}."
        )
    for name, known in (("surrogate", SURROGATES), ("acquisition", ACQUISITIONS)):
        if given[name] not in known:
            raise InputError(f"{name}={given[name]!r}: choose one of {', '.join(map(repr, known))}.")
    for name, least in (("initial", 1), ("batch", 1)):
        if type(given[name]) is not int or given[name] < least:
            raise InputError(f"{name}={given[name]!r}: give a whole number from {least} on.")
    for name in ("kappa", "xi"):
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise InputError(f"{name}={value!r}: give a number from 0 on.")
