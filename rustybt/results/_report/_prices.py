"""The section on prices: charts of the most traded assets, with what was bought and sold."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.core import scaled_ints
from rustybt.results._report._facts import DAY, Facts, numbers, optional
from rustybt.results._report._parts import Chart, Line, Marks, Part
from rustybt.results._report._returns import Made
from rustybt.results._report._sampling import Floats, kept_places

MOST_ASSETS: Final = 20
_POINTS: Final = 2_000
_MARKS: Final = 400
"""Stretches of the axis, of each of which the lowest and the highest purchase and sale are marked."""


def prices(facts: Facts) -> Made:
    """The assets that most money was traded in, each with its purchases and sales."""
    filled = facts.result.transactions
    if not filled.height:
        return "Nothing was bought or sold."
    ranked = most_traded(filled)
    parts: list[Part] = []
    for sid in ranked[:MOST_ASSETS]:
        own = filled.filter(pl.col("sid") == sid)
        symbol = str(own["symbol"][-1])
        x, values, below = _path(facts, sid, own)
        places = kept_places([values], _POINTS)
        marks = [_marks(own, up=True), _marks(own, up=False)]
        bought, sold = (len(_side(own, up)) for up in (True, False))
        known = values[np.isfinite(values)]
        span = f"between {known.min():,.8g} and {known.max():,.8g}" if len(known) else "not known"
        about = f"Price of {symbol}, {span}; {bought:,} purchases and {sold:,} sales."
        line = Line("Price", optional(values[places]), "c1")
        when = [x[place] for place in places]
        parts.append(Chart(symbol, when, [line], "price", about, log=True, tall=200, marks=marks, below=below))
    return parts


def most_traded(filled: pl.DataFrame) -> list[int]:
    """The sids, the one with the most money traded first."""
    worth: dict[int, int] = {}
    columns = (filled["sid"].to_list(), scaled_ints(filled["amount"]), scaled_ints(filled["price"]))
    for sid, amount, price in zip(*columns, strict=True):
        worth[sid] = worth.get(sid, 0) + abs((amount or 0) * (price or 0))
    return sorted(worth, key=lambda sid: (-worth[sid], sid))


def _path(facts: Facts, sid: int, filled: pl.DataFrame) -> tuple[list[int], Floats, str]:
    """The closes that the result knows: those of the sessions at whose end the asset was held, and of its fills."""
    held = facts.result.positions.filter(pl.col("sid") == sid).select("session", price="last_sale_price")
    days = held["session"].to_physical().to_list()
    known = dict(zip(days, numbers(held["price"]).tolist(), strict=True))
    fills = zip(filled["session"].to_physical().to_list(), numbers(filled["price"]).tolist(), strict=True)
    known = dict(fills) | known
    order = sorted(known)
    below = "Its prices at the closes at which it was held, and of its fills: the result has no others."
    return [day * DAY for day in order], np.array([known[day] for day in order]), below


def _side(filled: pl.DataFrame, up: bool) -> pl.DataFrame:
    return filled.filter(pl.col("amount") > 0) if up else filled.filter(pl.col("amount") < 0)


def _marks(filled: pl.DataFrame, up: bool) -> Marks:
    """Purchases point up, sales down; of many in one stretch the lowest and the highest are kept."""
    own = _side(filled, up)
    days = np.array(own["session"].to_physical().to_list(), dtype=np.int64)
    values = numbers(own["price"])
    name, colour = ("Bought", "gain") if up else ("Sold", "loss")
    if not len(days):
        return Marks(name, [], [], colour, up)
    size = max(1, -(-(int(days.max()) - int(days.min()) + 1) // _MARKS))
    kept: dict[Any, list[int]] = {}
    for row, (stretch, value) in enumerate(zip((days // size).tolist(), values.tolist(), strict=True)):
        ends = kept.setdefault(stretch, [row, row])
        if value < values[ends[0]]:
            ends[0] = row
        if value > values[ends[1]]:
            ends[1] = row
    rows = sorted({row for ends in kept.values() for row in ends})
    return Marks(name, [int(days[row]) * DAY for row in rows], optional(values[rows]), colour, up)  # type: ignore[arg-type]
