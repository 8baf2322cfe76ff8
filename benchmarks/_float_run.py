"""Turns the RustyBT of this process into one whose money is a float: the books, and the frames at the end.

Loading, orders, simulation, models, ledger, loop and recorder stay what they are. Of a frame's columns those of money
and prices become Float64, without the search for the shortest scale; the daily rows stay Decimal, since the statistics
are computed from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from rustybt import metrics
from rustybt.core import MONEY_SCALE, ExactColumn
from rustybt.metrics import statistics_columns
from rustybt.results._frames import _currencies, _daily, _frame_builder, _positions, _run_frames


def install() -> None:
    """Replaces what computes money by what computes it in floats, for the rest of the process."""
    replaced: list[tuple[Any, str, Any]] = [
        (_run_frames, "decimal_column", _money_column),
        (_positions, "decimal_column", _money_column),
        (_currencies, "decimal_column", _money_column),
        (_frame_builder, "decimal_column", _money_column),
        (_frame_builder, "shortest_column", _price_column),
        (_daily, "ExactColumn", _daily_column),
        (metrics, "statistics_columns", _statistics_columns),
        (_positions, "shortest_column", _price_column),
        (_positions, "costs_per_unit", _costs_per_unit),
        (_positions, "exposures", _exposures),
        (_run_frames, "exposures", _exposures),
    ]
    for module, name, value in replaced:
        if not hasattr(module, name):
            raise AttributeError(f"{module.__name__} has no {name} any more: the float variant must be adapted")
        setattr(module, name, value)


def _floats(values: Any, scale: int) -> Any:
    if isinstance(values, pl.Series):
        return values.cast(pl.Float64) / 10.0**scale
    return pl.Series(np.array(values, dtype=np.float64) / 10.0**scale)  # None becomes NaN


def _money_column(name: str, values: Any, scale: int) -> pl.Series:
    return _floats(values, scale).alias(name)


def _daily_column(name: str, values: Any, scale: int) -> ExactColumn:
    return ExactColumn(name, _whole(values), scale)


def _statistics_columns(sessions: pl.Series, *columns: Any, periods: int) -> list[Any]:
    whole = [None if values is None else _whole(values) for values in columns]
    return statistics_columns(sessions, *whole, periods=periods)  # type: ignore[arg-type]


def _whole(values: Any) -> list[int | None]:
    return [None if value is None else int(value) for value in values]


def _price_column(name: str, values: Any, slots: pl.Series, scales: list[int]) -> pl.Series:
    if len(set(scales)) > 1:
        raise NotImplementedError("the float variant knows assets of one scale only, as the scenarios have them")
    return _floats(values, scales[0] if scales else 0).alias(name)


def _costs_per_unit(slots: pl.Series, quantities: Any, costs: Any, instruments: Sequence[Any]) -> pl.Series:
    exponents = [x.quantity_scale + x.fill_scale + x.multiplier_scale - MONEY_SCALE for x in instruments]
    units = pl.Series([10.0**e / x.multiplier for x, e in zip(instruments, exponents, strict=True)], dtype=pl.Float64)
    return _floats(costs, 0) * units.gather(slots) / _floats(quantities, 0)


def _exposures(slots: pl.Series, quantities: Any, marks: Any, instruments: Sequence[Any]) -> pl.Series:
    exponents = [MONEY_SCALE - x.fill_scale - x.quantity_scale - x.multiplier_scale for x in instruments]
    units = pl.Series([10.0**e * x.multiplier for x, e in zip(instruments, exponents, strict=True)], dtype=pl.Float64)
    return _floats(quantities, 0) * _floats(marks, 0) * units.gather(slots)
