"""Windows as pandas objects, in the shapes that Zipline gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rustybt.core import pandas
from rustybt.view._continuous import is_readable
from rustybt.view._market_view import MarketView

if TYPE_CHECKING:
    from rustybt.view._past import Past

ASKED: Final = "history(output='pandas')"
WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_ZERO: Final = 3
"""1970-01-01 was a Thursday."""


class PandasIndex:
    """The indexes of windows, cut from one index over all sessions and one over all minutes of the run."""

    __slots__ = ("_market", "_minutes", "_sessions")

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._sessions: Any = None
        self._minutes: Any = None

    def window(self, count: int, frequency: str) -> Any:
        """The index of a window of the last bars; None where it begins before the run's first minute."""
        market = self._market
        axis = market.axis
        if frequency == "1d":
            last = axis.first_session + market.session + (not market.before_open)
            return self.labels()[last - count : last]
        if market.bar < count:
            return None
        if self._minutes is None:
            self._minutes = pandas(ASKED).DatetimeIndex(np.asarray(axis.stamps)[1:].view("M8[ns]"), tz="UTC")
        return self._minutes[market.bar - count : market.bar]

    def labels(self) -> Any:
        """All sessions of the calendar, by their days, with the frequency that Zipline's windows print."""
        if self._sessions is None:
            pd = pandas(ASKED)
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


class PandasWindows:
    """Answers `data.history(output="pandas")`."""

    __slots__ = ("_index", "_past")

    def __init__(self, market: MarketView, past: Past) -> None:
        self._index = PandasIndex(market)
        self._past = past

    def of(self, assets: Any, fields: Any, count: int, frequency: str) -> Any:
        """A Series for one asset and one field; for several assets a frame with a column for each; for several fields
        one with a row for each moment and asset. Raises MissingExtra where pandas is not installed."""
        pd = pandas(ASKED)
        if isinstance(fields, str):
            named = assets if is_readable(assets) else list(assets)
            values = self._past.array(named, fields, count, frequency, "numpy", plain=True)
            index = self._index_of(named, fields, count, frequency)
            if values.ndim == 1:
                return pd.Series(values, index=index, name=assets)
            return pd.DataFrame(values, index=index, columns=pd.Index(named, dtype=object))
        listed = [assets] if is_readable(assets) else sorted(set(assets), key=lambda asset: getattr(asset, "sid", -1))
        columns = {
            field: self._past.array(listed, field, count, frequency, "numpy", plain=True).ravel() for field in fields
        }
        moments = self._index_of(listed, next(iter(fields)), count, frequency)
        names = ["date" if frequency == "1d" else "date_time", None]
        frame = pd.DataFrame(columns, index=pd.MultiIndex.from_product([moments, listed], names=names))
        frame.columns.name = "fields"
        return frame

    def _index_of(self, assets: Any, field: str, count: int, frequency: str) -> Any:
        index = self._index.window(count, frequency)
        if index is not None:
            return index
        one = assets[0] if isinstance(assets, list) else assets
        stamps = self._past.windows(one, field, count, frequency, exact=False, timestamps=True)["timestamp"]
        return _utc(np.array(stamps.dt.timestamp("ns").to_numpy()))


def _utc(stamps: Any) -> Any:
    return pandas(ASKED).DatetimeIndex(stamps.view("M8[ns]"), tz="UTC")
