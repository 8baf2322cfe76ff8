"""Optuna's samplers as algorithms of a search."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rustybt.errors import InputError, MissingExtra
from rustybt.optimize._memory import Memory, drawn_shares, generator_of
from rustybt.optimize._parameters import Choice, Integer, Parameter, Real
from rustybt.optimize._space import ParameterSpace, Params, canonical
from rustybt.optimize._trial import Trial, TrialState

SAMPLERS: Final = ("tpe", "cmaes", "nsga2")
_PASSED: Final = 20
"""After so many points that `where` refuses or that were tried, one after the other, one is drawn at random."""


class OptunaSearch:
    """A sampler of Optuna: it learns from what it is told, at a hundredth of the cost of a Gaussian process.

    sampler: "tpe" (tree of Parzen estimators), "cmaes" (evolution strategy with an adapted covariance, for numbers
    without many steps) or "nsga2" (a genetic algorithm for several objectives). objectives: how many the search has.
    batch: how many are asked before it is told of them. settings: what the sampler's class takes, such as
    n_startup_trials=20 or population_size=50. Optuna's own storage and threads are not used.
    Bergstra et al., "Algorithms for hyper-parameter optimization", 2011; Hansen and Ostermeier, "Completely
    derandomized self-adaptation in evolution strategies", 2001; Deb et al., "A fast and elitist multiobjective genetic
    algorithm: NSGA-II", 2002; all three: Optuna, the extra `optuna`.
    Raises InputError for settings that mean nothing, MissingExtra without Optuna.

    >>> from rustybt.optimize import OptunaSearch
    >>> OptunaSearch("tpe", n_startup_trials=20)
    OptunaSearch('tpe', n_startup_trials=20)
    """

    def __init__(self, sampler: str = "tpe", *, objectives: int = 1, batch: int | None = None, **settings: Any) -> None:
        if sampler not in SAMPLERS:
            raise InputError(f"sampler={sampler!r}: choose one of {', '.join(map(repr, SAMPLERS))}.")
        for name, value in (("objectives", objectives), ("batch", 4 if batch is None else batch)):
            if type(value) is not int or value < 1:
                raise InputError(f"{name}={value!r}: give a whole number from 1 on.")
        if sampler == "cmaes" and objectives > 1:
            raise InputError(f"objectives={objectives}: 'cmaes' has one. Choose 'nsga2' or 'tpe' for several.")
        self.sampler, self.objectives, self.settings = sampler, objectives, dict(settings)
        self._given_batch = batch
        self.batch: int | None = batch or {"tpe": 4, "cmaes": 8, "nsga2": settings.get("population_size", 50)}[sampler]
        self._made(0)  # what it does not take is said here

    def __repr__(self) -> str:
        given = {} if self.objectives == 1 else {"objectives": self.objectives}
        given |= {} if self._given_batch is None else {"batch": self._given_batch}
        inner = "".join(f", {name}={value!r}" for name, value in {**given, **self.settings}.items())
        return f"OptunaSearch({self.sampler!r}{inner})"

    def on(self, space: ParameterSpace, *, seed: int = 0, trials: int = 100) -> OptunaSearcher:
        """A searcher, with a study of its own."""
        return OptunaSearcher(self, space, seed)

    def _made(self, seed: int) -> Any:
        """The sampler. Raises InputError for a setting that it does not take."""
        samplers = _library().samplers
        made = {"tpe": samplers.TPESampler, "cmaes": samplers.CmaEsSampler, "nsga2": samplers.NSGAIISampler}
        fixed = {"tpe": {"multivariate": False, "constant_liar": True}, "cmaes": {"warn_independent_sampling": False}}
        given = {**fixed.get(self.sampler, {}), **self.settings, "seed": seed}
        try:
            with _quiet():
                return made[self.sampler](**given)
        except (TypeError, ValueError) as error:
            raise InputError(f"{self!r} is none that Optuna makes: {error}.") from None


class OptunaSearcher:
    """A study at work. It is told in the order in which it asked, so that one that is told the same asks the same."""

    def __init__(self, settings: OptunaSearch, space: ParameterSpace, seed: int) -> None:
        self._settings, self._space, self._seed = settings, space, seed
        self._memory = Memory(space)
        self._asked: dict[str, Any] = {}
        self._values: dict[str, list[float]] = {}
        self._known: list[list[float]] = [[] for _ in range(settings.objectives)]
        self._over = False
        with _quiet():
            self._study = _library().create_study(
                directions=["maximize"] * settings.objectives, sampler=settings._made(seed % 2**32)
            )

    @property
    def done(self) -> bool:
        return self._over or self._memory.complete

    def ask(self, count: int) -> list[Params]:
        asked: list[Params] = []
        while len(asked) < count and not self.done:
            point = self._next()
            if point is None:
                self._over = True
                break
            self._memory.ask(point)
            asked.append(point)
        return asked

    def tell(self, trials: Sequence[Trial]) -> None:
        self._memory.tell(trials)
        for trial in trials:
            text = canonical(trial.params)
            self._values[text] = self._valued(trial)
            if text in self._asked:
                self._close(self._asked.pop(text), text)

    def _valued(self, trial: Trial) -> list[float]:
        """What Optuna is told of a trial. What has no value is as far below the worst so far as that below the best."""
        wanted = self._settings.objectives
        failed = trial.state is TrialState.FAILED
        if not failed and len(trial.values) != wanted:
            raise InputError(
                f"The search has {len(trial.values)} objectives, and {self._settings!r} was made for {wanted}: give it "
                f"objectives={len(trial.values)}."
            )
        values = [None] * wanted if failed else [None if value is None else float(value) for value in trial.values]
        for known, value in zip(self._known, values, strict=True):
            if value is not None:
                known.append(value)
        return [_below(known) if value is None else value for known, value in zip(self._known, values, strict=True)]

    def _close(self, asked: Any, text: str) -> None:
        """Tells the study what a point of it came to; one that `where` refuses, or that still runs, failed."""
        values = self._values.get(text)
        with _quiet():
            if values is None:
                self._study.tell(asked, state=_library().trial.TrialState.FAIL)
            else:
                self._study.tell(asked, values)

    def _next(self) -> Params | None:
        """What the sampler suggests; after many that `where` refuses or that were tried, a point at random."""
        for _ in range(_PASSED):
            with _quiet():
                asked = self._study.ask()
                point = self._suggested(asked)
            text = canonical(point)
            if self._space.allows(point) and text not in self._memory.points:
                self._asked[text] = asked
                return point
            self._close(asked, text)
        shares = drawn_shares(self._memory, generator_of(self._seed, len(self._memory.points)))
        drawn = None if shares is None else self._space.at(shares)
        if drawn is None:
            return None
        with _quiet():
            self._study.enqueue_trial(self._as_asked(drawn))
            asked = self._study.ask()
            self._suggested(asked)
        self._asked[canonical(drawn)] = asked
        return drawn

    def _suggested(self, asked: Any) -> Params:
        point: Params = {}
        for name, parameter in self._space.parameters.items():
            if parameter.when is None or parameter.when(dict(point)):
                point[name] = _value(parameter, _suggest(asked, name, parameter))
        return point

    def _as_asked(self, point: Params) -> dict[str, Any]:
        """A point in Optuna's own values."""
        found: dict[str, Any] = {}
        for name, value in point.items():
            parameter = self._space.parameters[name]
            if isinstance(parameter, Choice):
                values = list(parameter.values(name, None))
                found[name] = next(k for k, one in enumerate(values) if type(one) is type(value) and one == value)
            elif isinstance(parameter, Integer) and parameter.log and parameter.step > 1:
                found[name] = parameter.share(value)
            elif isinstance(parameter, Integer | Real):
                found[name] = value
            else:
                found[name] = parameter.share(value)
        return found


