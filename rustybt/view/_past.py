"""`data.history`: which bars a question is about, and what has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import ContinuousFuture
from rustybt.errors import InputError, NoData, NoSuchField
from rustybt.view._asked import as_columns, listed, note_wanted, positive
from rustybt.view._continuous import Continuous, Splice, is_readable
from rustybt.view._history import FIELDS, History
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView
from rustybt.view._windows import Windows, cut, long_frame

if TYPE_CHECKING:
    from rustybt.view._pandas import PandasWindows
    from rustybt.view._sessions import SessionHistory


class Past:
    """The bars of a run up to the moment, and in a run of minutes the sessions before it too.

    history: the run's own bars. decimals: what Zipline rounds to. name: how to call an asset's column.
    """

    __slots__ = (
        "_asked",
        "_continuous",
        "_decimals",
        "_instruments",
        "_market",
        "_name",
        "_named",
        "_pandas",
        "_sessions",
        "history",
    )

    def __init__(
        self, market: MarketView, decimals: int | None, name: Callable[[Any], str], continuous: Continuous
    ) -> None:
        self._market = market
        self._instruments = market.instruments
        self._decimals = decimals
        self._name = name
        self._continuous = continuous
        self.history = History(market, decimals)
        self._sessions: SessionHistory | None = None
        # the list of assets that was asked for last, and their instruments
        self._asked: tuple[list[Any], list[Instrument]] | None = None
        self._pandas: PandasWindows | None = None
        self._named: tuple[list[Instrument], pl.Series] | None = None

    def output(self, assets: Any, fields: Any, bar_count: int, frequency: str, output: str, *, plain: bool) -> Any:
        """What `BarData.history` returns for another output than Polars. plain: that neither Decimals nor times, which
        an array can't hold, were asked for."""
        if output != "pandas" or not plain:
            return self.array(assets, fields, bar_count, frequency, output, plain=plain)
        if self._pandas is None:
            from rustybt.view._pandas import PandasWindows

            self._pandas = PandasWindows(self._market, self)
        return self._pandas.of(assets, fields, positive(bar_count), frequency)

    def array(
        self, assets: Any, fields: Any, bar_count: int, frequency: str, output: str, *, plain: bool
    ) -> npt.NDArray[np.float64]:
        """What `BarData.history` returns as an array. plain: as in `output`."""
        one_field = isinstance(fields, str)
        if output != "numpy" or not plain or not (one_field or is_readable(assets)):
            raise InputError(
                f"history(output={output!r}): choose 'polars'; or, for floats without timestamps, 'pandas', or "
                "'numpy' where there is one asset or one field."
            )
        if one_field and fields in FIELDS and frequency == self._market.frequency and isinstance(assets, list):
            instruments = self._all(assets)
            if self._asked is not None and self._asked[1] is instruments:
                return self.history.block(instruments, fields, *self.history.bounds(positive(bar_count)))
        window = self.windows(assets, fields, bar_count, frequency, exact=False, timestamps=False)
        numbers: npt.NDArray[np.float64] = window.to_numpy(writable=True)
        return numbers

    def windows(self, assets: Any, fields: Any, bar_count: int, frequency: str, exact: bool, timestamps: bool) -> Any:
        """What `BarData.history` returns."""
        history = self.history if frequency == self._market.frequency else self._other_history(frequency)
        start, count = history.bounds(positive(bar_count))
        one_asset, one_field = is_readable(assets), isinstance(fields, str)
        names = [fields] if one_field else listed(fields, "fields")
        for field in names:
            if field not in FIELDS and not (field == "sid" and isinstance(assets, ContinuousFuture)):
                raise NoSuchField(f"{field!r} is not a field of the bars. There are: {', '.join(FIELDS)}.")
        if one_asset:
            instrument = self._readable(assets)
            columns = [cut(history, instrument, field, start, count, exact) for field in names]
            if one_field and not timestamps:
                return columns[0]
            return as_columns([history.stamps(start, count), *columns] if timestamps else columns)
        instruments = self._all(listed(assets, "assets"))
        if one_field:
            frame = self._wide(history, instruments, fields, start, count, exact)
            return frame.insert_column(0, history.stamps(start, count)) if timestamps else frame
        if len(set(names)) < len(names):
            as_columns([pl.Series(field, [], dtype=pl.Float64) for field in names])  # raises
        of_fields = {field: self._several(history, instruments, field, start, count, exact) for field in names}
        return long_frame(history.stamps(start, count), self._symbols(instruments), of_fields)

    def _all(self, assets: list[Any]) -> list[Instrument]:
        """The instruments of assets; those that are missing are loaded together."""
        if self._asked is not None and self._asked[0] == assets:
            return self._asked[1]
        known = self._instruments
        if any(getattr(asset, "sid", None) not in known for asset in assets):
            for asset in assets:
                note_wanted(self._market, asset)
        instruments = [self._readable(asset) for asset in assets]
        once = len({instrument.asset.sid for instrument in instruments if isinstance(instrument, Instrument)}) == len(
            instruments
        )
        if instruments and once:
            # a copy: the list is the strategy's own, and may be another one when it asks again
            self._asked = list(assets), instruments
        return instruments

    def _readable(self, asset: Any) -> Any:
        """The instrument of an asset, or what stands for one of a continuous future."""
        return self._continuous.splice(asset) if isinstance(asset, ContinuousFuture) else self._market.instrument(asset)

    def _other_history(self, frequency: str) -> Windows:
        """What answers for bars that are not the run's own: the sessions of a minute run."""
        own = self._market.frequency
        if own != "1d" and frequency == "1d" and not self._market.axis.daily:
            if self._sessions is None:
                from rustybt.view._sessions import SessionHistory

                self._sessions = SessionHistory(self._market, self._decimals)
            return self._sessions
        if own == "1d" and frequency == "1m":
            raise NoData(
                "history with '1m' in a daily run: it reads no minutes. Ask for '1d', or run with "
                "data_frequency='minute'."
            )
        there = f"{own!r}" if self._market.axis.daily else f"{own!r} and '1d'"
        raise NoSuchField(
            f"history with frequency {frequency!r}: this run has {there}. Ask for that, or run on other bars."
        )

    def _wide(
        self, history: Windows, instruments: list[Instrument], field: str, start: int, count: int, exact: bool
    ) -> pl.DataFrame:
        if not exact and (self._is_plain(instruments) or not any(isinstance(x, Splice) for x in instruments)):
            return history.frame(instruments, self._name, field, start, count)
        return as_columns([cut(history, x, field, start, count, exact).alias(self._name(x.asset)) for x in instruments])

    def _several(
        self, history: Windows, instruments: list[Instrument], field: str, start: int, count: int, exact: bool
    ) -> npt.NDArray[np.float64] | list[pl.Series]:
        """Windows of one field: an array of floats with a column for each asset, or a Series for each."""
        if exact or not self._is_plain(instruments):
            return [cut(history, x, field, start, count, exact) for x in instruments]
        if isinstance(history, History):
            return history.block(instruments, field, start, count)
        return history.frame(instruments, self._name, field, start, count).to_numpy(order="c")

    def _symbols(self, instruments: list[Instrument]) -> pl.Series:
        """How their rows are called. An asset that was called once keeps its name."""
        if self._named is None or self._named[0] is not instruments:
            names = pl.Series("symbol", [self._name(instrument.asset) for instrument in instruments], dtype=pl.String)
            self._named = instruments, names
        return self._named[1]

    def _is_plain(self, instruments: list[Instrument]) -> bool:
        """Whether they are assets, each once, and were asked for last."""
        return self._asked is not None and self._asked[1] is instruments
