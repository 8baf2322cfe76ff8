"""Checks of the data that a run was on: what is missing in them, and what does not look right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from rustybt.core import date_of
from rustybt.diagnostics._evidence import Evidence, moment
from rustybt.diagnostics._finding import Finding, found

RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
"""Units that a share is split into."""
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
LATE = 5
"""Closes in a row at one price, from which on a mark is stale."""
FRESH = 20
"""Sessions within which the data of an asset are young: windows of many usual lengths are not full yet."""


def unrecorded_split(evidence: Evidence) -> Finding | None:
    """Prices that jump as by a split, where none is recorded."""
    jumps = [
        (sid, bar, ratio)
        for sid in evidence.traded("equity", "etf")
        for bar, ratio in _jumps(evidence.bars_of(sid).close, evidence.bars_of(sid).open, evidence.bars_of(sid).jumps)
    ]
    if not jumps:
        return None
    sid, bar, ratio = jumps[0]
    symbol, when = evidence.bars_of(sid).asset.symbol, moment(evidence.bars.stamps[bar])
    day = date_of(evidence.bars.days[int(np.searchsorted(evidence.bars.starts, bar, side="right")) - 1])
    positions = evidence.result.positions
    held = positions.filter((pl.col("sid") == sid) & (pl.col("session") == day)).height > 0
    return found(
        "unrecorded_split",
        "serious" if held else "warning",
        f"{symbol} moved to {ratio:.3g} times its price on {when}, as by a split, and the data have none on that day"
        f"{', while it was held' if held else ''}.",
        "Ingest the bundle with its splits, or with adjusted prices.",
        symbol=symbol,
        when=when,
        ratio=ratio,
        jumps=len(jumps),
    )


def _jumps(closes: np.ndarray, opens: np.ndarray, restated: tuple[int, ...]) -> Iterator[tuple[int, float]]:
    """Bars that open and close at a split's ratio of the close before, by bar."""
    there = np.flatnonzero(closes > 0)
    if len(there) < 2:
        return
    ratios = closes[there[1:]] / closes[there[:-1]]
    for place in np.flatnonzero((ratios < 0.68) | (ratios > 1.48)).tolist():
        bar, before, ratio = int(there[place + 1]), int(there[place]), float(ratios[place])
        factor = min(RATIOS, key=lambda one: abs(max(ratio, 1 / ratio) / one - 1))
        near = 0.01 if factor < 2 else 0.03
        gap = opens[bar] / closes[before]
        is_split = abs(max(ratio, 1 / ratio) / factor - 1) < near and abs(gap / ratio - 1) < 0.08
        if bar and is_split and not any(before < one <= bar for one in restated):
            yield bar, ratio


def calendar_mismatch(evidence: Evidence) -> Finding | None:
    """Days of the week that are sessions and have no bars."""
    empty = _empty_weekdays(evidence)
    if not empty:
        return None
    names = " and ".join(WEEKDAYS[day] for day in sorted(empty))
    calendar = evidence.result.manifest.get("calendar")
    return found(
        "calendar_mismatch",
        "warning",
        f"{names} are sessions of the calendar {calendar}, and nothing that was traded has bars on them: yearly "
        f"figures count {evidence.result.periods} sessions.",
        "Ingest the data on the calendar that they are of, such as calendar='XNYS'.",
        weekdays=[WEEKDAYS[day] for day in sorted(empty)],
        calendar=str(calendar),
    )


def _empty_weekdays(evidence: Evidence) -> set[int]:
    sids = evidence.traded()
    if not sids:
        return set()
    weekdays = np.array([date_of(day).weekday() for day in evidence.bars.days])
    filled = np.zeros(len(weekdays), dtype=bool)
    for sid in sids:
        filled |= _filled(evidence, sid)
    found_days = {day for day in range(7) if (weekdays == day).sum() >= 4 and filled[weekdays == day].mean() < 0.1}
    return found_days if filled.any() else set()


def _filled(evidence: Evidence, sid: int) -> np.ndarray:
    """For each session whether the asset has a bar in it."""
    so_far = np.concatenate([[0], np.cumsum(evidence.bars_of(sid).here)])
    filled: np.ndarray = np.diff(so_far[np.array(evidence.bars.starts)]) > 0
    return filled


def missing_bars(evidence: Evidence) -> Finding | None:
    """Sessions of an asset's life without a bar."""
    empty = _empty_weekdays(evidence)
    days = evidence.bars.days
    usual = np.array([date_of(day).weekday() not in empty for day in days], dtype=bool)
    worst: tuple[float, int, int, int] | None = None
    for sid in evidence.traded():
        bars, filled = evidence.bars_of(sid), _filled(evidence, sid)
        ends = np.array(evidence.bars.starts[1:]) - 1
        alive = usual & (ends >= max(bars.first, 1)) & (np.array(evidence.bars.starts[:-1]) <= bars.last)
        lacking = int((alive & ~filled).sum())
        share = lacking / max(int(alive.sum()), 1)
        if lacking >= 3 and share > 0.02 and (worst is None or share > worst[0]):
            worst = share, sid, lacking, int(alive.sum())
    if worst is None:
        return None
    share, sid, lacking, sessions = worst
    symbol = evidence.bars_of(sid).asset.symbol
    return found(
        "missing_bars",
        "warning",
        f"{symbol} has no bar on {lacking} of {sessions} sessions of its life in the run: it could not be traded then, "
        "and was marked at an older price.",
        "Look at the source, or leave the asset out.",
        symbol=symbol,
        sessions=lacking,
        of=sessions,
        share=share,
    )


