"""What a search has found."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from rustybt.errors import InputError
from rustybt.optimize._evaluate import Job, run_of
from rustybt.optimize._objective import dominates, ranked
from rustybt.optimize._space import ParameterSpace, shown
from rustybt.optimize._trial import Trial, TrialState

if TYPE_CHECKING:
    from rustybt.results import Result

SHOWN = 10


class Search:
    """The trials of a search, and what they say.

    name: the search's, by which `resume` goes on with it. space, all: every trial by number, repeated and failed ones
    too.
    """

    def __init__(
        self, name: str, space: ParameterSpace, job: Job, trials: Sequence[Trial], path: Path, id: int
    ) -> None:
        self.name, self.space, self.all = name, space, tuple(trials)
        self.job, self._path, self._id = job, path, id

    @property
    def objectives(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(objective.name for objective in self.job.objectives)

    @property
    def seed(self) -> int:
        """That of the algorithm and of the runs."""
        seed: int = self.job.options["seed"]
        return seed

    @property
    def ranked(self) -> list[Trial]:
        """The trials that are complete, the best first; equal ones in the order of their numbers."""
        return ranked(self.all, self.job.maximize)

    @property
    def best(self) -> Trial:
        """The best trial by the first objective, then by the others. Raises InputError where none has a value."""
        first = self.ranked
        if not first or first[0].value is None:
            raise InputError(
                f"No trial of {self.name!r} has a value: {len(self.failures)} of {len(self.all)} failed, and the "
                "others have none. See .trials."
            )
        return first[0]

    @property
    def front(self) -> list[Trial]:
        """The trials that no other one is better than in all objectives (Pareto's front), the best first."""
        known = [trial for trial in self.ranked if None not in trial.values]
        more = self.job.maximize
        return [one for one in known if not any(dominates(other.values, one.values, more) for other in known)]

    @property
    def failures(self) -> list[Trial]:
        """The trials that failed."""
        return [trial for trial in self.all if trial.state is TrialState.FAILED]

    @property
    def trials(self) -> pl.DataFrame:
        """A row a trial, the best first, then those without a value: number, state, a column for each parameter, for
        each objective (Decimal) and for each figure, error, ledger_hash, seconds (CPU). Repeated trials are left out.
        """
        rest = [trial for trial in self.all if trial.state is TrialState.FAILED]
        rows = [*self.ranked, *rest]
        columns: dict[str, Any] = {
            "number": pl.Series([trial.number for trial in rows], dtype=pl.Int64),
            "state": pl.Series([trial.state.value for trial in rows], dtype=pl.String),
        }
        for name in self.space.names:
            columns[name] = pl.Series([trial.params.get(name) for trial in rows], strict=False)
        for place, name in enumerate(self.objectives):
            columns[name] = _decimals([trial.values[place] if place < len(trial.values) else None for trial in rows])
        for name in self.job.figures:
            if name not in columns:
                columns[name] = _decimals([trial.figures.get(name) for trial in rows])
        columns["error"] = pl.Series([trial.error for trial in rows], dtype=pl.String)
        columns["ledger_hash"] = pl.Series([trial.ledger_hash for trial in rows], dtype=pl.String)
        columns["seconds"] = pl.Series([trial.seconds for trial in rows], dtype=pl.Float64)
        return pl.DataFrame(columns)

    def result(self, trial: Trial | int | None = None) -> Result:
        """The Result of a trial, or of the best one: it is run again, and comes to the same books."""
        number = self.best.number if trial is None else trial if isinstance(trial, int) else trial.number
        found = next((one for one in self.all if one.number == number), None)
        if found is None:
            raise InputError(f"{self.name!r} has no trial {number}: choose one from 0 to {len(self.all) - 1}.")
        return run_of(self.job, self.space.resolved(found.params))

    def returns(self, trial: Trial | int) -> pl.DataFrame:
        """The returns of a trial's sessions, as they were kept: session (Date), returns (Decimal(38, 18)).

        Raises InputError where none were kept: of a trial that failed, or with keep_returns=False.
        """
        from rustybt.optimize._registry import Registry

        number = trial if isinstance(trial, int) else trial.number
        registry = Registry(self._path)
        try:
            data = registry.returns(self._id, number)
        finally:
            registry.close()
        if data is None:
            raise InputError(f"Trial {number} of {self.name!r} has no returns in the record.")
        return pl.read_ipc(io.BytesIO(data))

    @property
    def importance(self) -> pl.DataFrame:
        """How much of the objective's variance each parameter alone explains: parameter, share (Float64, 0 to 1).

        The variance of the means of up to ten bins of a parameter's values, less what as many bins of chance would have
        (omega squared; Hays, "Statistics for psychologists", 1963). None with fewer trials than twice the bins.
        """
        from rustybt.optimize._pictures import importance_of

        return importance_of(self)

    def plot(
        self,
        path: Path | str | None = None,
        *,
        kind: Literal["history", "importance", "parallel", "surface", "front"] = "history",
        parameters: Sequence[str] | None = None,
        **how: Any,
    ) -> Any:
        """The search as a figure.

        kind: "history" (each trial, and the best so far), "importance", "parallel" (a line a trial over all parameters,
        the best tenth in colour), "surface" (means over two parameters) or "front" (of two objectives).
        parameters: of "surface" two, by default the most important ones. how: path, backend, theme, size, dpi and show
        as `Result.plot` takes them.
        Raises InputError for what can't be drawn, MissingExtra where the library is not installed.
        """
        from rustybt.optimize._pictures import drawn_search

        return drawn_search(self, path, kind, parameters, how)

    def to_skopt(self) -> Any:
        """The trials as an OptimizeResult of scikit-optimize, for its plots: plot_convergence, plot_objective and
        plot_evaluations of `skopt.plots`. Values have the sign of a minimum; the model is fitted to all of them.

        Raises InputError where no trial has a value, MissingExtra without scikit-optimize.
        """
        from rustybt.optimize._bayesian import optimize_result

        return optimize_result(self)

    def __repr__(self) -> str:
        first = self.ranked
        best = (
            f", best {self.objectives[0]} {first[0].value:.4f} with {shown(first[0].params)}"
            if (first and first[0].value is not None)
            else ""
        )
        return f"<Search {self.name!r}: {len(first)} trials{best}>"

    def __str__(self) -> str:
        first = self.ranked
        repeated = sum(trial.state is TrialState.REPEATED for trial in self.all)
        parts = [f"{len(first)} complete"]
        parts += [f"{len(self.failures)} failed"] if self.failures else []
        parts += [f"{repeated} repeated"] if repeated else []
        lines = [f"{self.name}: {', '.join(parts)}"]
        for trial in first[:SHOWN]:
            values = "  ".join("-" if value is None else f"{value:.4f}" for value in trial.values)
            lines.append(f"{trial.number:>6}  {values:>12}  {shown(trial.params)}")
        if len(first) > SHOWN:
            lines.append(f"        and {len(first) - SHOWN:,} more in .trials")
        return "\n".join(lines)


def _decimals(values: Sequence[Any]) -> pl.Series:
    """Whole numbers as such, else Decimals."""
    if all(value is None or isinstance(value, int) for value in values) and any(value is not None for value in values):
        return pl.Series(values, dtype=pl.Int64)
    return pl.Series(values, dtype=pl.Decimal(38, 18))
