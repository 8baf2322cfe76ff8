"""The trials that are known of a space, as a sensitivity looks at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from rustybt.errors import InputError
from rustybt.optimize._bands import FIGURES, stationary_rows
from rustybt.optimize._parameters import Choice
from rustybt.optimize._search import Search
from rustybt.optimize._space import Params, canonical, shown
from rustybt.optimize._trial import Trial, TrialState

type Pair = tuple[str, str]


class Seen:
    """All trials that are known, and what they are worth: the greater the better."""

    def __init__(self, found: Search, draws: int, confidence: float) -> None:
        self.found, self.space, self.objective = found, found.space, found.objectives[0]
        self._sign = 1 if found.job.maximize[0] else -1
        self._draws, self._confidence = draws, confidence
        self._trials: dict[str, tuple[Trial, Search]] = {}
        self.take(found)

    def take(self, found: Search) -> None:
        """Adds what another search has come to."""
        for trial in found.all:
            if trial.state is not TrialState.REPEATED:
                self._trials.setdefault(canonical(trial.params), (trial, found))

    def lacking(self, points: Iterable[Params]) -> list[Params]:
        """Those that were not tried, each once."""
        return [p for text, p in {canonical(p): p for p in points}.items() if text not in self._trials]

    def value(self, point: Params) -> Decimal | None:
        known = self._trials.get(canonical(point))
        return None if known is None else known[0].value

    def worth_or_none(self, point: Params) -> float | None:
        value = self.value(point)
        return None if value is None else self._sign * float(value)

    def worth(self, point: Params) -> float:
        """Of a point that has a value."""
        value = self.worth_or_none(point)
        if value is None:
            raise InputError(f"The objective has no value at {shown(point)}.")
        return value

    def shown(self, worth: float) -> str:
        return f"{self._sign * worth:.4f}"

    @property
    def spread(self) -> float:
        """Between the best and the worst of all trials."""
        known = [float(trial.value) for trial, _ in self._trials.values() if trial.value is not None]
        return max(known) - min(known) if known else 0.0

    def beside(self, point: Params, levels: Mapping[str, list[Any]]) -> list[float | None]:
        """What the neighbours are worth: a level up or down in one parameter that has an order."""
        found: list[float | None] = []
        for name, values in levels.items():
            if isinstance(self.space.parameters[name], Choice) or point.get(name) not in values:
                continue
            place = values.index(point[name])
            near = [values[k] for k in (place - 1, place + 1) if 0 <= k < len(values)]
            beside = [{**point, name: value} for value in near]
            found += [self.worth_or_none(one) for one in beside if self.space.allows(one)]
        return found

    def table(self, center: Params, levels: Mapping[str, list[Any]], pair: Pair) -> list[list[float | None]]:
        a, b = pair
        return [[self.worth_or_none({**center, a: x, b: y}) for y in levels[b]] for x in levels[a]]

    def surface(self, center: Params, levels: Mapping[str, list[Any]], pair: Pair) -> pl.DataFrame:
        a, b = pair
        rows = [(x, y, self.value({**center, a: x, b: y})) for x in levels[a] for y in levels[b]]
        return pl.DataFrame(
            [
                pl.Series(a, [row[0] for row in rows], strict=False),
                pl.Series(b, [row[1] for row in rows], strict=False),
                pl.Series("objective", [row[2] for row in rows], dtype=pl.Decimal(38, 18)),
            ]
        )

    def sweeps(self, center: Params, levels: Mapping[str, list[Any]]) -> pl.DataFrame:
        points = [(name, {**center, name: value}) for name, values in levels.items() for value in values]
        bands = self._bands(center, [point for _, point in points])
        rows = [
            (name, str(point[name]), self.space.parameters[name].share(point[name]), self.value(point), *band)
            for (name, point), band in zip(points, bands, strict=True)
        ]
        schema: dict[str, Any] = {"parameter": pl.String, "value": pl.String, "share": pl.Float64}
        schema |= {"objective": pl.Decimal(38, 18)} | dict.fromkeys(("low", "high", "beats"), pl.Float64)
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _bands(self, center: Params, points: Sequence[Params]) -> list[tuple[float | None, ...]]:
        """Low, high and beats of each point; all are drawn on the same sessions."""
        nothing: list[tuple[float | None, ...]] = [(None, None, None)] * len(points)
        objective = self.found.job.objectives[0]
        plain = not objective.penalty and not objective.least_trades and self.found.job.keep_returns
        if not self._draws or not plain or objective.name not in FIGURES:
            return nothing
        figure, periods = FIGURES[objective.name], float(self.found.result(self._trial(center)).periods)
        own = self._returns(center)
        if own is None or len(own) < 2:
            return nothing
        rows = stationary_rows(len(own), self._draws, self.found.seed)
        base = figure(own[rows], periods)
        tails = (1 - self._confidence) / 2
        found: list[tuple[float | None, ...]] = []
        for point in points:
            returns = self._returns(point)
            if returns is None or len(returns) != len(own):
                found.append((None, None, None))
                continue
            drawn = figure(returns[rows], periods)
            low, high = np.nanquantile(drawn, [tails, 1 - tails]) if not np.isnan(drawn).all() else (np.nan, np.nan)
            beats = float(np.mean(self._sign * drawn > self._sign * base))
            found.append((*(None if np.isnan(one) else float(one) for one in (low, high)), beats))
        return found

    def _trial(self, point: Params) -> Trial | int:
        trial, found = self._trials[canonical(point)]
        return trial if found is self.found else self.found.best

    def _returns(self, point: Params) -> Any:
        known = self._trials.get(canonical(point))
        if known is None or known[0].state is not TrialState.COMPLETE:
            return None
        return known[1].returns(known[0])["returns"].cast(pl.Float64).to_numpy()


def shares_of(table: Sequence[Sequence[float | None]]) -> tuple[float | None, float | None, float | None]:
    """The shares of a table's variance: between its rows, between its columns, and what is left.

    >>> shares_of([[0.0, 1.0], [2.0, 3.0]])  # the row adds 2, the column 1
    (0.8, 0.2, 0.0)
    >>> shares_of([[1.0, -1.0], [-1.0, 1.0]])  # neither does anything alone
    (0.0, 0.0, 1.0)
    """
    if any(value is None for row in table for value in row):
        return None, None, None
    values = np.array(table, dtype=np.float64)
    whole = values.var()
    if not whole > 0:
        return None, None, None
    rows, columns = values.mean(axis=1).var() / whole, values.mean(axis=0).var() / whole
    return float(rows), float(columns), float(max(0.0, 1 - rows - columns))
