"""Which trial of a search is taken, by what it was worth on a part of the time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from rustybt import metrics
from rustybt.errors import InputError
from rustybt.optimize._objective import better_first
from rustybt.optimize._space import ParameterSpace
from rustybt.optimize._trial import Trial

type Pick = Literal["best", "plateau"] | Callable[[pl.DataFrame], int]


def in_order(values: Mapping[int, Decimal | None], maximize: Sequence[bool]) -> list[int]:
    """The numbers of trials, the best first; equal ones by number."""
    return sorted(values, key=lambda number: (better_first((values[number],), maximize), number))


def choose(
    trials: Sequence[Trial],
    values: Mapping[int, Decimal | None],
    order: Sequence[int],
    space: ParameterSpace,
    maximize: Sequence[bool],
    pick: Pick,
) -> Trial:
    """The trial that is taken. order: the numbers that may be, the best first. values: what all are worth."""
    by_number = {trial.number: trial for trial in trials}
    if pick == "best":
        return by_number[order[0]]
    if pick == "plateau":
        return by_number[in_order(_plateaus({n: values[n] for n in order}, by_number, space), maximize)[0]]
    if not callable(pick):
        raise InputError(f"pick={pick!r}: give 'best', 'plateau' or a function of a frame of trials.")
    rows = [(n, *(by_number[n].params.get(key) for key in space.names), values[n]) for n in order]
    number = pick(pl.DataFrame(rows, schema=["number", *space.names, "value"], orient="row"))
    if number not in by_number:
        raise InputError(f"pick returned {number!r}: return one of the numbers in the frame.")
    return by_number[number]


def _plateaus(
    values: Mapping[int, Decimal | None], trials: Mapping[int, Trial], space: ParameterSpace
) -> dict[int, Decimal | None]:
    """The mean of each trial and those a step away from it in one parameter; None where one of them has no value."""
    places = {number: space.shares(trials[number].params) for number in values}
    levels = [sorted({place[k] for place in places.values()}) for k in range(len(space.names))]
    cells = {tuple(levels[k].index(place[k]) for k in range(len(levels))): number for number, place in places.items()}
    means: dict[int, Decimal | None] = {}
    for cell, number in cells.items():
        near = [cell] + [(*cell[:k], cell[k] + side, *cell[k + 1 :]) for k in range(len(cell)) for side in (-1, 1)]
        found = [values[cells[one]] for one in near if one in cells]
        known = [value for value in found if value is not None]
        means[number] = sum(known, Decimal(0)) / len(known) if len(known) == len(found) else None
    return means


def measure_of(name: str) -> Callable[[pl.Series, int], Decimal | None]:
    """A measure of returns by name. Raises InputError for one that needs more than returns."""
    function: Any = getattr(metrics, name, None)
    wanted = inspect.signature(function).parameters if callable(function) else {}
    needed = [key for key, one in wanted.items() if one.default is inspect.Parameter.empty and key != "periods"]
    if needed != ["returns"]:
        raise InputError(
            f"The objective {name} is no measure of returns alone: walk forward with one such as 'sharpe', 'sortino', "
            "'total_return' or 'max_drawdown'."
        )
    with_periods = "periods" in wanted
    return lambda returns, periods: function(returns, periods=periods) if with_periods else function(returns)
