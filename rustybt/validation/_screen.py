"""Assets that may have a finding: one look at the daily bars of all, so that the checks skip the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.calendars import SessionTable
from rustybt.core import DAY_NS
from rustybt.validation._anomalies import (
    LEAST_RETURNS,
    ROBUST,
    anomalies,
    jumps,
    like_a_split,
    spikes,
    stale,
    turnover,
)
from rustybt.validation._policy import Policy
from rustybt.validation._relations import relations
from rustybt.validation._stored import Hit, StoredBars
from rustybt.validation._timing import timing

type Check = Callable[[StoredBars, Policy], Iterator[Hit]]
type _Flags = npt.NDArray[np.bool_]
type _Floats = npt.NDArray[np.float64]

_SLACK: Final = 1 - 1e-9
"""Sums of floats in another order may differ in their last digits: what is close is looked at."""


def suspects(
    frame: pl.DataFrame, *, calendar: SessionTable, created_ns: int, policy: Policy, split: Iterable[int]
) -> dict[int, tuple[Check, ...]]:
    """By sid the checks that may find something: `relations`, `timing`, and those that `anomalies` consists of.

    All others find nothing.

    frame: sid, stamp (midnight UTC of the session), prices and volume as integers, each asset's rows together.
    split: sids of assets that have splits.
    """
    columns = {name: frame[name] for name in ("open", "high", "low", "close", "volume")}
    sids = frame["sid"].to_numpy()
    if not frame.height or any(column.dtype != pl.Int64 for column in columns.values()):
        return dict.fromkeys(np.unique(sids).tolist(), (relations, anomalies, timing))
    first = np.diff(sids, prepend=-1) != 0
    starts = np.flatnonzero(first)
    bars = {name: column.to_numpy() for name, column in columns.items()}
    flags = (
        (relations, np.logical_or.reduceat(_impossible(bars), starts)),
        *_unlikely(bars, first, starts, policy, np.isin(sids[starts], list(split))),
        (timing, np.logical_or.reduceat(_untimely(frame["stamp"].to_numpy(), first, calendar, created_ns), starts)),
    )
    some = np.flatnonzero(np.logical_or.reduce([flag for _, flag in flags])).tolist()
    return {int(sids[starts[at]]): tuple(check for check, flag in flags if flag[at]) for at in some}


def _unlikely(
    bars: dict[str, npt.NDArray[np.int64]],
    first: _Flags,
    starts: npt.NDArray[np.intp],
    policy: Policy,
    split: _Flags,
) -> Iterator[tuple[Check, _Flags]]:
    """The checks of `anomalies`, and by group whether each may find something. split: by group, whether it has one."""
    closes = bars["close"].astype(np.float64)
    before = np.concatenate(([1.0], closes[:-1]))
    ratios = np.where(first | (before <= 0) | (closes <= 0), 1.0, closes / np.where(before <= 0, 1.0, before))
    groups = np.cumsum(first) - 1
    counts = np.diff(np.append(starts, len(first)))
    yield jumps, np.logical_or.reduceat(like_a_split(ratios), starts) | split
    yield spikes, _spiky(np.log(ratios)[~first], groups[~first], counts - 1, policy) | split
    yield stale, np.logical_or.reduceat(_still(bars, first, policy), starts)
    yield turnover, _turned_over(bars["volume"], groups, len(starts), policy)


def _impossible(bars: dict[str, npt.NDArray[np.int64]]) -> _Flags:
    high, low, volume = bars["high"], bars["low"], bars["volume"]
    odd = (low <= 0) | (low > high) | (volume < 0)
    for name in ("open", "close"):
        odd |= (bars[name] > high) | (bars[name] < low)
    return np.asarray(odd)


def _untimely(stamps: npt.NDArray[np.int64], first: _Flags, calendar: SessionTable, created_ns: int) -> _Flags:
    days = stamps // DAY_NS
    places = np.searchsorted(calendar.days, days)
    steps = np.diff(places, prepend=-1)
    return np.asarray(~calendar.holds_days(days) | (stamps > created_ns) | (~first & (steps != 1)))


def _still(bars: dict[str, npt.NDArray[np.int64]], first: _Flags, policy: Policy) -> _Flags:
    """Whether a run of bars with one price has become long."""
    close = bars["close"]
    still = (bars["high"] == bars["low"]) & (first | np.concatenate(([True], close[1:] == close[:-1])))
    at = np.arange(len(close))
    ended = np.maximum.accumulate(np.where(~still, at, np.where(first, at - 1, -1)))
    return np.asarray(at - ended >= max(policy.stale_bars, 2))


def _spiky(returns: _Floats, groups: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], policy: Policy) -> _Flags:
    """By group, whether a return lies far from the others. counts: of returns, by group."""
    enough = counts >= LEAST_RETURNS
    least = np.log1p(policy.least_move) * _SLACK
    middle = _medians(returns, groups, len(counts))
    away = np.abs(returns - middle[groups])
    far = (away > least) & enough[groups]
    found = np.zeros(len(counts), dtype=bool)
    if far.any():
        found[groups[far]] = True
        mine = found[groups]
        sigma = ROBUST * _medians(away[mine], groups[mine], len(counts))
        found[:] = False
        found[groups[far & (away > policy.sigmas * sigma[groups] * _SLACK)]] = True
    return found


def _turned_over(volume: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], count: int, policy: Policy) -> _Flags:
    traded = volume > 0
    enough = np.bincount(groups[traded], minlength=count) >= LEAST_RETURNS
    middle = _medians(volume[traded].astype(np.float64), groups[traded], count)
    found = np.zeros(count, dtype=bool)
    far = enough[groups] & (volume > policy.turnover_factor * middle[groups] * _SLACK)
    found[groups[far]] = True
    return found


def _medians(values: _Floats, groups: npt.NDArray[np.int64], count: int) -> _Floats:
    """The median of each group, 0 of an empty one. groups: ascending."""
    medians = np.zeros(count)
    frame = pl.DataFrame([pl.Series("group", groups).set_sorted(), pl.Series("value", values)])
    found = frame.group_by("group", maintain_order=True).agg(pl.col("value").median())
    medians[found["group"].to_numpy()] = found["value"].to_numpy()
    return medians
