"""Walk-forward: parameters are chosen on one stretch of time and judged on the next, over and over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt import metrics
from rustybt.errors import InputError
from rustybt.optimize._choose import Pick, choose, in_order, measure_of
from rustybt.optimize._evaluate import run_of
from rustybt.optimize._search import Search
from rustybt.optimize._space import ParameterSpace
from rustybt.optimize._start import search
from rustybt.optimize._trial import Trial
from rustybt.optimize._windows import Rolling, Window

KEPT: Final = 10
"""Of the trials, every tenth goes from the training to the validation, and five at least."""
LEAST: Final = 5


class WalkForward:
    """What walking forward came to.

    windows: a frame with a row a window: the first and last sessions of the training, the validation and the test
    (Date), trial (its number), a column for each parameter, in_sample and out_of_sample (the objective, Decimal), and
    the value of the account at the test's end.
    returns: session (Date) and returns (Decimal) of the tests, one after the other.
    """

    def __init__(self, objective: str, windows: pl.DataFrame, returns: pl.DataFrame, periods: int) -> None:
        self.objective, self.windows, self.returns, self.periods = objective, windows, returns, periods

    @property
    def figures(self) -> pl.DataFrame:
        """All measures of the tests' returns, as `rustybt.metrics.table` has them."""
        return metrics.table(self.returns["returns"], periods=self.periods)

    @property
    def stability(self) -> pl.DataFrame:
        """How much what was chosen differs: parameter, values (how many), most_often, share (of the windows)."""
        names = [name for name in self.windows.columns if name not in _OWN]
        rows = []
        for name in names:
            counts = self.windows[name].cast(pl.String).value_counts(sort=True)
            share = counts["count"][0] / self.windows.height
            rows.append((name, counts.height, counts[name][0], share))
        return pl.DataFrame(rows, schema=["parameter", "values", "most_often", "share"], orient="row")

    def plot(self, path: Path | str | None = None, **how: Any) -> Any:
        """What the tests earned, one after the other, and the objective in and out of sample, as a figure.

        how: as `Result.plot` takes it.
        """
        from rustybt.optimize._pictures import drawn_windows

        return drawn_windows(self, path, how)

    def __str__(self) -> str:
        inside, outside = self.windows["in_sample"].drop_nulls(), self.windows["out_of_sample"].drop_nulls()
        lines = [
            f"{self.windows.height} windows, {self.returns.height:,} sessions tested",
            f"{self.objective} in sample {_mean(inside)}, out of sample {_mean(outside)}, on average",
            f"total return of the tests {metrics.total_return(self.returns['returns']):.2%}",
        ]
        lines += [
            f"{row[0]}: {row[1]} values, {row[2]} in {row[3]:.0%} of the windows" for row in self.stability.rows()
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<WalkForward {self.windows.height} windows, {self.returns.height} sessions tested>"


_OWN: Final = (
    "train_from", "train_to", "validation_from", "validation_to", "test_from", "test_to", "trial", "in_sample",
    "out_of_sample", "value",
)  # fmt: skip


def walk_forward(
    strategy: Any,
    *given: Any,
    windows: Rolling | None = None,
    pick: Pick = "best",
    **options: Any,
) -> WalkForward:
    """Chooses parameters on each window's training, and runs them on its test.

    walk_forward(found, windows): of a `Search` over all of the time, whose objective is a measure of returns. Its runs
    are not made again: what a strategy earned up to a day does not depend on what came after it, so that a window's
    training is a stretch of the run over all. Rolling windows begin with the positions that the run had by then.
    walk_forward(strategy, space, algorithm, windows, ...): the search first, with the options of `search`.
    pick: "best" takes the best trial of the training; "plateau" the one whose neighbours, a step away in one parameter,
    did best on average, itself among them; a function takes a frame of the trials (number, parameters, value), the
    best first, and returns the number of one. With a validation, the best tenth of the training goes on to it, and its
    best is taken.
    The tests are runs of their own, one after the other: each begins with the money that the one before ended with, and
    without positions. Returns a `WalkForward`.
    Raises InputError for an objective that is no measure of returns, and what `search` raises.

    >>> from rustybt import Strategy
    >>> from rustybt.api import order_target_percent, symbol
    >>> from rustybt.optimize import Expanding, Grid, search, walk_forward
    >>> class Cross(Strategy):
    ...     def initialize(self, context, days):
    ...         context.days = days
    ...     def handle_data(self, context, data):
    ...         closes = data.history(symbol("IBM"), "close", context.days, "1d")
    ...         order_target_percent(symbol("IBM"), 1 if closes[-1] > closes.mean() else 0)
    >>> found = search(Cross, {"days": [20, 50]}, Grid(), start="2008-01-02", end="2010-12-31")
    >>> forward = walk_forward(found, Expanding("1y", "6mo"))
    >>> forward.windows.select("test_from", "test_to", "days").rows()[0]
    (datetime.date(2009, 1, 2), datetime.date(2009, 7, 1), 50)
    """
    if isinstance(strategy, Search):
        if options:
            raise InputError(f"{next(iter(options))}= is of a search, and this one was made: leave it out.")
        found, rest = strategy, list(given)
    else:
        *named, last = given if windows is None else (*given, windows)
        found, rest = search(strategy, *named, **options), [last]
    chosen = windows if windows is not None else (rest[0] if rest else None)
    if not isinstance(chosen, Rolling):
        raise InputError(f"{chosen!r} is no set of windows: give Rolling('2y', '6mo') or Expanding('2y', '6mo').")
    return _walked(found, chosen, pick)


def _walked(found: Search, windows: Rolling, pick: Pick) -> WalkForward:
    name = found.objectives[0]
    measure = measure_of(name)
    job = found.job
    trials = found.ranked
    columns = {trial.number: found.returns(trial) for trial in trials}
    if not columns:
        raise InputError(f"No trial of {found.name!r} is complete: there is nothing to choose among.")
    sessions = next(iter(columns.values()))["session"].to_list()
    returns = {number: frame["returns"] for number, frame in columns.items()}
    periods = found.result(trials[0]).periods
    maximize = job.maximize[:1]

    def worth(number: int, piece: tuple[int, int]) -> Decimal | None:
        return measure(returns[number].slice(piece[0], piece[1] - piece[0]), periods)

    rows: list[tuple[Any, ...]] = []
    tested: list[pl.DataFrame] = []
    capital: Any = job.options.get("capital_base")
    for window in windows.windows(sessions):
        taken, value = _chosen(trials, window, worth, found.space, maximize, pick)
        first, last = sessions[window.test[0]], sessions[window.test[1] - 1]
        options = {**job.options, "start": first, "end": last, "capital_base": capital}
        result = run_of(replace(job, options=options), found.space.resolved(taken.params))
        frame = result.daily.select("session", "returns")
        capital = result.daily["portfolio_value"][-1]
        tested.append(frame)
        outside = measure(frame["returns"], periods)
        checked = _days(sessions, window.validation)
        params = [taken.params.get(key) for key in found.space.names]
        rows.append(
            (*_days(sessions, window.train), *checked, first, last, taken.number, *params, value, outside, capital)
        )
        if capital <= 0:
            break
    return WalkForward(name, _frame(rows, found.space.names), pl.concat(tested), periods)


def _chosen(
    trials: Sequence[Trial],
    window: Window,
    worth: Callable[[int, tuple[int, int]], Decimal | None],
    space: ParameterSpace,
    maximize: Sequence[bool],
    pick: Pick,
) -> tuple[Trial, Decimal | None]:
    """The trial of a window, and what it was worth in the training."""
    values = {trial.number: worth(trial.number, window.train) for trial in trials}
    order = in_order(values, maximize)
    if window.validation[0] < window.validation[1]:
        best = order[: max(LEAST, len(order) // KEPT)]
        order = in_order({number: worth(number, window.validation) for number in best}, maximize)
    taken = choose(trials, values, order, space, maximize, pick)
    return taken, values[taken.number]


def _days(sessions: Sequence[Any], piece: tuple[int, int]) -> tuple[Any, Any]:
    return (None, None) if piece[0] >= piece[1] else (sessions[piece[0]], sessions[piece[1] - 1])


def _frame(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> pl.DataFrame:
    days: dict[str, Any] = dict.fromkeys(_OWN[:6], pl.Date)
    own: dict[str, Any] = dict.fromkeys(("in_sample", "out_of_sample"), pl.Decimal(38, 18))
    own["value"] = pl.Decimal(38, 20)
    columns = [*_OWN[:7], *names, *_OWN[7:]]
    return pl.DataFrame(rows, schema=columns, schema_overrides=days | own, orient="row", infer_schema_length=None)


def _mean(values: pl.Series) -> str:
    return "-" if not values.len() else f"{sum(values) / values.len():.4f}"
