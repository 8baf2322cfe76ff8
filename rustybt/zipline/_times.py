"""Moments and sessions of a run as pandas has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rustybt.view import MarketView
from rustybt.zipline._pandas import pandas

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_ZERO = 3
"""1970-01-01 was a Thursday."""


def stamp(moment: Any) -> Any:
    """A datetime, or ns UTC, as a Timestamp in UTC; NaT for None."""
    pd = pandas()
    if moment is None:
        return pd.NaT
    return pd.Timestamp(moment, tz="UTC") if isinstance(moment, int) else pd.Timestamp(moment)


class Times:
    """The indexes of windows, cut from one index over all sessions and one over all minutes of the run."""

    __slots__ = ("_market", "_minutes", "_now", "_now_ns", "_sessions")

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._sessions: Any = None
        self._minutes: Any = None
        self._now_ns = -1
        self._now: Any = None

    def now(self, ns: int) -> Any:
        """The moment as a Timestamp in UTC."""
        if ns != self._now_ns:
            self._now, self._now_ns = pandas().Timestamp(ns, tz="UTC"), ns
        return self._now

    def session(self) -> Any:
        """The label of the current session."""
        market = self._market
        return self._labels()[market.axis.first_session + market.session]

    def session_minutes(self) -> Any:
        """The minutes of the current session."""
        market = self._market
        place = market.axis.first_session + market.session
        stamps = market.axis.calendar.minute_stamps(place, place)
        return pandas().DatetimeIndex(np.asarray(stamps).view("M8[ns]"), tz="UTC")

    def window(self, count: int, frequency: str) -> Any:
        """The index of a window of the last bars; None where it begins before the run's first minute."""
        market = self._market
        axis = market.axis
        if frequency == "1d":
            last = axis.first_session + market.session + (not market.before_open)
            return self._labels()[last - count : last]
        if market.bar < count:
            return None
        if self._minutes is None:
            self._minutes = pandas().DatetimeIndex(np.asarray(axis.stamps)[1:].view("M8[ns]"), tz="UTC")
        return self._minutes[market.bar - count : market.bar]

    def _labels(self) -> Any:
        """All sessions of the calendar, by their days, with the frequency that Zipline's windows print."""
        if self._sessions is None:
            pd = pandas()
            days = np.asarray(self._market.axis.calendar.days).astype("datetime64[D]")
            index = pd.DatetimeIndex(days.astype("M8[ns]"))
            open_on = sorted({(int(day) + _DAY_ZERO) % 7 for day in days.astype(np.int64)})
            week = " ".join(WEEK[day] for day in open_on)
            every = np.arange(days[0], days[-1] + 1)
            usual = every[np.isin((every.astype(np.int64) + _DAY_ZERO) % 7, open_on)]
            closed = np.setdiff1d(usual, days)
            try:
                index.freq = pd.offsets.CustomBusinessDay(holidays=list(closed), weekmask=week)
            except ValueError:  # a calendar that no week and list of holidays describes
                index.freq = None
            self._sessions = index
        return self._sessions
