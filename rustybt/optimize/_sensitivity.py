"""What becomes of an objective when parameters move."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.errors import InputError
from rustybt.optimize._parameters import Choice, Integer, Parameter
from rustybt.optimize._points import Points
from rustybt.optimize._search import Search
from rustybt.optimize._seen import Pair, Seen, shares_of
from rustybt.optimize._space import Params, canonical, shown
from rustybt.optimize._start import search, search_more
from rustybt.optimize._trial import Trial

CLIFF: Final = 0.5
"""Of the spread of all values: a neighbour that is worse by more lies below a cliff."""
MOST: Final = 3
"""So many parameters, those that move the objective most, are looked at in pairs."""
_NEAR: Final = 0.05


class Sensitivity:
    """What becomes of an objective about one point of a space.

    center: the point; value: the objective there (Decimal). sweeps: a row for each value of each parameter, the others
    as in the center: parameter, value (text), share (of its range, Float64), objective (Decimal), low and high
    (Float64, a band of `confidence` of the objective when sessions are drawn anew; None where the measure has no such
    band) and beats (Float64: in which share of the draws it is better than the center).
    surfaces: by pair of parameters, a frame of both and the objective.
    cliffs: steps of one parameter at which the objective loses more than half of the spread of all trials: parameter,
    at, beside (text), objective_at, objective_beside (Decimal), loss (Float64, of the spread).
    plateau, worst: the mean of the center's neighbours and the worst of them, beside the center: 1 where they are as
    good, 0 where they are worse by the spread. recommended: the point whose neighbours did best on average, of all that
    were looked at; reason: why, with the numbers.
    """

    def __init__(self, seen: Seen, center: Params, levels: Mapping[str, list[Any]], pairs: Sequence[Pair]) -> None:
        value = seen.value(center)
        if value is None:
            raise InputError(f"The objective has no value at {shown(center)}: choose another point, around=.")
        self.center, self.value, self.objective = center, value, seen.objective
        self._seen, self._levels = seen, dict(levels)
        self.sweeps = seen.sweeps(center, levels)
        self.surfaces = {pair: seen.surface(center, levels, pair) for pair in pairs}
        self.spread = seen.spread
        self.cliffs = self._found_cliffs()
        around = [one for one in seen.beside(center, levels) if one is not None]
        self.plateau, self.worst = self._share(_mean(around)), self._share(min(around, default=seen.worth(center)))
        self.recommended, self.reason = self._recommendation(pairs)

    @property
    def interactions(self) -> pl.DataFrame:
        """How much of what two parameters do to the objective is due to each alone, and to both together.

        A row a pair: a, b, first_a, first_b, together (Float64, adding up to 1; None where the objective does not move
        or a cell has no value). The shares of the variance of the table of values, each of its rows and columns as
        likely: the Sobol indices of the table, exact.
        """
        rows = [(*pair, *shares_of(self._seen.table(self.center, self._levels, pair))) for pair in self.surfaces]
        return pl.DataFrame(rows, schema=_INTERACTIONS, orient="row")

    def surface(self, a: str, b: str) -> pl.DataFrame:
        """The objective over two parameters: a, b, objective, the others as in the center."""
        if (a, b) in self.surfaces:
            return self.surfaces[a, b]
        if (b, a) in self.surfaces:
            return self.surfaces[b, a].select(a, b, "objective")
        known = ", ".join(f"{one} and {other}" for one, other in self.surfaces) or "none"
        raise InputError(f"{a} and {b} were not looked at together, only {known}: name them in pairs=[({a!r}, {b!r})].")

    @property
    def more(self) -> bool:
        """Whether more of the objective is better."""
        return self._seen.found.job.maximize[0]

    def kind_of(self, name: str) -> Parameter:
        """A parameter of the space."""
        return self._seen.space.parameters[name]

    def plot(self, path: Path | str | None = None, **how: Any) -> Any:
        """The sweeps with their bands, and the surfaces, as a figure. how: as `Result.plot` takes it."""
        from rustybt.optimize._pictures import drawn_sensitivity

        return drawn_sensitivity(self, path, how)

    def _share(self, worth: float) -> float:
        """1 for what is as good as the center or better, less by what it is worse, of the spread."""
        return 1.0 if not self.spread else min(1.0, 1.0 - (self._seen.worth(self.center) - worth) / self.spread)

    def _found_cliffs(self) -> pl.DataFrame:
        rows: list[tuple[Any, ...]] = []
        for name, values in self._levels.items():
            if isinstance(self._seen.space.parameters[name], Choice) or not self.spread:
                continue
            points = [{**self.center, name: value} for value in values]
            for one, other in itertools.pairwise(points):
                a, b = self._seen.worth_or_none(one), self._seen.worth_or_none(other)
                if a is None or b is None or abs(a - b) <= CLIFF * self.spread:
                    continue
                at, beside = (one, other) if a > b else (other, one)
                known = self._seen.value(at), self._seen.value(beside)
                rows.append((name, str(at[name]), str(beside[name]), *known, abs(a - b) / self.spread))
        return pl.DataFrame(rows, schema=_CLIFFS, orient="row")

    def _recommendation(self, pairs: Sequence[Pair]) -> tuple[Params, str]:
        """The point with the best neighbourhood, and why."""
        points = [self.center]
        points += [{**self.center, name: value} for name, values in self._levels.items() for value in values]
        for a, b in pairs:
            points += [{**self.center, a: x, b: y} for x in self._levels[a] for y in self._levels[b]]
        best, best_mean = self.center, self._neighbourhood(self.center)
        for point in points:
            mean = self._neighbourhood(point)
            if mean is not None and (best_mean is None or mean > best_mean):
                best, best_mean = point, mean
        around = [one for one in self._seen.beside(best, self._levels) if one is not None]
        told = (
            f"{self.objective} {self._seen.value(best):.4f} with {shown(best)}, and on average "
            f"{self._seen.shown(_mean([self._seen.worth(best), *around]))} with its {len(around)} neighbours, "
            f"{self._seen.shown(min(around, default=self._seen.worth(best)))} with the worst of them"
        )
        if canonical(best) != canonical(self.center):
            own = [one for one in self._seen.beside(self.center, self._levels) if one is not None]
            told += (
                f"; {shown(self.center)} has {self.value:.4f}, and with its neighbours "
                f"{self._seen.shown(_mean([self._seen.worth(self.center), *own]))} on average"
            )
        return best, told + "."

    def _neighbourhood(self, point: Params) -> float | None:
        """The mean of a point and its neighbours; None where one was not tried or has no value."""
        around = self._seen.beside(point, self._levels)
        own = self._seen.worth_or_none(point)
        known = [one for one in around if one is not None]
        return None if own is None or len(known) < len(around) or not known else _mean([own, *known])

    def __str__(self) -> str:
        lines = [f"{self.objective} {self.value:.4f} with {shown(self.center)}"]
        for name in self._levels:
            part = self.sweeps.filter(pl.col("parameter") == name)
            known = part["objective"].drop_nulls()
            if known.len():
                lines.append(f"{name}: {min(known):.4f} to {max(known):.4f} over {part.height} values")
        lines += [
            f"{row['a']} and {row['b']}: {row['together']:.0%} of what they do, they do together"
            for row in self.interactions.drop_nulls().rows(named=True)
        ]
        lines.append(f"plateau {self.plateau:.2f}, worst neighbour {self.worst:.2f} (1: as good as the point itself)")
        lines += [
            f"cliff: {row['parameter']} from {row['at']} to {row['beside']} loses {row['loss']:.0%}"
            for row in self.cliffs.rows(named=True)
        ]
        return "\n".join([*lines, f"recommended: {self.reason}"])

    def __repr__(self) -> str:
        return f"<Sensitivity of {self.objective} around {shown(self.center)}>"


_CLIFFS: Final[dict[str, Any]] = {
    "parameter": pl.String, "at": pl.String, "beside": pl.String, "objective_at": pl.Decimal(38, 18),
    "objective_beside": pl.Decimal(38, 18), "loss": pl.Float64,
}  # fmt: skip
_INTERACTIONS: Final[dict[str, Any]] = {"a": pl.String, "b": pl.String} | dict.fromkeys(
    ("first_a", "first_b", "together"), pl.Float64
)


def sensitivity(
    strategy: Any,
    *given: Any,
    around: Mapping[str, Any] | Trial | int | None = None,
    steps: int = 7,
    pairs: Sequence[Pair] | None = None,
    draws: int = 500,
    confidence: float = 0.9,
    workers: int = 1,
    progress: Any = None,
    **options: Any,
) -> Sensitivity:
    """How the objective moves when parameters do: each alone, two together, and what is due to chance.

    sensitivity(found): of a `Search`, whose trials are taken where they lie. sensitivity(strategy, space, algorithm,
    ...): the search first, with the options of `search`.
    around: a trial, its number, or parameters; the best trial by default. steps: how many values of each parameter are
    tried, those beside the point among them; all of a Choice. pairs: of parameters that are varied together; by default
    all of the three that move the objective most. What was not tried is run, as a search of its own in the record.
    draws: how often the sessions are drawn anew (stationary bootstrap, all points on the same ones) for the bands of
    `sweeps`, for sharpe, sortino, total_return, volatility and max_drawdown; 0 for none. confidence: of the bands.
    Raises InputError for what is no point or parameter of the space.

    >>> from rustybt import Strategy
    >>> from rustybt.api import order_target_percent, symbol
    >>> from rustybt.optimize import Grid, search, sensitivity
    >>> class Cross(Strategy):
    ...     def initialize(self, context, days):
    ...         context.days = days
    ...     def handle_data(self, context, data):
    ...         closes = data.history(symbol("IBM"), "close", context.days, "1d")
    ...         order_target_percent(symbol("IBM"), 1 if closes[-1] > closes.mean() else 0)
    >>> space = {"days": range(10, 70, 10)}
    >>> found = search(Cross, space, Grid(), start="2009-01-02", end="2010-12-31", objective="total_return")
    >>> sensitivity(found, draws=100).sweeps.height
    6
    """
    _check(steps, draws, confidence)
    found = strategy if isinstance(strategy, Search) else search(
        strategy, *given, workers=workers, progress=progress, **options
    )  # fmt: skip
    if isinstance(strategy, Search) and (given or options):
        named = f"{next(iter(options))}=" if options else repr(given[0])
        raise InputError(f"{named} is of a search, and this one was made: leave it out.")
    center = _center(found, around)
    levels = {
        name: _levels(found.space.parameters[name], value, steps) for name, value in center.items()
    }  # fmt: skip
    seen = Seen(found, draws, confidence)
    sweeps = [{**center, name: value} for name, values in levels.items() for value in values]
    _run(found, seen, [center, *sweeps], workers, progress)
    chosen = _pairs(pairs, center, levels, seen)
    _run(
        found,
        seen,
        [{**center, a: x, b: y} for a, b in chosen for x in levels[a] for y in levels[b]],
        workers,
        progress,
    )
    return Sensitivity(seen, center, levels, chosen)


def _run(found: Search, seen: Seen, points: Sequence[Params], workers: int, progress: Any) -> None:
    """Runs what was not tried."""
    left = [point for point in seen.lacking(points) if found.space.has(point)]
    if left:
        text = "\n".join(map(canonical, left))
        name = f"{found.name}-sensitivity-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        seen.take(search_more(found, Points(left), name, len(left), workers, progress))


def _center(found: Search, around: Any) -> Params:
    if around is None:
        return dict(found.best.params)
    if isinstance(around, Mapping):
        point = dict(around)
        if not found.space.has(point):
            raise InputError(f"around={point!r} is no point of {found.space!r}.")
        return point
    number = around.number if isinstance(around, Trial) else around
    for trial in found.all:
        if trial.number == number:
            return dict(trial.params)
    raise InputError(f"around={around!r}: {found.name!r} has trials 0 to {len(found.all) - 1}.")


def _levels(parameter: Parameter, center: Any, steps: int) -> list[Any]:
    """Values of a parameter from one end to the other: those beside the center, and others evenly between."""
    if isinstance(parameter, Choice):
        return list(parameter.values("", None))
    share = parameter.share(center)
    if isinstance(parameter, Integer):
        every = list(parameter.values("", None))
        if len(every) <= steps:
            return every
        place = every.index(center)
        near = [every[k] for k in (place - 1, place, place + 1) if 0 <= k < len(every)]
    else:
        near = [parameter.at(min(max(share + side * _NEAR, 0.0), 1 - 2**-53)) for side in (-1, 1)] + [center]
    far = [parameter.at(min(k / (steps - 3), 1 - 2**-53)) for k in range(steps - 2)] if steps > 3 else []
    return sorted({*near, *far})


def _pairs(given: Sequence[Pair] | None, center: Params, levels: Mapping[str, list[Any]], seen: Seen) -> list[Pair]:
    if given is not None:
        for pair in given:
            if len({*pair}) != 2 or any(name not in levels for name in pair):
                raise InputError(f"pairs has {pair!r}: name two parameters of {', '.join(map(repr, levels))}.")
        return [(a, b) for a, b in given]
    moved: dict[str, float] = {}
    for name, values in levels.items():
        known = [one for value in values if (one := seen.worth_or_none({**center, name: value})) is not None]
        moved[name] = max(known) - min(known) if known else 0.0
    chosen = sorted(moved, key=lambda name: -moved[name])[:MOST]
    return list(itertools.combinations([name for name in levels if name in chosen], 2))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _check(steps: Any, draws: Any, confidence: Any) -> None:
    if type(steps) is not int or steps < 3:
        raise InputError(f"steps={steps!r}: give a whole number from 3 on.")
    if type(draws) is not int or draws < 0:
        raise InputError(f"draws={draws!r}: give a whole number, 0 for no bands.")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise InputError(f"confidence={confidence!r}: give a number between 0 and 1.")
