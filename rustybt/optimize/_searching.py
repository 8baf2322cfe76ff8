"""A search: an algorithm asks for points, each is a run, and the record keeps what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from rustybt.engine import progress_for
from rustybt.errors import RegistryError, SearchStopped
from rustybt.optimize._algorithm import Algorithm, Searcher
from rustybt.optimize._evaluate import Job, Outcome, evaluate
from rustybt.optimize._objective import ranked
from rustybt.optimize._registry import Registry
from rustybt.optimize._space import ParameterSpace, Params, canonical, shown
from rustybt.optimize._trial import Trial, TrialState
from rustybt.optimize._workers import Workers, pickled

CHUNK: Final = 32
"""How many points are asked at a time of an algorithm that learns nothing."""
REPEATS: Final = 20
"""So many points that were there before, one after the other, end a search."""
FAILURES: Final = 10
"""So many trials that fail end a search, and all of the first five."""
FIRST: Final = 5
MOMENT: Final = 0.05
"""Seconds of what has ended that a kill may lose; it is run again then."""


@dataclass
class Limits:
    """When a search ends, but for its algorithm. patience: trials without a better one."""

    trials: int
    patience: int | None
    max_failures: int


class Searching:
    """A search at work.

    done: the trials so far, those of an earlier process first; they are told to the searcher as they were.
    """

    def __init__(
        self,
        job: Job,
        space: ParameterSpace,
        algorithm: Algorithm,
        seed: int,
        batch: int | None,
        limits: Limits,
        registry: Registry,
        search: int,
    ) -> None:
        self.job, self.space, self.limits = job, space, limits
        self._algorithm = algorithm
        self._searcher: Searcher = algorithm.on(space, seed=seed, trials=limits.trials)
        self._batch = batch or algorithm.batch or CHUNK
        self._registry, self._search = registry, search
        self.trials: list[Trial] = []
        self._first_of: dict[str, Trial] = {}
        self._repeats = 0
        self._ended: list[Trial] = []
        self._kept_at = 0.0
        self._under_way = 0

    def go_on(self, before: Sequence[Trial], workers: int, given: Mapping[str, Any], progress: Any, name: str) -> None:
        """Asks and runs until it ends. before: what the record has of this search."""
        kept = {trial.number: trial for trial in before}
        bar = progress_for(progress, self.limits.trials, name, unit="trials")
        try:
            with bar, self._runner(workers, given) as run:
                while not self._over():
                    room = self.limits.trials - self._distinct
                    points = self._points(min(self._batch, room))
                    if not points:
                        break
                    asked = self._entered(points, kept)
                    self._told(self._run(asked, kept, run, bar))
        finally:
            self._keep(now=True)

    def _points(self, count: int) -> list[Params]:
        """The next points. Raises SearchStopped for what is no answer."""
        points: Any = self._searcher.ask(count)
        if not isinstance(points, list) or len(points) > count or (not points and not self._searcher.done):
            told = f"{len(points)} points" if isinstance(points, list) else repr(points)
            raise SearchStopped(
                f"{self._algorithm!r} was asked for {count} points and gave {told}: give a list of at most so "
                "many, and an empty one only where `done` is true."
            )
        return points

    @property
    def ended(self) -> int:
        """How many trials have ended so far."""
        return len(self.trials) + self._under_way

    @property
    def _distinct(self) -> int:
        return len(self._first_of)

    def _over(self) -> bool:
        """Whether there is nothing more to ask, or no use in it."""
        if self._distinct >= self.limits.trials or self._repeats >= REPEATS or self._searcher.done:
            return True
        if self.limits.patience is None:
            return False
        best = next(iter(ranked(self.trials, self.job.maximize)), None)
        if best is None:
            return False
        later = [one for one in self.trials if one.state is TrialState.COMPLETE and one.number > best.number]
        return len(later) >= self.limits.patience

    def _entered(self, points: Sequence[Params], kept: Mapping[int, Trial]) -> list[Trial]:
        """The points as trials with numbers, entered in the record before they are run."""
        for point in points:
            if not self.space.has(point):
                raise SearchStopped(
                    f"{self._algorithm!r} asked for {point!r}, which is no point of the space: ask for what "
                    "space.at(shares) gives, or space.has(point) is true of."
                )
        asked = [Trial(len(self.trials) + k, point, TrialState.ASKED) for k, point in enumerate(points)]
        for trial in asked:
            old = kept.get(trial.number)
            if old is not None and canonical(old.params) != canonical(trial.params):
                raise RegistryError(
                    f"Trial {trial.number} was {shown(old.params)}, and is {shown(trial.params)} now: the search can't "
                    "go on as it began. Was the algorithm or its library changed? Begin one under another name."
                )
        new = [trial for trial in asked if trial.number not in kept]
        if new:
            self._registry.asked(self._search, new)
        return asked

    def _run(
        self, asked: Sequence[Trial], kept: Mapping[int, Trial], run: Callable[..., Iterator[Any]], bar: Any
    ) -> list[Trial]:
        """What became of them, in the order of their numbers. What the record has already is not run again."""
        ended: dict[int, Trial] = {}
        to_run: dict[int, Trial] = {}
        first: dict[str, int] = {}
        for trial in asked:
            old = kept.get(trial.number)
            text = canonical(trial.params)
            if old is not None and old.state is not TrialState.ASKED:
                ended[trial.number] = old
            elif text not in self._first_of and text not in first:
                to_run[trial.number] = trial
            first.setdefault(text, trial.number)
        for number, outcome in run([(number, self.space.resolved(one.params)) for number, one in to_run.items()]):
            if outcome.stops:
                raise SearchStopped(outcome.error or "")
            whole = _ended(to_run[number], outcome)
            self._keep(whole)
            ended[number] = whole.of(returns=None)  # they are in the record
            self._under_way = len(ended)
            if outcome.error is not None:
                self._refuse_failures([*self.trials, *ended.values()], over=False)
            if bar.advance is not None:
                bar.advance(min(self._distinct + len(ended), self.limits.trials))
        self._keep(now=True)
        for trial in asked:
            if trial.number not in ended:
                text = canonical(trial.params)
                same = self._first_of.get(text) or ended[first[text]]
                repeated = trial.of(state=TrialState.REPEATED, values=same.values, ledger_hash=same.ledger_hash)
                ended[trial.number] = repeated
                self._registry.ended(self._search, [repeated])
        return [ended[trial.number] for trial in asked]

    def _keep(self, *trials: Trial, now: bool = False) -> None:
        """Enters what has ended: together what ends within a moment, as each entry waits for the disk."""
        self._ended += trials
        if self._ended and (now or time.monotonic() - self._kept_at > MOMENT):
            self._registry.ended(self._search, self._ended)
            self._ended.clear()
            self._kept_at = time.monotonic()

    def _told(self, ended: Sequence[Trial]) -> None:
        self.trials += ended
        self._under_way = 0
        for trial in ended:
            repeated = trial.state is TrialState.REPEATED
            self._repeats = self._repeats + 1 if repeated else 0
            if not repeated:
                self._first_of.setdefault(canonical(trial.params), trial)
        self._searcher.tell([trial.of(values=self._worth(trial)) for trial in ended])
        self._refuse_failures(self.trials, over=self._over())

    def _worth(self, trial: Trial) -> tuple[Decimal | None, ...]:
        """The values as an algorithm is told them: of each the greater the better."""
        pairs = zip(trial.values, self.job.maximize, strict=False)
        return tuple(value if more or value is None else -value for value, more in pairs)

    def _refuse_failures(self, trials: Sequence[Trial], *, over: bool) -> None:
        """Raises SearchStopped where too many of the trials failed. over: whether no more of them come."""
        failed = [trial for trial in trials if trial.state is TrialState.FAILED]
        tried = [trial for trial in trials if trial.state is not TrialState.REPEATED]
        none_worked = len(failed) == len(tried) and (over or len(tried) >= FIRST)
        if failed and (none_worked or len(failed) > self.limits.max_failures):
            last = failed[-1]
            raise SearchStopped(
                f"{len(failed)} of {len(tried)} trials failed, the last one with {shown(last.params)}: {last.error}. "
                "What was complete is kept; max_failures= lets more of them fail."
            )

    def _runner(self, workers: int, given: Mapping[str, Any]) -> Any:
        if not elsewhere(workers, given):
            return _Here(self.job)
        return _Elsewhere(self.job, workers, given)


def elsewhere(workers: int, given: Mapping[str, Any]) -> bool:
    """Whether trials are run in other processes: more than one, or with limits that need one."""
    return workers > 1 or any(given.values())


class _Here:
    """Runs trials one after the other, in this process."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> Callable[..., Iterator[tuple[int, Outcome]]]:
        return lambda asked: ((number, evaluate(self._job, params)) for number, params in asked)

    def __exit__(self, *_: object) -> None:
        return None


class _Elsewhere:
    """Runs them in other processes."""

    def __init__(self, job: Job, workers: int, given: Mapping[str, Any]) -> None:
        self._workers = Workers(pickled(job), workers, **given)
        self._outcomes = len(job.objectives)

    def __enter__(self) -> Callable[..., Iterator[tuple[int, Outcome]]]:
        self._workers.__enter__()
        return lambda asked: self._workers.run(asked, self._outcomes)

    def __exit__(self, *told: object) -> None:
        self._workers.__exit__(*told)


def _ended(trial: Trial, outcome: Outcome) -> Trial:
    return trial.of(
        state=TrialState.COMPLETE if outcome.error is None else TrialState.FAILED,
        values=outcome.values,
        figures=outcome.figures,
        error=outcome.error,
        ledger_hash=outcome.ledger_hash,
        seconds=outcome.seconds,
        returns=outcome.returns,
    )
