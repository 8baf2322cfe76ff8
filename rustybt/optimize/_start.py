"""`search` and `resume`: what a user calls."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rustybt.engine import Market, load, load_data, run_algorithm
from rustybt.errors import InputError, RegistryError
from rustybt.optimize._algorithm import Algorithm
from rustybt.optimize._evaluate import FIGURES, Job
from rustybt.optimize._objective import objectives_of
from rustybt.optimize._record import (
    algorithm_in,
    facts_of,
    objectives_in,
    options_in,
    refuse_changes,
    space_in,
    strategy_in,
)
from rustybt.optimize._registry import Registry
from rustybt.optimize._search import Search
from rustybt.optimize._searching import FAILURES, Limits, Searching, elsewhere
from rustybt.optimize._sobol import Sobol
from rustybt.optimize._space import ParameterSpace
from rustybt.optimize._workers import pickled

MANY_ASSETS: Final = 200
"""A bundle of more is not read ahead: each process reads what its runs ask for."""
CAPITAL: Final = 100_000
"""As `rustybt.run` has it."""
CALLBACKS: Final = ("initialize", "before_trading_start", "analyze", "on_order")
OWN: Final = frozenset({"handle_data", "strategy", "seed"})
OF_SEARCH: Final = frozenset({"bundle", "data", "market", "objective", "figures", "keep_returns", "seed", "batch"})
OF_RUNS: Final = frozenset(inspect.signature(run_algorithm).parameters) - OWN


def search(
    strategy: Any,
    space: ParameterSpace | Mapping[str, Any],
    algorithm: Algorithm | None = None,
    *,
    start: Any = None,
    end: Any = None,
    bundle: str | None = None,
    data: Any = None,
    market: Market | None = None,
    capital_base: Any = CAPITAL,
    objective: Any = "sharpe",
    trials: int = 100,
    workers: int = 1,
    seed: int = 0,
    name: str | None = None,
    batch: int | None = None,
    patience: int | None = None,
    max_failures: int = FAILURES,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    figures: tuple[str, ...] = FIGURES,
    keep_returns: bool = True,
    progress: Any = None,
    **run_options: Any,
) -> Search:
    """Runs a strategy with many parameters, and says which are best. Each trial is a run of `run_algorithm`.

    strategy: the path of a file, a Strategy class, or a function of (context, data); its parameters are those of
    `initialize(context, **params)`. space: a `ParameterSpace`, or a mapping of names to values.
    algorithm: Sobol(), which is the default, Grid(), RandomSearch(), or your own: see `Algorithm`.
    start, end, bundle, data, market, capital_base, run_options: as `run_algorithm` takes them; parameters that stay go
    into params=.
    objective: a measure of `result.metrics` by name, a function of the Result, an `Objective`, or a list of several.
    trials: how many points at most; those that come twice are not run twice, and do not count.
    workers: 1 runs them in this process, more in so many others, which need the strategy in a file or module.
    seed: of the algorithm, and of `context.rng` of each run. The same seed gives the same trials, however many workers
    there are, in whatever order they finish, and whether it was broken off between.
    name: under which it is kept in the record, for `resume`; by default the strategy's name and the time.
    batch: how many points an algorithm that learns is asked before it is told. patience: ends the search after so many
    trials without a better one. max_failures: ends it where more than so many fail.
    time_limit: seconds that a trial may take. memory_limit: MiB of a worker's own data. Both need other processes,
    which there are then, also with workers=1.
    figures: what `trials` has beside the objective. keep_returns: whether the returns of each trial are kept.
    progress: as for `run_algorithm`, in trials.
    Raises InputError for what can't be searched, RegistryError for a name that is taken or a record that can't be
    written, SearchStopped where too many trials fail.

    >>> from rustybt import Strategy
    >>> from rustybt.api import order_target_percent, symbol
    >>> from rustybt.optimize import Grid, search
    >>> class Cross(Strategy):
    ...     def initialize(self, context, days):
    ...         context.days = days
    ...     def handle_data(self, context, data):
    ...         closes = data.history(symbol("IBM"), "close", context.days, "1d")
    ...         order_target_percent(symbol("IBM"), 1 if closes[-1] > closes.mean() else 0)
    >>> found = search(
    ...     Cross, {"days": [20, 50, 100]}, Grid(), start="2009-01-02", end="2010-12-31", objective="total_return"
    ... )
    >>> print(found.best.params)
    {'days': 50}
    """
    options = {"start": start, "end": end, "capital_base": capital_base, **run_options}
    _check(trials=trials, workers=workers, max_failures=max_failures + 1)
    job = _job(strategy, options, _market(bundle, data, market, options), objective, figures, keep_returns, seed)
    whole = _space(space)
    used = Sobol() if algorithm is None else algorithm
    if isinstance(used, type) or not isinstance(used, Algorithm):
        raise InputError(f"algorithm={algorithm!r}: give one like Sobol() or Grid(), an object.")
    facts = facts_of(job, whole, used, seed, batch, trials, name)
    bounds = {"time_limit": time_limit, "memory_limit": memory_limit}
    if elsewhere(workers, bounds):
        pickled(job)  # what can't go there is said before anything is entered
    registry = Registry()
    try:
        limits = Limits(trials, patience, max_failures)
        number = registry.begin(facts)
        searching = Searching(job, whole, used, seed, batch, limits, registry, number)
        return _searched(searching, registry, number, facts["name"], workers, bounds, progress)
    finally:
        registry.close()


def _searched(
    searching: Searching,
    registry: Registry,
    number: int,
    name: str,
    workers: int,
    bounds: Mapping[str, Any],
    progress: Any,
) -> Search:
    try:
        searching.go_on(registry.trials(number), workers, bounds, progress, name)
    except KeyboardInterrupt as error:
        error.add_note(f"{searching.ended} trials are in the record: resume({name!r}) goes on.")
        raise
    return Search(name, searching.space, searching.job, searching.trials, registry.path, number)


def search_more(found: Search, algorithm: Algorithm, name: str, trials: int, workers: int, progress: Any) -> Search:
    """Other points of a search's space, run as its own were; under a name of their own, going on where it is there."""
    facts = facts_of(found.job, found.space, algorithm, found.seed, None, trials, name)
    registry = Registry()
    try:
        old = registry.search(name)
        if old is not None:
            refuse_changes(old, facts)
        number = registry.begin(facts) if old is None else old["id"]
        limits = Limits(trials, None, trials)
        searching = Searching(found.job, found.space, algorithm, found.seed, None, limits, registry, number)
        return _searched(searching, registry, number, name, workers, {}, progress)
    finally:
        registry.close()


