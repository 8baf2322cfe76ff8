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

from benchmarks._float_books import FloatBooks
from rustybt.core import MONEY_SCALE, decimal_column
from rustybt.engine import _recorder, _setup

DAILY = {*_recorder.MONEY_COLUMNS, *_recorder.RATIO_COLUMNS}


def install() -> None:
    """Replaces what computes money by what computes it in floats, for the rest of the process."""
    replaced: list[tuple[Any, str, Any]] = [
        (_setup, "Books", FloatBooks),
        (_recorder, "decimal_column", _money_column),
        (_recorder, "_shortest", _price_column),
        (_recorder, "cost_per_unit", _cost_per_unit),
    ]
    for module, name, value in replaced:
        if not hasattr(module, name):
            raise AttributeError(f"{module.__name__} has no {name} any more: the float variant must be adapted")
        setattr(module, name, value)


def _floats(values: Sequence[Any], scale: int) -> Any:
    return np.array(values, dtype=np.float64) / 10.0**scale  # None becomes NaN


def _money_column(name: str, values: Sequence[Any], scale: int) -> pl.Series:
    if name in DAILY:
        return decimal_column(name, [None if v is None else int(v) for v in values], scale)
    return pl.Series(name, _floats(values, scale))


def _price_column(name: str, values: Sequence[Any], slots: Sequence[int | None], scales: list[int]) -> pl.Series:
    if len(set(scales)) > 1:
        raise NotImplementedError("the float variant knows assets of one scale only, as the scenarios have them")
    return pl.Series(name, _floats(values, scales[0] if scales else 0))


def _cost_per_unit(cost: float, quantity: int, listing: Any) -> float:
    if not quantity:
        return 0.0
    up = 10.0 ** (listing.quantity_scale + listing.fill_scale + listing.multiplier_scale - MONEY_SCALE)
    return cost * up / (quantity * listing.multiplier)