def idle_bars(evidence: Evidence) -> Finding | None:
    """Many bars on which nothing was traded."""
    worst = (0.0, "", 0, 0)
    for sid in evidence.traded("equity", "etf", "crypto", "future", "perpetual"):
        bars = evidence.bars_of(sid)
        there, idle = int(bars.here[1:].sum()), int((bars.volume[1:] == 0).sum())
        if there and idle >= 5:
            worst = max(worst, (idle / there, bars.asset.symbol, idle, there))
    share, symbol, idle, there = worst
    if share <= 0.2:
        return None
    return found(
        "idle_bars",
        "warning",
        f"{idle} of {there} bars of {symbol} have no volume: these are quotes, or filled in, and no trades.",
        "Ingest trades only, or trade something that others trade too.",
        symbol=symbol,
        bars=idle,
        of=there,
        share=share,
    )


def stale_marks(evidence: Evidence) -> Finding | None:
    """What was held is marked at one price for days."""
    columns = evidence.result.positions.filter(~evidence.is_kind("forex")).select("sid", "symbol", "last_sale_price")
    longest = (0, "")
    for (_, symbol), rows in columns.group_by("sid", "symbol", maintain_order=True):
        run = rows["last_sale_price"].rle().struct.field("len").max()
        if isinstance(run, int):
            longest = max(longest, (run, str(symbol)))
    count, symbol = longest
    if count < LATE:
        return None
    return found(
        "stale_marks",
        "warning",
        f"{symbol} was held over {count} closes in a row at one and the same price: what it is worth is not known.",
        "Look at its bars: it may have stopped trading, or the data were filled in.",
        symbol=symbol,
        closes=count,
    )


def no_delistings(evidence: Evidence) -> Finding | None:
    """Many shares over years, of which none was delisted."""
    result = evidence.result
    shares = result.assets.filter(evidence.is_kind("equity"))
    if shares.height < 10 or result.daily.height < 2 * result.periods:
        return None
    last = result.daily["session"][-1]
    if shares.filter(pl.col("end_date") < last - dt.timedelta(days=10)).height:
        return None
    years = result.daily.height / result.periods
    return found(
        "no_delistings",
        "warning",
        f"All {shares.height} shares that the run looked at were there to its end, after {years:.1f} years: the data "
        "have only those that survived, and so better ones than could be known then.",
        "Use data with delisted shares, and choose the universe by what was known on the day.",
        shares=shares.height,
        years=years,
    )


def warm_up(evidence: Evidence) -> Finding | None:
    """Fills of assets whose data had just begun."""
    result = evidence.result
    starts = dict(zip(result.assets["sid"], result.assets["start_date"], strict=True))
    sessions = result.daily["session"]
    if not sessions.len():
        return None
    early: dict[str, int] = {}
    for symbol, sid, day in (
        result.transactions.group_by("symbol", "sid").agg(pl.col("session").min()).sort("sid").rows()
    ):
        start = starts.get(sid)
        if start is None or day is None:
            continue
        known = sessions.is_between(start, day).sum() + max((sessions[0] - start).days * 5 // 7, 0)
        if known < FRESH:
            early[symbol] = known
    if not early:
        return None
    symbol, more = min(early, key=lambda one: early[one]), len(early) - 1
    others = f", and {more} {'other' if more == 1 else 'others'} within the first {FRESH}" if more else ""
    return found(
        "warm_up",
        "info",
        f"{symbol} was first traded on session {early[symbol]} of its data{others}: a window of more sessions was not "
        "full then.",
        "Where the strategy looks back further, begin later, or order only where the window is full.",
        sessions=early[symbol],
        symbols=sorted(early)[:10],
    )


def undefined_signals(evidence: Evidence) -> Finding | None:
    """What was recorded is undefined on sessions on which something was traded."""
    result = evidence.result
    names = [name for name, kind in result.recorded.schema.items() if kind.is_numeric() and name != "session"]
    if not names:
        return None
    undefined = result.recorded.select(
        "session", *(pl.col(name).cast(float).is_nan().fill_null(value=True) for name in names)
    )
    traded = undefined.filter(pl.col("session").is_in(result.transactions["session"].unique().to_list()))
    counts = {name: int(traded[name].sum()) for name in names}
    name = max(counts, key=lambda one: counts[one])
    if not counts[name]:
        return None
    return found(
        "undefined_signals",
        "warning",
        f"{name}, which the strategy records, was undefined on {counts[name]} sessions with fills.",
        "Order only where the signal is there: a comparison with NaN is False, and orders all the same.",
        name=name,
        sessions=counts[name],
    )


def no_benchmark(evidence: Evidence) -> Finding | None:
    """Nothing to compare with."""
    if evidence.result.manifest.get("benchmark") is not None:
        return None
    return found(
        "no_benchmark",
        "info",
        "There is no benchmark: alpha and beta are not known.",
        "set_benchmark(symbol(...)), or benchmark=; result.buy_and_hold is what the assets themselves came to.",
    )