def resume(
    name: str,
    strategy: Any = None,
    space: ParameterSpace | Mapping[str, Any] | None = None,
    algorithm: Algorithm | None = None,
    *,
    trials: int | None = None,
    workers: int = 1,
    patience: int | None = None,
    max_failures: int = FAILURES,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Any = None,
    **given: Any,
) -> Search:
    """Goes on with a search that was broken off, or that is to have more trials: its trials are those of a search that
    was not. What is complete is not run again.

    name: the search's. trials: how many there are to be now. The other arguments are those of `search`: most are in the
    record; what is not has to be given again: a function of the caller's, a space with `where`, data at hand.
    Raises RegistryError where there is no such search, and where the strategy, the space, the algorithm, the data or an
    option of the run is another one than it began with, naming it; InputError for what has to be given.
    """
    registry = Registry()
    try:
        old = registry.search(name)
        if old is None:
            known = ", ".join(map(repr, registry.names()[:10])) or "none"
            raise RegistryError(f"There is no search {name!r} in {registry.path}. There are: {known}.")
        return _resumed(
            registry, old, strategy, space, algorithm, trials, workers, patience, max_failures,
            {"time_limit": time_limit, "memory_limit": memory_limit}, progress, given,
        )  # fmt: skip
    finally:
        registry.close()


