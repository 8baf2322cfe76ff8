"""What answers the questions of `data`: the market, cut at the moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import polars as pl

from rustybt._kernels import Kernel
from rustybt.core import (
    Asset,
    ContinuousFuture,
    Future,
    as_decimal,
    date_of,
    datetime_column,
    datetime_of,
    decimal_column,
    exact_number,
    scaled,
)
from rustybt.errors import InputError, NoData
from rustybt.view._asked import as_columns, listed, note_wanted
from rustybt.view._continuous import Continuous, is_readable, label
from rustybt.view._history import is_exact
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView
from rustybt.view._past import Past
from rustybt.view._price_cache import OF_A_BAR, PriceCache, Priced
from rustybt.view._value import value_at

NOTHING: Final = object()
PRICE: Final = "price"


class BarData:
    """Answers what a strategy asks of prices and volumes up to the current moment. `rustybt.BarData` adds the types."""

    __slots__ = (
        "_asked",
        "_cache",
        "_continuous",
        "_decimals",
        "_kernel",
        "_market",
        "_missing",
        "_name",
        "_number",
        "_past",
        "_priced",
    )

    def __init__(
        self,
        market: MarketView,
        *,
        kernel: Kernel,
        number: Callable[[int, int], Any] = as_decimal,
        missing: Any = None,
        history_decimals: int | None = None,
        name: Callable[[Asset], str] | None = None,
        continuous: Continuous | None = None,
    ) -> None:
        self._market = market
        self._cache = PriceCache(market, number, kernel)
        self._priced = self._cache.priced
        self._kernel = self._cache.kernel
        # the last list that was asked, and what its prices need
        self._asked: tuple[list[Any], list[Priced]] = ([], [])
        self._number = number
        self._missing = missing
        self._decimals = history_decimals
        # made when it is first asked: a strategy that never looks back pays nothing for it
        self._past: Past | None = None
        named = name or (lambda asset: asset.symbol)
        self._name: Callable[[Any], str] = lambda asset: label(asset, named)
        self._continuous = continuous or Continuous(market)

    @property
    def current_dt(self) -> dt.datetime:
        """When the last visible bar was over, or, in before_trading_start, 45 minutes before the open; UTC."""
        return datetime_of(self.now_ns())

    def now_ns(self) -> int:
        """The moment in ns UTC."""
        market = self._market
        if market.now:
            return market.now
        if market.before_open:
            return market.axis.before_open_stamp(market.session)
        return market.axis.times[market.bar]

    @property
    def current_session(self) -> dt.date:
        """The date of the current session."""
        market = self._market
        return date_of(int(market.axis.calendar.days[market.axis.first_session + market.session]))

    @property
    def current_session_minutes(self) -> pl.Series:
        """The ends of all minute bars of the current session, UTC, whatever the run's bars are."""
        axis = self._market.axis
        position = axis.first_session + self._market.session
        return datetime_column("timestamp", axis.calendar.minute_stamps(position, position))

    def current(self, assets: Any, fields: Any, dtype: Any = None, default: Any = NOTHING) -> Any:
        """The last value of a field.

        assets: an Asset or a list of them; a continuous future stands for its current contract. fields: "price" (the
        last close, carried over bars without a trade), "open", "high", "low", "close", "volume", "last_traded", of a
        continuous future "contract", or a list of them. dtype: Decimal or float, instead
        of the run's own; default: instead of None (NaN in a float run) where there is nothing.
        Returns a value; a dict by asset or by field; or, for lists of both, a frame with a row per asset.
        Raises NoData for a field that the bundle does not have.

        >>> from rustybt import run
        >>> from rustybt.api import symbol, symbols
        >>> def handle_data(context, data):
        ...     print(data.current(symbol("IBM"), "close"), data.current(symbol("IBM"), ["open", "volume"]))
        ...     print(data.current(symbols("IBM", "AAPL"), ["close", "volume"]).rows())
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
        132.4500 {'open': Decimal('131.1800'), 'volume': Decimal('6155300')}
        [('IBM', Decimal('132.4500'), Decimal('6155300')), ('AAPL', Decimal('214.0100'), Decimal('17633200'))]
        """
        try:
            # by far the most frequent question: answered without leaving this function. Two texts are compared where
            # they are not one object, which a literal is; the market is read out of the tuple, which is quicker
            if (fields is PRICE or fields == PRICE) and dtype is None:
                asset, market, prices, numbers = self._priced[assets.sid]
                if asset is assets and not market.before_open:
                    return numbers[prices[market.bar]]
        except (AttributeError, KeyError):
            self._cache.add_price(assets)
        except IndexError:
            pass  # its life is over
        except (TypeError, ValueError):  # a Series or an array of fields
            return self._many(assets, listed(fields, "fields"), dtype, default)
        return self._many(assets, fields, dtype, default)

    def _many(self, assets: Any, fields: Any, dtype: Any, default: Any) -> Any:
        if is_readable(assets) or (isinstance(assets, str) and self._market.fetched is not None):
            if isinstance(fields, str):
                return self._one(assets, fields, dtype, default)
            return {field: self._one(assets, field, dtype, default) for field in listed(fields, "fields")}
        prices = fields == "price" and dtype is None
        if prices and type(assets) is list and assets == self._asked[0] and not self._market.before_open:
            bar = self._market.bar
            try:
                return {asset: numbers[prices[bar]] for asset, _, prices, numbers in self._asked[1]}
            except IndexError:
                self._asked = [], []
        wanted = listed(assets, "assets")
        for asset in wanted:
            note_wanted(self._market, asset)
        if prices:
            return self._prices(wanted, default)
        if isinstance(fields, str):
            if self._kernel is not None and fields in OF_A_BAR and dtype is None and default is NOTHING:
                return {asset: self.current(asset, fields) for asset in wanted}
            return {asset: self._one(asset, fields, dtype, default) for asset in wanted}
        return self._frame(wanted, listed(fields, "fields"), dtype, default)

    def _prices(self, wanted: list[Any], default: Any) -> dict[Any, Any]:
        """Prices by asset, asked one by one; a list of assets that all have one is known again."""
        prices = {asset: self.current(asset, "price", default=default) for asset in wanted}
        known: list[Any] = [self._priced.get(getattr(asset, "sid", -1)) for asset in wanted]
        if None not in known:
            self._asked = wanted, known
        return prices

    def _one(self, asset: Any, field: str, dtype: Any, default: Any) -> Any:
        fetched = self._market.fetched
        if fetched is not None and fetched.answers(asset, field):
            return self._of_file(fetched.value(asset, field, self._market.place()), dtype, default)
        if field == "contract":
            return self._contract(asset)
        instrument = self._instrument_of(asset)
        if instrument is None:
            value = None
        elif field == "last_traded":
            key = instrument.trades()[self._market.bar]
            return datetime_of(key) if key >= 0 else (None if default is NOTHING else default)
        else:
            value = value_at(self._market, instrument, field)
        if value is None:
            if default is not NOTHING:
                return default
            return self._missing if dtype is None else (None if is_exact(dtype) else float("nan"))
        if dtype is None:
            if self._kernel is not None and instrument is not None and instrument.asset is asset:
                self._cache.add(instrument, field)
            return self._number(*value)
        return as_decimal(*value) if is_exact(dtype) else value[0] / 10 ** value[1]

    def _of_file(self, value: Any, dtype: Any, default: Any) -> Any:
        """A fetched value: numbers as all others are, text as it is."""
        if value is None:
            return self._missing if default is NOTHING else default
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        number = scaled(exact_number(value))
        if dtype is None:
            return self._number(*number)
        return as_decimal(*number) if is_exact(dtype) else float(value)

    @property
    def fetcher_assets(self) -> list[Asset]:
        """The assets that the newest file of fetch_csv has had a row for by now."""
        fetched = self._market.fetched
        return [] if fetched is None else fetched.assets(self._market.place())

    def exact_value(self, instrument: Instrument, field: str) -> tuple[int, int] | None:
        """A field at the moment as value and scale; None where there is nothing."""
        return value_at(self._market, instrument, field)

    def _frame(self, assets: list[Any], fields: list[str], dtype: Any, default: Any) -> pl.DataFrame:
        exact = isinstance(self._number(1, 0), Decimal) if dtype is None else is_exact(dtype)
        names = [asset if isinstance(asset, str) else self._name(asset) for asset in assets]
        columns: list[pl.Series] = [pl.Series("symbol", names)]
        fetched = self._market.fetched
        instruments = [None if isinstance(asset, str) else self._instrument_of(asset) for asset in assets]
        for field in fields:
            if fetched is not None and any(fetched.answers(asset, field) for asset in assets):
                columns.append(pl.Series(field, [self._one(asset, field, dtype, default) for asset in assets]))
                continue
            if field == "contract":
                contracts = [self._contract(asset) for asset in assets]
                columns.append(pl.Series(field, [one and one.symbol for one in contracts], dtype=pl.String))
                continue
            if field == "last_traded":
                stamps = [self._one(asset, field, None, default) for asset in assets]
                columns.append(pl.Series(field, stamps, dtype=pl.Datetime("us", "UTC")))
                continue
            values = [
                None if instrument is None else value_at(self._market, instrument, field) for instrument in instruments
            ]
            if default is not NOTHING and default is not None:
                spare = scaled(exact_number(default, "default"))
                values = [spare if value is None else value for value in values]
            if exact:
                scale = max((value[1] for value in values if value is not None), default=0)
                numbers = [None if v is None else v[0] * 10 ** (scale - v[1]) for v in values]
                columns.append(decimal_column(field, numbers, scale))
            else:
                floats = [None if v is None else v[0] / 10 ** v[1] for v in values]
                columns.append(pl.Series(field, floats, dtype=pl.Float64))
        return as_columns(columns)

    def history(
        self,
        assets: Any,
        fields: Any,
        bar_count: int,
        frequency: str,
        *,
        dtype: Any = float,
        timestamps: bool = False,
        output: str = "polars",
    ) -> Any:
        """The last bars up to the moment, oldest first, adjusted as of it.

        bar_count: 1 or more, the current bar included. frequency: that of the run's bars, "1d" in a daily run; in one
        of shorter bars "1d" too. The last "1d" bar of such a run is today's so far: first open, highest high, lowest
        low, last close, summed volume.
        dtype: float (Float64) or Decimal. timestamps: adds a first column `timestamp`, the end of each bar.
        Returns a Series for one asset and one field; a frame with a column per symbol for several assets, a column
        per field for several fields, and a row per bar and symbol for both. Null where an asset has no bar.
        output: "polars", or "numpy": float64 in the shape (bars,), (bars, assets) or (bars, fields), NaN where there is
        no bar; a copy, quicker than the frame's own `to_numpy`. "pandas": as Zipline has it, a Series by time, a frame
        with assets as columns, or a row per time and asset; sessions are dates, shorter bars have their end in UTC.
        Raises HistoryWindowStartsBeforeData where the bundle does not reach back that far, MissingExtra without pandas.

        >>> from rustybt import run
        >>> from rustybt.api import symbol, symbols
        >>> def handle_data(context, data):
        ...     closes = data.history(symbol("IBM"), "close", 20, "1d")
        ...     print(len(closes), closes[-1], round(closes.mean(), 2), round(closes.pct_change().std(), 4))
        ...     print(data.history(symbols("IBM", "AAPL"), "close", 2, "1d").rows())
        >>> result = run(handle_data, start="2010-03-01", end="2010-03-01")
        20 128.57 125.25 0.0082
        [(127.16, 204.62), (128.57, 208.99)]
        """
        past = self._past
        if past is None:
            past = self._past = Past(self._market, self._decimals, self._name, self._continuous)
        if output != "polars":
            return past.output(assets, fields, bar_count, frequency, output, plain=dtype is float and not timestamps)
        market = self._market
        if dtype is float and frequency == market.frequency and not timestamps and type(bar_count) is int:
            # by far the most frequent question, as in `current`
            history = past.history
            try:
                asset, column = history.plain[fields][assets.sid]
            except (AttributeError, KeyError, TypeError):
                asset = None
            if asset is assets:
                begin = history.offset + market.bar - bar_count
                if begin >= 0 and bar_count > 0:
                    return column.slice(begin, bar_count)
        return past.windows(assets, fields, bar_count, frequency, is_exact(dtype), timestamps)

    def _instrument_of(self, asset: Any) -> Instrument | None:
        """The instrument of an asset, or of a continuous future's current contract; None where it has none."""
        if isinstance(asset, ContinuousFuture):
            asset = self._continuous.contract(asset)
        return None if asset is None else self._market.instrument(asset)

    def _contract(self, future: Any) -> Future | None:
        if not isinstance(future, ContinuousFuture):
            raise NoData(f"{future!r} has no field 'contract': only a continuous future has one.")
        return self._continuous.contract(future)

    def current_chain(self, continuous_future: ContinuousFuture) -> list[Future]:
        """The current contract of a continuous future, and those after it that have begun to trade.

        >>> import polars as pl
        >>> from rustybt import run
        >>> from rustybt.api import continuous_future
        >>> days = ["2024-01-02", "2024-01-03"]
        >>> bars = pl.DataFrame({"date": days, "open": 70, "high": 73, "low": 69, "close": [70, 71], "volume": 900})
        >>> def handle_data(context, data):
        ...     print(data.current_chain(continuous_future("CL", roll="calendar")))
        >>> result = run(handle_data, {"CLG24": bars, "CLH24": bars}, assets={"type": "future"}, end="2024-01-02")
        [Future(0 [CLG24]), Future(1 [CLH24])]
        """
        if not isinstance(continuous_future, ContinuousFuture):
            raise InputError(f"current_chain({continuous_future!r}): pass what continuous_future('CL') returns.")
        return self._continuous.chain(continuous_future)

    def can_trade(self, assets: Any) -> Any:
        """Whether an asset is alive and not restricted, its calendar open, and has a price. A list gives a dict.

        In a daily run, and where the run's calendar is the asset's own, markets count as open. An index never can.

        >>> from rustybt import run
        >>> from rustybt.api import symbols
        >>> def handle_data(context, data):
        ...     print({asset.symbol: free for asset, free in data.can_trade(symbols("IBM", "FB")).items()})
        >>> result = run(handle_data, start="2012-05-17", end="2012-05-18")  # the first day of FB
        {'IBM': True, 'FB': False}
        {'IBM': True, 'FB': True}
        """
        market = self._market
        try:
            instrument = market.instruments[assets.sid]
        except (AttributeError, KeyError):
            pass
        else:
            # what is asked all the time, on one look: from its first price on until its last bar or its close-out
            free = market.restrictions is None and market.own_calendar is None and not market.before_open
            if free and instrument.asset is assets and instrument.priced <= market.bar <= instrument.closing:
                return assets.kind != "index"
        return self._can_trade(assets)

    def _can_trade(self, assets: Any) -> Any:
        if isinstance(assets, ContinuousFuture):
            contract = self._continuous.contract(assets)
            return contract is not None and self.can_trade(contract)
        if not isinstance(assets, Asset):
            return {asset: self.can_trade(asset) for asset in listed(assets, "assets")}
        instrument = self._market.instrument(assets)
        closed = assets.auto_close_date is not None and self.current_session > assets.auto_close_date
        if closed or assets.kind == "index" or not self._lives(instrument):
            return False
        if self._market.own_calendar is not None and not self._market.is_open():
            return False
        restrictions = self._market.restrictions
        if restrictions is not None and restrictions.is_restricted(assets, self.current_dt):
            return False
        return value_at(self._market, instrument, "price") is not None

    def _lives(self, instrument: Instrument) -> bool:
        """Whether the session, before the open the one to come, lies within the asset's life."""
        return instrument.start <= self._market.bar + self._market.before_open <= instrument.last

    def is_stale(self, assets: Any) -> Any:
        """Whether an asset is alive and traded before, but not on the last bar. A list gives a dict.

        >>> from rustybt import run
        >>> from rustybt.api import symbol
        >>> def handle_data(context, data):
        ...     print(data.is_stale(symbol("IBM")))
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
        False
        """
        if isinstance(assets, ContinuousFuture):
            contract = self._continuous.contract(assets)
            return contract is not None and self.is_stale(contract)
        if not isinstance(assets, Asset):
            return {asset: self.is_stale(asset) for asset in listed(assets, "assets")}
        instrument = self._market.instrument(assets)
        if not self._lives(instrument):
            return False
        bar = self._market.bar
        key = instrument.trades()[bar]
        return key >= 0 and key != int(self._market.axis.keys[bar])
