"""Seed-made bars: random walks in whole cents and whole shares, which both engines hold exactly."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks._scenarios import Scenario

DAY_NS = 86_400 * 10**9
MINUTE_NS = 60 * 10**9


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of all assets of a scenario, row per bar and column per asset.

    stamps: ns UTC; midnight of the session for daily bars, the end of the bar for minutes. sessions: for each bar
    midnight UTC of its session. open to close: cents; volume: shares.
    """

    symbols: tuple[str, ...]
    stamps: npt.NDArray[np.int64]
    sessions: npt.NDArray[np.int64]
    open: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    close: npt.NDArray[np.int64]
    volume: npt.NDArray[np.int64]


def make_bars(scenario: Scenario) -> Bars:
    """The bars of a scenario; the same each time."""
    stamps, sessions = _stamps(scenario)
    shape = (len(stamps), scenario.assets)
    random = np.random.default_rng(scenario.seed)
    step = 0.01 if scenario.frequency == "daily" else 0.001
    walk = np.cumsum(random.normal(0.0, step, shape), axis=0)
    close = np.maximum(200, np.rint(5_000 * np.exp(walk))).astype(np.int64)
    opened = np.vstack([close[:1], close[:-1]])
    spread = random.integers(0, 6, (2, *shape))
    volume = random.integers(*scenario.volume, shape)
    return Bars(
        symbols=tuple(f"S{number:03d}" for number in range(scenario.assets)),
        stamps=stamps,
        sessions=sessions,
        open=opened,
        high=np.maximum(opened, close) + spread[0],
        low=np.minimum(opened, close) - spread[1],
        close=close,
        volume=volume,
    )


def _stamps(scenario: Scenario) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Stamp and session of each bar of XNYS from `stored` to `end`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas 2 beside a recent NumPy warns at the calendar library's import
        from exchange_calendars.exchange_calendar_xnys import XNYSExchangeCalendar

        calendar = XNYSExchangeCalendar(start=scenario.stored, end=scenario.end)
        days = calendar.sessions.as_unit("ns").asi8
        if scenario.frequency == "daily":
            return days, days
        opens = calendar.opens.to_numpy().astype("datetime64[ns]").astype(np.int64)
        closes = calendar.closes.to_numpy().astype("datetime64[ns]").astype(np.int64)
    minutes = [np.arange(o + MINUTE_NS, c + 1, MINUTE_NS) for o, c in zip(opens, closes, strict=True)]
    return np.concatenate(minutes), np.repeat(days, [len(part) for part in minutes])