def _below(known: Sequence[float]) -> float:
    """A value for what has none."""
    low, high = min(known, default=0.0), max(known, default=0.0)
    return low - ((high - low) or 1.0)


def _suggest(asked: Any, name: str, parameter: Parameter) -> Any:
    if isinstance(parameter, Choice):
        return asked.suggest_categorical(name, list(range(parameter.count)))
    if isinstance(parameter, Integer) and not (parameter.log and parameter.step > 1):
        step = {} if parameter.log else {"step": parameter.step}
        return asked.suggest_int(name, parameter.low, parameter.high, log=parameter.log, **step)
    if isinstance(parameter, Real):
        return asked.suggest_float(name, parameter.low, parameter.high, log=parameter.log)
    return asked.suggest_float(name, 0.0, 1.0)


def _value(parameter: Parameter, suggested: Any) -> Any:
    """The value of the space that stands for what was suggested."""
    if isinstance(parameter, Choice):
        return list(parameter.values("", None))[suggested]
    if isinstance(parameter, Integer) and not (parameter.log and parameter.step > 1):
        return int(suggested)
    if isinstance(parameter, Real):
        return parameter.at(parameter.share(suggested))
    return parameter.at(suggested)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's notes on each study, and its warnings of what is experimental; its settings stay the user's."""
    logging = _library().logging
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(before)


def _library() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingExtra("OptunaSearch needs Optuna: pip install 'rustybt[optuna]'.") from None
    return optuna
