"""Moments and sessions of a run as pandas has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rustybt.view import MarketView, PandasIndex
from rustybt.zipline._pandas import pandas


def stamp(moment: Any) -> Any:
    """A datetime, or ns UTC, as a Timestamp in UTC; NaT for None."""
    pd = pandas()
    if moment is None:
        return pd.NaT
    return pd.Timestamp(moment, tz="UTC") if isinstance(moment, int) else pd.Timestamp(moment)


class Times(PandasIndex):
    """The indexes of windows, and the moments and sessions of a run."""

    __slots__ = ("_now", "_now_ns")

    def __init__(self, market: MarketView) -> None:
        super().__init__(market)
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
        return self.labels()[market.axis.first_session + market.session]

    def session_minutes(self) -> Any:
        """The minutes of the current session."""
        market = self._market
        place = market.axis.first_session + market.session
        stamps = market.axis.calendar.minute_stamps(place, place)
        return pandas().DatetimeIndex(np.asarray(stamps).view("M8[ns]"), tz="UTC")
