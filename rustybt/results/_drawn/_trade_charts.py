"""Charts of prices with the entries and exits of trades, and with what the strategy's terms said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import Asset, RunBars, TermValues
from rustybt.errors import BundleNotFound, InputError, ResultError, VersionNotFound
from rustybt.results._drawn._picture import FEW, Panel, Points
from rustybt.results._floats import floats, optional_floats
from rustybt.results._report import Line, Marks, PricePath, kept_places, lies_with, most_traded, path_of, says_prices

if TYPE_CHECKING:
    from rustybt.results._result import Result

MOST_ASSETS: Final = 3
"""So many are drawn where none are named."""
_MOST_NAMED: Final = 12
_MOST_RECORDED: Final = 3
_MOST_OVER_PRICES: Final = 6
_MOST_PANES: Final = 4
"""Lines of terms over the prices of an asset, and panels of others below them."""


def trades(result: Result, assets: Any) -> tuple[str, list[Panel]]:
    """The panels: for each asset its prices and terms, then one for each recorded number that is no price of a single
    asset."""
    ranked = most_traded(result.transactions)
    sids = ranked[:MOST_ASSETS] if assets is None else _asked(result, assets)
    if not sids:
        return "Trades", [Panel("Price", "number", told="Nothing was bought or sold.")]
    bars = _bars(result)
    within = _is_within_days(result, bars)
    told = [f"{len(sids)} of {len(ranked)} assets"] if assets is None and len(ranked) > len(sids) else []
    told += ["times in UTC"] if within else []
    told += ["the bars of the run are not at hand"] if bars is None else []
    panels, left = [], 0
    for sid in sids:
        terms = [] if bars is None else bars.terms(sid)
        told += [f"{one.name} not drawn: {one.told}" for one in terms if one.told]
        chart, below = _chart(result, sid, bars, terms, within)
        left += max(0, len(chart.lines) - 1 - _MOST_OVER_PRICES) + max(0, len(below) - _MOST_PANES)
        panels += [replace(chart, lines=chart.lines[: 1 + _MOST_OVER_PRICES]), *below[:_MOST_PANES]]
    told = [*dict.fromkeys(told), *([f"{left} lines and panels of terms not drawn"] if left else [])]
    drawn = [line.values for panel in panels for line in panel.lines if not line.name.startswith("price")]
    recorded = {name: values for name, values in _recorded(result).items() if values not in drawn}
    if len(sids) == 1 and not within and panels[0].lines:
        price, *others = panels[0].lines
        beside = [name for name, values in recorded.items() if _is_like(values, price.values)]
        colours = FEW[1 + len(others) :]
        lines = [Line(name, recorded.pop(name), colour) for name, colour in zip(beside, colours, strict=False)]
        panels[0] = replace(panels[0], lines=[price, *others, *lines])
    if len(sids) == 1:
        panels[0] = replace(panels[0], height=2.0)
    places = _closes_of_sessions(result, within)
    for name, colour in zip(list(recorded)[:_MOST_RECORDED], FEW, strict=False):
        panels.append(Panel(name, "number", places, [Line(name, recorded[name], colour)], height=0.6))
    return f"Trades ({', '.join(told)})" if told else "Trades", panels


def _bars(result: Result) -> RunBars | None:
    try:
        return result.run_bars()
    except (ResultError, BundleNotFound, VersionNotFound):
        return None


def _is_within_days(result: Result, bars: RunBars | None) -> bool:
    """Whether a session has several bars."""
    if bars is not None:
        return int(bars.starts[-1]) - int(bars.starts[0]) > len(bars.days)
    return bool(result.manifest.get("data_frequency") == "minute")


def _closes_of_sessions(result: Result, within: bool) -> list[Any]:
    """The sessions; of a run with several bars in each, the moments of their closes."""
    return _naive(result.daily["period_close"]) if within else result.daily["session"].to_list()


def _naive(moments: pl.Series) -> list[Any]:
    """Without a time zone, which is UTC."""
    return moments.dt.cast_time_unit("us").dt.replace_time_zone(None).to_list()


def _asked(result: Result, assets: Any) -> list[int]:
    """The sids of assets, symbols or sids. Raises InputError for one that the run did not look at."""
    named: Iterable[Any] = [assets] if isinstance(assets, str | int | Asset) else list(assets)
    symbols = dict(result.assets.select("symbol", "sid").rows())
    known = set(symbols.values())
    found = []
    for one in named:
        sid = one.sid if isinstance(one, Asset) else symbols.get(one, one) if isinstance(one, str) else one
        if sid not in known:
            raise InputError(f"assets: the run did not look at {one!r}. It did at {', '.join(sorted(symbols))}.")
        found.append(int(sid))
    if not found or len(found) > _MOST_NAMED:
        raise InputError(f"assets: {len(found)} were given. Pass from 1 to {_MOST_NAMED} of them.")
    return list(dict.fromkeys(found))


def _chart(
    result: Result, sid: int, bars: RunBars | None, terms: Sequence[TermValues], within: bool
) -> tuple[Panel, list[Panel]]:
    """The prices of an asset, with the terms that lie where they do; and a panel for each other term."""
    symbol = dict(result.assets.select("sid", "symbol").rows())[sid]
    own = result.trades.filter(pl.col("sid") == sid)
    marks = [
        Marks(name, *_ends(own.filter(pl.col("side") == side), end, result, within), colour, up)
        for name, side, end, colour, up in (
            ("enter long", "long", "entry", "gain", True),
            ("exit long", "long", "exit", "loss", False),
            ("enter short", "short", "entry", "c4", False),
            ("exit short", "short", "exit", "c2", True),
        )
    ]
    marks = [mark for mark in marks if mark.x]
    shown: list[int] = []
    if bars is not None and within:
        places, values, shown = _each_bar(path_of(bars, sid), marks)
    else:
        places = _closes_of_sessions(result, within)
        values = _held(result, sid) if bars is None else _closes(bars, sid, len(places))
    if bars is not None and not within:
        shown = [int(start) - 1 for start in bars.starts[1 : len(places) + 1]]
    known = any(value is not None for value in values)
    told = "" if marks or known else f"{symbol} was not traded, and its prices are not at hand."
    lines = [Line("price" if bars is not None else "price while held", values, "equity")] if known else []
    label = symbol if marks or told else f"{symbol} (not traded)"
    over, below = _terms(terms if known else (), values, places, shown)
    return Panel(label, "number", places, [*lines, *over], marks, told=told), below


def _terms(
    terms: Sequence[TermValues], prices: Points, places: Sequence[Any], shown: list[int]
) -> tuple[list[Line], list[Panel]]:
    """Lines over the prices, and panels below them. shown: the bars of the places."""
    over: list[Line] = []
    below: list[Panel] = []
    for term in terms:
        apart: list[tuple[str, Points]] = []
        for column, whole in term.values.items():
            values = _known(whole[shown].tolist())
            if says_prices(_array(values), _array(prices)):
                continue
            if term.in_prices is not False and _is_like(values, prices):
                over.append(Line(f"{term.name} {column}".rstrip(), values, FEW[1 + len(over) % (len(FEW) - 1)]))
            else:
                apart.append((column or term.name, values))
        lines = [Line(name, values, FEW[place % len(FEW)]) for place, (name, values) in enumerate(apart)]
        if lines:
            below.append(Panel(term.name, "number", places, lines, height=0.6))
    return over, below


def _each_bar(path: PricePath, marks: Sequence[Marks]) -> tuple[Sequence[Any], Points, list[int]]:
    """The closes of the bars, of many the highs and lows, and those at which something was filled; and which bars."""
    places = {int(place) for place in kept_places([path.values])}
    filled = np.array([moment for mark in marks for moment in mark.x], dtype="datetime64[s]").astype(np.int64)
    places.update(np.minimum(np.searchsorted(path.x, filled), len(path.x) - 1).tolist())
    kept = np.array(sorted(places), dtype=np.int64)
    values = [value if value == value else None for value in path.values[kept].tolist()]  # noqa: PLR0124  NaN
    return path.x[kept].astype("datetime64[s]").tolist(), values, (kept + 1).tolist()


def _ends(own: pl.DataFrame, end: str, result: Result, within: bool) -> tuple[Sequence[Any], Sequence[float]]:
    """The sessions and prices of entries or exits, as they were filled; several at one price in a session are one.

    within: at the moments of the fills instead.
    """
    ids = {"entry": "order_id", "exit": "exit_order_id"}[end]
    fills = result.transactions.group_by("dt", order_id="order_id").agg(filled=pl.col("price").first())
    done = (
        own.filter(pl.col(end).is_not_null())
        .select(dt=end, order_id=ids, known=f"{end}_price")
        .join(fills, on=["dt", "order_id"], how="left", maintain_order="left")
    )
    prices = [
        own_price if own_price is not None else known
        for own_price, known in zip(optional_floats(done["filled"]), optional_floats(done["known"]), strict=True)
    ]
    closes = result.daily["period_close"].to_physical().to_numpy()
    places = np.minimum(np.searchsorted(closes, done["dt"].to_physical().to_numpy()), len(closes) - 1)
    sessions = result.daily["session"].gather(pl.Series(places, dtype=pl.UInt32))
    days = _naive(done["dt"]) if within else sessions.to_list()
    kept = list(dict.fromkeys(zip(days, prices, strict=True)))
    return [day for day, _ in kept], [price for _, price in kept]


def _held(result: Result, sid: int) -> Points:
    """The prices at the closes at which the asset was held."""
    held = result.positions.filter(pl.col("sid") == sid)
    known = dict(zip(held["session"].to_list(), floats(held["last_sale_price"]), strict=True))
    return [known.get(day) for day in result.daily["session"].to_list()]


def _closes(bars: RunBars, sid: int, count: int) -> Points:
    """The last price of each session."""
    own = bars.of(sid)
    ends = (np.asarray(bars.starts[1:]) - 1)[:count]
    unit = 10**own.scale
    prices = [int(own.price[bar]) / unit if own.first <= bar <= own.last else None for bar in ends.tolist()]
    return prices + [None] * (count - len(prices))


def _recorded(result: Result) -> dict[str, Points]:
    """What was recorded as numbers, by name, over the sessions."""
    frame = result.daily.select("session").join(result.recorded, on="session", how="left", maintain_order="left")
    numeric = [name for name in frame.columns[1:] if frame[name].dtype.is_numeric()]
    return {name: _known(optional_floats(frame[name])) for name in numeric}


def _known(values: Iterable[float | None]) -> Points:
    return [None if value is None or math.isnan(value) else value for value in values]


def _is_like(values: Points, prices: Points) -> bool:
    """Whether it lies where the prices do, such as their mean."""
    return lies_with(_array(values), _array(prices))


def _array(values: Points) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)
