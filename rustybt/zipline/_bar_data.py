"""`data` as a Zipline script sees it: floats, ints, Series and frames over the run's own view of the market."""

from __future__ import annotations

from typing import Any

import numpy as np

from rustybt.view import BarData as View
from rustybt.view import MarketView
from rustybt.zipline._assets import Asset, AssetWrapper, ContinuousFuture, unwrap, unwrap_all
from rustybt.zipline._pandas import pandas
from rustybt.zipline._times import Times, stamp


class BarData:
    """Prices and volumes up to the current moment; what comes back depends on how many assets and fields are asked for.

    A scalar for one of each; a Series by asset or by field; a DataFrame for several of both.
    """

    __slots__ = ("_axes", "_current", "_daily", "_times", "_view", "_wrapper")

    def __init__(self, view: View, market: MarketView, wrapper: AssetWrapper, times: Times) -> None:
        self._view = view
        self._current = view.current
        self._wrapper = wrapper
        self._times = times
        self._daily = market.axis.daily
        self._axes: dict[tuple[Any, ...], Any] = {}

    @property
    def current_dt(self) -> Any:
        """The moment, a Timestamp in UTC."""
        return self._times.now(self._view.now_ns())

    @property
    def current_session(self) -> Any:
        """The label of the current session, a Timestamp at midnight."""
        return self._times.session()

    @property
    def current_session_minutes(self) -> Any:
        """The minutes of the current session, a DatetimeIndex."""
        return self._times.session_minutes()

    @property
    def fetcher_assets(self) -> list[Any]:
        """The assets that a file of `fetch_csv` names on the current session."""
        return self._wrapper.all(self._view.fetcher_assets)

    def current(self, assets: Any, fields: Any) -> Any:
        """The last value of "price", "open", "high", "low", "close", "volume" or "last_traded".

        Returns a float, an int for volume, a Timestamp for last_traded; NaN, 0 and NaT where there is nothing.
        """
        if type(fields) is str:
            try:
                asset = assets.core
            except AttributeError:
                pass
            else:
                return self._current(asset, fields) if fields == "price" else self._one(asset, fields)
        return self._several(assets, fields)

    def _several(self, assets: Any, fields: Any) -> Any:
        pd = pandas()
        if isinstance(fields, str):
            if not is_several(assets):
                return self._one(unwrap(assets), fields)
            assets = list(assets)
            return pd.Series([self._one(unwrap(a), fields) for a in assets], index=assets, name=fields)
        fields = list(fields)
        if not is_several(assets):
            values = [self._one(unwrap(assets), field) for field in fields]
            return pd.Series(values, index=fields, name=getattr(assets, "symbol", assets))
        assets = list(assets)
        return pd.DataFrame(
            {f: pd.Series([self._one(unwrap(a), f) for a in assets], index=assets, name=f) for f in fields}
        )

    def _one(self, asset: Any, field: str) -> Any:
        value = self._current(asset, field)
        if field == "volume":
            return int(value) if float(value).is_integer() else value
        if field == "last_traded":
            # a daily run's bar is known by its session, as Zipline has it
            return pandas().Timestamp(value.date()) if self._daily and value is not None else stamp(value)
        if field == "contract":
            return None if value is None else self._wrapper.of(value)
        return value

    def history(self, assets: Any, fields: Any, bar_count: int, frequency: str) -> Any:
        """The last bars, oldest first, adjusted as of the moment.

        Returns a Series for one asset and one field; a DataFrame with a column per asset, or, for several fields,
        with rows by time and asset and a column per field.
        """
        if isinstance(fields, str):
            several = is_several(assets)
            asked = unwrap_all(assets) if several else unwrap(assets)
            values = self._view.history(asked, fields, bar_count, frequency)
            index = self._index(assets, fields, bar_count, frequency)
            if not several:
                return pandas().Series(own_copy(values.to_numpy()), index=index, name=assets)
            return pandas().DataFrame(own_copy(values.to_numpy()), index=index, columns=self._labels(assets))
        return self._stacked(assets, list(fields), bar_count, frequency)

    def _stacked(self, assets: Any, fields: list[str], bar_count: int, frequency: str) -> Any:
        """A row per time and asset, a column per field."""
        pd = pandas()
        listed = sorted(set(assets), key=_sid) if is_several(assets) else [assets]
        cores = unwrap_all(listed)
        columns = {f: self._view.history(cores, f, bar_count, frequency).to_numpy().ravel() for f in fields}
        index = self._index(listed, fields[0], bar_count, frequency)
        name = "date" if frequency == "1d" else "date_time"
        rows = pd.MultiIndex.from_product([index, listed], names=[name, None])
        frame = pd.DataFrame(columns, index=rows)
        frame.columns.name = "fields"
        return frame

    def _labels(self, assets: Any) -> Any:
        key = tuple(assets)
        labels = self._axes.get(key)
        if labels is None:
            labels = self._axes[key] = pandas().Index(list(key), dtype=object)
        return labels

    def _index(self, assets: Any, field: str, count: int, frequency: str) -> Any:
        index = self._times.window(count, frequency)
        if index is not None:
            return index
        one = next(iter(assets)) if is_several(assets) else assets
        stamps = self._view.history(unwrap(one), field, count, frequency, timestamps=True)["timestamp"]
        return pandas().DatetimeIndex(np.array(stamps.dt.timestamp("ns").to_numpy()).view("M8[ns]"), tz="UTC")

    def current_chain(self, continuous_future: Any) -> list[Any]:
        """The current contract of a continuous future, and those after it that have begun to trade."""
        return self._wrapper.all(self._view.current_chain(unwrap(continuous_future)))

    def can_trade(self, assets: Any) -> Any:
        """Whether an asset is alive at this moment and has a price; a Series for several."""
        return self._asked(self._view.can_trade, assets, dtype=bool)

    def is_stale(self, assets: Any) -> Any:
        """Whether an asset is alive and traded before, but not on the last bar; a Series for several."""
        return self._asked(self._view.is_stale, assets)

    def _asked(self, question: Any, assets: Any, **options: Any) -> Any:
        if not is_several(assets):
            return question(unwrap(assets))
        assets = list(assets)
        return pandas().Series([question(unwrap(asset)) for asset in assets], index=assets, **options)


def is_several(assets: Any) -> bool:
    """Whether a collection was given, not one asset, continuous future or name."""
    return not isinstance(assets, Asset | ContinuousFuture | str) and hasattr(assets, "__iter__")


def _sid(asset: Any) -> int:
    """Where an asset stands among others."""
    return getattr(asset, "sid", -1)


def own_copy(values: Any) -> Any:
    """An array that the script may write to."""
    return values if values.flags.writeable else values.copy()
