"""The section on prices: charts of the most traded assets, with what was bought and sold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import RunBars, scaled_ints
from rustybt.errors import BundleNotFound, ResultError, VersionNotFound
from rustybt.results._report._facts import DAY, Facts, numbers, optional
from rustybt.results._report._parts import Chart, Line, Marks, Part, Text
from rustybt.results._report._returns import Made
from rustybt.results._report._sampling import Floats, kept_places

MOST_ASSETS: Final = 20
_POINTS: Final = 2_000
_MARKS: Final = 400
"""Stretches of the axis, of each of which the lowest and the highest purchase and sale are marked."""


@dataclass(frozen=True, slots=True)
class PricePath:
    """The prices of an asset. x: seconds since 1970. step: what a place on the axis is, in seconds."""

    x: npt.NDArray[np.int64]
    values: Floats
    step: int
    below: str = ""


def prices(facts: Facts) -> Made:
    """The assets that most money was traded in, each with its purchases and sales."""
    filled = facts.result.transactions
    if not filled.height:
        return "Nothing was bought or sold."
    try:
        bars = facts.result.run_bars()
    except (ResultError, BundleNotFound, VersionNotFound):
        bars = None
    ranked = most_traded(filled)
    parts: list[Part] = []
    if len(ranked) > MOST_ASSETS:
        parts.append(Text(f"The {MOST_ASSETS} of {len(ranked):,} assets that most money was traded in."))
    return [*parts, *(_chart(facts, bars, sid, filled.filter(pl.col("sid") == sid)) for sid in ranked[:MOST_ASSETS])]


def _chart(facts: Facts, bars: RunBars | None, sid: int, own: pl.DataFrame) -> Chart:
    symbol = str(own["symbol"][-1])
    path = _known(facts, sid, own) if bars is None else path_of(bars, sid)
    places = kept_places([path.values], _POINTS)
    marks = [_marks(own, path, up=up) for up in (True, False)]
    bought, sold = (_side(own, up).height for up in (True, False))
    known = path.values[np.isfinite(path.values)]
    span = f"between {known.min():,.8g} and {known.max():,.8g}" if len(known) else "not known"
    about = f"Price of {symbol}, {span}; {bought:,} purchases and {sold:,} sales."
    line = Line("Price", optional(path.values[places]), "c1")
    x = path.x[places].tolist()
    return Chart(symbol, x, [line], "price", about, log=True, tall=200, marks=marks, step=path.step, below=path.below)


def most_traded(filled: pl.DataFrame) -> list[int]:
    """The sids, the one with the most money traded first."""
    worth: dict[int, int] = {}
    columns = (filled["sid"].to_list(), scaled_ints(filled["amount"]), scaled_ints(filled["price"]))
    for sid, amount, price in zip(*columns, strict=True):
        worth[sid] = worth.get(sid, 0) + abs((amount or 0) * (price or 0))
    return sorted(worth, key=lambda sid: (-worth[sid], sid))


def path_of(bars: RunBars, sid: int) -> PricePath:
    """The closes of the run's bars, carried over those without one; as they were, before any split."""
    own = bars.of(sid)
    values = np.array(own.price[1:], dtype=np.float64) / 10.0**own.scale
    values[: max(0, own.first - 1)] = np.nan
    values[own.last :] = np.nan
    starts = np.asarray(bars.starts)
    days = np.repeat(np.asarray(bars.days, dtype=np.int64), np.diff(starts))
    one_a_session = len(days) == len(bars.days)
    x = days * DAY if one_a_session else np.asarray(bars.stamps[1:]) // 10**9
    told = []
    for bar, ratio in own.splits:
        on = dt.date(1970, 1, 1) + dt.timedelta(int(days[bar - 1]))
        told.append(f"a unit became {f'{float(ratio):.6g}'} on {on}")
    below = f"As traded then: {', '.join(told)}." if told else ""
    return PricePath(x, values, DAY if one_a_session else 1, below)


def _known(facts: Facts, sid: int, filled: pl.DataFrame) -> PricePath:
    """The closes that the result knows: those of the sessions at whose end the asset was held, and of its fills."""
    held = facts.result.positions.filter(pl.col("sid") == sid).select("session", price="last_sale_price")
    days = held["session"].to_physical().to_list()
    fills = zip(filled["session"].to_physical().to_list(), numbers(filled["price"]).tolist(), strict=True)
    known = dict(fills) | dict(zip(days, numbers(held["price"]).tolist(), strict=True))
    order = sorted(known)
    below = "Its prices at the closes at which it was held, and of its fills: the bars of the run are not at hand."
    return PricePath(np.array(order, dtype=np.int64) * DAY, np.array([known[day] for day in order]), DAY, below)


def _side(filled: pl.DataFrame, up: bool) -> pl.DataFrame:
    return filled.filter(pl.col("amount") > 0) if up else filled.filter(pl.col("amount") < 0)


def _marks(filled: pl.DataFrame, path: PricePath, up: bool) -> Marks:
    """Purchases point up, sales down; of many in one stretch the lowest and the highest are kept."""
    own = _side(filled, up)
    name, colour = ("Bought", "gain") if up else ("Sold", "loss")
    if not own.height:
        return Marks(name, [], [], colour, up)
    when = own["session"].to_physical().to_numpy().astype(np.int64) * DAY
    if path.step != DAY:
        when = own["dt"].to_physical().to_numpy() // 10**9
    values = numbers(own["price"])
    size = max(path.step, -(-(int(when.max()) - int(when.min()) + 1) // _MARKS))
    kept: dict[int, list[int]] = {}
    for row, (stretch, value) in enumerate(zip((when // size).tolist(), values.tolist(), strict=True)):
        ends = kept.setdefault(stretch, [row, row])
        if value < values[ends[0]]:
            ends[0] = row
        if value > values[ends[1]]:
            ends[1] = row
    rows = sorted({row for ends in kept.values() for row in ends})
    return Marks(name, when[rows].tolist(), values[rows].tolist(), colour, up)