def _resumed(
    registry: Registry,
    old: Mapping[str, Any],
    strategy: Any,
    space: Any,
    algorithm: Algorithm | None,
    trials: int | None,
    workers: int,
    patience: int | None,
    max_failures: int,
    bounds: Mapping[str, Any],
    progress: Any,
    given: Mapping[str, Any],
) -> Search:
    options = options_in(old, {key: value for key, value in given.items() if key not in OF_SEARCH})
    data = {word: given.get(word) for word in ("bundle", "data", "market")}
    if not any(value is not None for value in data.values()):
        data["bundle"], options["version"] = old["bundle"], old["data_version"]
    job = _job(
        strategy_in(old) if strategy is None else strategy,
        options,
        _market(**data, options=options),
        given.get("objective") or objectives_in(old),
        given.get("figures", FIGURES),
        given.get("keep_returns", True),
        old["seed"],
    )
    whole = space_in(old) if space is None else _space(space)
    used = algorithm_in(old) if algorithm is None else algorithm
    room = max(trials or 0, old["trials"])
    refuse_changes(old, facts_of(job, whole, used, old["seed"], old["batch"], room, old["name"]))
    registry.more(old["id"], room)
    limits = Limits(room, patience, max_failures)
    searching = Searching(job, whole, used, old["seed"], old["batch"], limits, registry, old["id"])
    return _searched(searching, registry, old["id"], old["name"], workers, bounds, progress)


def _space(given: ParameterSpace | Mapping[str, Any]) -> ParameterSpace:
    return given if isinstance(given, ParameterSpace) else ParameterSpace(given)


def _check(**numbers: Any) -> None:
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"{name}={value!r}: give a whole number from 1 on.")


def _market(bundle: str | None, data: Any, market: Market | None, options: dict[str, Any]) -> Market:
    """The market that all trials share."""
    named = [word for word, value in (("bundle", bundle), ("data", data), ("market", market)) if value is not None]
    if len(named) > 1:
        raise InputError(f"{named[0]}= and {named[1]}= were both given. Pass one of them.")
    if market is not None:
        return market
    length = options.pop("data_frequency", None) or "daily"
    if data is not None:
        return load_data(data, data_frequency=length, calendar=options.pop("trading_calendar", None))
    whole = load(bundle or "sample", version=options.pop("version", None), data_frequency=length, assets=())
    if len(whole.data.assets()) > MANY_ASSETS:
        return whole
    return load(whole.bundle, version=whole.version, data_frequency=length)


def _job(
    strategy: Any,
    options: Mapping[str, Any],
    market: Market,
    objective: Any,
    figures: tuple[str, ...],
    keep_returns: bool,
    seed: int,
) -> Job:
    unknown = sorted(options.keys() - OF_RUNS)
    if unknown:
        raise InputError(f"search has no option {unknown[0]}=, and run_algorithm has none.")
    if options.get("same_bar") == "interval":
        raise InputError("same_bar='interval' is three runs: choose one reading for a search.")
    given: dict[str, Any] = {
        "options": {name: value for name, value in options.items() if name not in CALLBACKS} | {"seed": seed},
        "figures": tuple(figures),
        "keep_returns": keep_returns,
    }
    if isinstance(strategy, str | Path):
        path = Path(strategy)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} can't be read: {error}. Name the Python file of a strategy.") from None
        job = Job(market, objectives_of(objective), text=text, filename=str(path.resolve()), **given)
    else:
        named = "strategy" if isinstance(strategy, type) or not callable(strategy) else "handle_data"
        others = {name: options[name] for name in CALLBACKS if options.get(name) is not None}
        job = Job(market, objectives_of(objective), callbacks={named: strategy, **others}, **given)
    job.of_strategy()  # what is wrong with a file is said before the first trial
    return job
