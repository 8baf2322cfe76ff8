"""Charts of prices with the entries and exits of trades."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from rustybt.core import Asset
from rustybt.errors import InputError, ResultError
from rustybt.results._drawn._picture import FEW, Line, Marks, Panel, Points
from rustybt.results._floats import floats, optional_floats
from rustybt.results._report import most_traded

if TYPE_CHECKING:
    from rustybt.results._result import Result

MOST_ASSETS: Final = 3
"""So many are drawn where none are named."""
_MOST_NAMED: Final = 12
_MOST_RECORDED: Final = 3


def trades(result: Result, assets: Any) -> tuple[str, list[Panel]]:
    """The panels: one for each asset, then one for each recorded number that is no price of a single asset."""
    ranked = most_traded(result.transactions)
    sids = ranked[:MOST_ASSETS] if assets is None else _asked(result, assets)
    if not sids:
        return "Trades", [Panel("Price", "number", told="Nothing was bought or sold.")]
    more = f" ({len(sids)} of {len(ranked)} assets)" if assets is None and len(ranked) > len(sids) else ""
    panels = [_chart(result, sid) for sid in sids]
    recorded = _recorded(result)
    if len(panels) == 1:
        beside = [name for name, values in recorded.items() if _is_like(values, panels[0].lines[0].values)]
        lines = [Line(name, recorded.pop(name), colour) for name, colour in zip(beside, FEW[1:], strict=False)]
        first = panels[0]
        panels[0] = Panel(first.label, first.style, first.x, [*first.lines, *lines], first.marks, height=2.0)
    days = result.daily["session"].to_list()
    for name, colour in zip(list(recorded)[:_MOST_RECORDED], FEW, strict=False):
        panels.append(Panel(name, "number", days, [Line(name, recorded[name], colour)], height=0.6))
    return f"Trades{more}", panels


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


def _chart(result: Result, sid: int) -> Panel:
    days = result.daily["session"].to_list()
    symbol = dict(result.assets.select("sid", "symbol").rows())[sid]
    lines = [Line("price", _closes(result, sid, days), "equity")]
    own = result.trades.filter(pl.col("sid") == sid)
    marks = [
        Marks(name, *_ends(own.filter(pl.col("side") == side), end, result), colour, up)
        for name, side, end, colour, up in (
            ("enter long", "long", "entry", "gain", True),
            ("exit long", "long", "exit", "loss", False),
            ("enter short", "short", "entry", "c4", False),
            ("exit short", "short", "exit", "c2", True),
        )
    ]
    return Panel(symbol, "number", days, lines, [mark for mark in marks if mark.x])


def _ends(own: pl.DataFrame, end: str, result: Result) -> tuple[Sequence[dt.date], Sequence[float]]:
    """The sessions and prices of entries or exits, as they were filled; several at one price in a session are one."""
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
    days = result.daily["session"].gather(pl.Series(places, dtype=pl.UInt32)).to_list()
    kept = list(dict.fromkeys(zip(days, prices, strict=True)))
    return [day for day, _ in kept], [price for _, price in kept]


def _closes(result: Result, sid: int, days: Sequence[dt.date]) -> Points:
    """The last price of each session; where the bars are not at hand, those at which the asset was held."""
    try:
        bars = result.run_bars()
    except ResultError:
        held = result.positions.filter(pl.col("sid") == sid)
        known = dict(zip(held["session"].to_list(), floats(held["last_sale_price"]), strict=True))
        return [known.get(day) for day in days]
    own = bars.of(sid)
    ends = (np.asarray(bars.starts[1:]) - 1)[: len(days)]
    unit = 10**own.scale
    prices = [int(own.price[bar]) / unit if own.first <= bar <= own.last else None for bar in ends.tolist()]
    return prices + [None] * (len(days) - len(prices))


def _recorded(result: Result) -> dict[str, Points]:
    """What was recorded as numbers, by name, over the sessions."""
    frame = result.daily.select("session").join(result.recorded, on="session", how="left", maintain_order="left")
    numeric = [name for name in frame.columns[1:] if frame[name].dtype.is_numeric()]
    return {name: optional_floats(frame[name]) for name in numeric}


def _is_like(values: Points, prices: Points) -> bool:
    """Whether it lies where the prices do, such as their mean."""
    ranges = []
    for points in (values, prices):
        known = [point for point in points if point is not None and point == point]  # noqa: PLR0124  no NaN
        if not known:
            return False
        ranges.append((min(known), max(known)))
    (low, high), (least, most) = ranges
    return 0.5 * least <= low and high <= 1.5 * most
