"""`load`: reads the bars of a bundle for any number of runs. And the market of a run that names a bundle instead."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from rustybt.catalog import LoadedVersion, catalog_root
from rustybt.core import DAY_NS, Asset, check_process, date_of, day_of, frequency_named, parse_date
from rustybt.engine._data import open_data
from rustybt.engine._market import Loaded, Market, check_market, read_ahead
from rustybt.errors import InputError, NoData
from rustybt.view import MINUTE_PREFIX_SESSIONS

FREQUENCIES: Final = {"daily": "1d", "minute": "1m"}
"""What Zipline calls them; other bars go by their name."""
_LAST_NS: Final = int(np.iinfo(np.int64).max) - 1
_MARGIN_DAYS: Final = 7
"""Read beyond the ends, so that runs on another calendar, with other hours, find their bars."""


def load(
    bundle: str,
    *,
    version: str | None = None,
    data_frequency: str = "daily",
    assets: Iterable[Asset | str | int] | None = None,
    start: Any = None,
    end: Any = None,
) -> Market:
    """Reads market data once, for any number of `run_algorithm(market=...)`, in any number of threads and processes.

    bundle, version: which data; by default the newest version. data_frequency: "daily", "minute", or the length of a
    bar from "1ms" to "1mo": that of the runs.
    assets: symbols, sids or assets to read; by default all of the bundle. What else a run looks up is read when it
    first needs it, and kept.
    start, end: the first and the last day that runs may have, both included; by default those of the data. Bars before
    start are read as far as runs look back: all in days, a few sessions of shorter bars, and more when a run asks.
    Raises BundleNotFound, VersionNotFound, NoData, SymbolNotFound, SidsNotFound, InputError, CatalogCorrupt.

    >>> import rustybt
    >>> market = rustybt.load("sample", assets=["AAPL"], start="2010-01-01", end="2010-12-31")
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("AAPL"), 10)
    >>> for month in ("2010-02", "2010-03"):
    ...     print(rustybt.run(handle_data, market=market, start=f"{month}-01", end=f"{month}-26").daily.height)
    19
    20
    """
    check_process()
    root, (length, name) = catalog_root(), length_and_name(data_frequency)
    first = None if start is None else parse_date(start, "start")
    last = None if end is None else parse_date(end, "end")
    market = Market(open_data(bundle, version, None, root), root, name, length, first, last)
    if market.start is not None and market.end is not None and market.end < market.start:
        raise InputError(f"start={market.start} lies after end={market.end}. Swap them.")
    data, length = market.data, market.length
    data.late = False
    first_day, last_day = data.first_day_of(length), data.last_day_of(length)
    if (market.start and day_of(market.start) > last_day) or (market.end and day_of(market.end) < first_day):
        asked = [f"{name}={day}" for name, day in (("start", market.start), ("end", market.end)) if day is not None]
        raise NoData(
            f"Bundle {bundle!r} has {length!r} bars from {date_of(first_day)} to {date_of(last_day)}; "
            f"{', '.join(asked)} lies outside. Choose dates within."
        )
    found = data.assets() if assets is None else [_asset(data, one, market.end) for one in _listed(assets)]
    market.loaded = Loaded(tuple([asset.sid for asset in found]), *_edges(market))
    read_ahead(market)
    return market


def market_of(
    market: Any,
    data_frequency: Any,
    bundle: Any,
    version: Any,
    timestamp: Any,
    environ: Mapping[str, str] | None,
    before: Callable[[Path], None],
) -> Market:
    """The market of a run: the one that it was given, else that of the bundle, of which nothing is read yet.

    timestamp: see `open_data`. before: called with the catalog's folder before a bundle is opened in it.
    Raises InputError where a market is there, and another argument names other data.
    """
    if market is not None:
        check_market(market, data_frequency, bundle, version, timestamp, environ)
        before(market.root)
        return market  # type: ignore[no-any-return]  # it was checked
    length, name = length_and_name("daily" if data_frequency is None else data_frequency)
    root = catalog_root((environ or os.environ).get("RUSTYBT_ROOT"))
    before(root)
    return Market(open_data("sample" if bundle is None else bundle, version, timestamp, root), root, name, length)


def length_and_name(data_frequency: str) -> tuple[str, str]:
    """The length of a run's bars, and what Zipline calls it where it has a name for it."""
    if not isinstance(data_frequency, str):
        raise InputError(f"data_frequency={data_frequency!r}: pass text.")
    length = FREQUENCIES.get(data_frequency, data_frequency)
    try:
        frequency_named(length)
    except InputError as error:
        raise InputError(f"data_frequency={data_frequency!r}: choose 'daily' or 'minute', or else: {error}") from None
    return length, {name: known for known, name in FREQUENCIES.items()}.get(length, data_frequency)


def _listed(assets: Any) -> list[Any]:
    if isinstance(assets, str) or not isinstance(assets, Iterable):
        raise InputError(f"assets={assets!r}: pass a list of symbols, sids or assets.")
    return list(assets)


def _asset(data: LoadedVersion, named: Any, end: dt.date | None) -> Asset:
    if isinstance(named, Asset):
        return data.asset(named.sid)
    if isinstance(named, int) and not isinstance(named, bool):
        return data.asset(named)
    if not isinstance(named, str):
        raise InputError(f"assets has {named!r}: pass symbols, sids or assets.")
    return data.lookup_symbol(named, data.last_day if end is None else day_of(end))


def _edges(market: Market) -> tuple[int, int]:
    """The first and the last moment whose bars are read."""
    days, begin = market.data.calendar.days, 0
    if market.start is not None and not frequency_named(market.length).by_session:
        place = int(np.searchsorted(days, day_of(market.start))) - MINUTE_PREFIX_SESSIONS
        begin = 0 if place <= 0 else (int(days[place]) - _MARGIN_DAYS) * DAY_NS
    return begin, _LAST_NS if market.end is None else (day_of(market.end) + 1 + _MARGIN_DAYS) * DAY_NS
