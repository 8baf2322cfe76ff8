"""The section on prices: charts of the most traded assets, with what was bought and sold and what terms said."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import RunBars, TermValues, scaled_ints
from rustybt.errors import BundleNotFound, ResultError, VersionNotFound
from rustybt.results._report._colours import FEW
from rustybt.results._report._facts import DAY, Facts, numbers, optional
from rustybt.results._report._parts import Chart, Line, Marks, Part, Text
from rustybt.results._report._returns import Made
from rustybt.results._report._sampling import MOST_POINTS, Floats, kept_places

MOST_ASSETS: Final = 20
_POINTS: Final = 2_000
_MARKS: Final = 400
"""Stretches of the axis, of each of which the lowest and the highest purchase and sale are marked."""
_VALUES: Final = 80_000
"""Of prices and terms in all charts."""
_MOST_PANES: Final = 4
_OVER_PRICES: Final = ("c2", "c4", "c6", "c7", "benchmark", "many")
"""The colours of terms beside prices: not those of purchases and sales."""


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
    shown = ranked[:MOST_ASSETS]
    if bars is not None:
        bars.read(shown)
    for sid in shown:
        parts += _charts(facts, bars, sid, filled.filter(pl.col("sid") == sid), _VALUES // len(shown))
    return parts


def _charts(facts: Facts, bars: RunBars | None, sid: int, own: pl.DataFrame, most: int) -> list[Part]:
    """The chart of an asset, and those of its terms that lie elsewhere. most: values in them."""
    symbol = str(own["symbol"][-1])
    path = _known(facts, sid, own) if bars is None else path_of(bars, sid)
    over, apart, left = _terms(bars, sid, path)
    drawn = [path.values, *over.values(), *(values for pane in apart.values() for values in pane.values())]
    places = kept_places(drawn, min(MOST_POINTS, most // len(drawn)) if drawn[1:] else _POINTS)
    marks = [_marks(own, path, up=up) for up in (True, False)]
    bought, sold = (_side(own, up).height for up in (True, False))
    known = path.values[np.isfinite(path.values)]
    span = f"between {known.min():,.8g} and {known.max():,.8g}" if len(known) else "not known"
    beside = f" With {', '.join(over)}." if over else ""
    about = f"Price of {symbol}, {span}; {bought:,} purchases and {sold:,} sales.{beside}"
    colours = zip(("Price", *over), ("c1", *_OVER_PRICES), (path.values, *over.values()), strict=False)
    lines = [Line(name, optional(values[places]), colour) for name, colour, values in colours]
    x, step, below = path.x[places].tolist(), path.step, " ".join([path.below, *left]).strip()
    chart = Chart(symbol, x, lines, "price", about, log=True, tall=200, marks=marks, step=step, below=below)
    return [chart, *(_pane(f"{name} of {symbol}", pane, x, places, step) for name, pane in apart.items())]


def _pane(title: str, pane: Mapping[str, Floats], x: list[int], places: npt.NDArray[np.int64], step: int) -> Chart:
    colours = itertools.cycle(FEW)
    lines = [Line(name, optional(values[places]), next(colours)) for name, values in pane.items()]
    return Chart(title, x, lines, "plain", f"{title} at the bars of the run.", tall=130, step=step)


type _Columns = dict[str, Floats]


def _terms(bars: RunBars | None, sid: int, path: PricePath) -> tuple[_Columns, dict[str, _Columns], list[str]]:
    """What terms said of an asset: over its prices, and in panels of their own; and of what is not drawn, why."""
    over: _Columns = {}
    apart: dict[str, _Columns] = {}
    left = []
    for term in () if bars is None else bars.terms(sid):
        above, below = split_term(term, {name: values[1:] for name, values in term.values.items()}, path.values)
        over |= {f"{term.name} {name}".rstrip(): values for name, values in above.items()}
        apart |= {term.name: {name or term.name: values for name, values in below.items()}} if below else {}
        left += [f"{term.name} is not drawn: {term.told}."] if term.told else []
    many = max(0, len(over) - len(_OVER_PRICES)), max(0, len(apart) - _MOST_PANES)
    left += [f"{sum(many)} more lines and panels of terms are not drawn."] if any(many) else []
    return dict(list(over.items())[: len(_OVER_PRICES)]), dict(list(apart.items())[:_MOST_PANES]), left


def split_term(term: TermValues, columns: Mapping[str, Floats], prices: Floats) -> tuple[_Columns, _Columns]:
    """The columns of a term that lie where the prices do, and the others; without those that are the prices.

    columns: those of the term at the places of the prices.
    """
    columns = {name: values for name, values in columns.items() if not says_prices(values, prices)}
    over = {
        name: values for name, values in columns.items() if term.in_prices is not False and lies_with(values, prices)
    }
    return over, {name: values for name, values in columns.items() if name not in over}


def lies_with(values: Floats, prices: Floats) -> bool:
    """Whether numbers lie where prices do, such as their mean. NaN counts as none."""
    own, theirs = values[np.isfinite(values)], prices[np.isfinite(prices)]
    return bool(len(own) and len(theirs)) and bool(0.5 * theirs.min() <= own.min() and own.max() <= 1.5 * theirs.max())


def says_prices(values: Floats, prices: Floats) -> bool:
    """Whether numbers are the prices wherever known, as a mean of one bar is: a second line would hide them."""
    known = np.isfinite(values)
    return bool(known.any()) and bool(np.allclose(values[known], prices[known], rtol=1e-12, atol=0.0))


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
