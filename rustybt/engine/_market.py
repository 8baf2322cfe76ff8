"""Market data that runs share: what `load` returns, and what a run on a bundle opens for itself."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from rustybt.calendars import SessionTable
from rustybt.catalog import LoadedVersion, catalog_root, open_loaded
from rustybt.core import Notes, check_process, frequency_named, hold, parse_date
from rustybt.engine._accounting import accounting_calendar
from rustybt.engine._axis import axis_between
from rustybt.engine._compat import Compat
from rustybt.engine._span import span_of
from rustybt.errors import InputError
from rustybt.view import Axis, Tracks

MOST_SPANS: Final = 16
"""Spans of runs whose tracks a market keeps: the last ones that were asked for."""


class Loaded(NamedTuple):
    """What was read ahead: assets, and the first and the last moment, ns UTC."""

    sids: tuple[int, ...]
    first_ns: int
    last_ns: int


class Reference(NamedTuple):
    """What another process needs to have a market: it opens the version itself, and maps its bars."""

    root: Path
    bundle: str
    version: str
    data_frequency: str
    length: str
    start: dt.date | None
    end: dt.date | None
    loaded: Loaded | None
    at_hand: bool
    told: list[Any]


class Market:
    """Market data of one version of a bundle, read once and shared by any number of runs and threads.

    `rustybt.load` makes it. Nothing that a run does to its market is seen by another one. Pickled it is a reference to
    its version and to a file of its bars, which every process maps into its memory.
    bundle, version: which data. data_frequency: of the runs on it. start, end: the first and the last day that a run
    may have; None where only the data set a bound.

    >>> import rustybt
    >>> market = rustybt.load("sample", assets=["AAPL", "IBM"])
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 10)
    >>> for year in (2010, 2011):
    ...     print(rustybt.run(handle_data, market=market, start=f"{year}-06-01", end=f"{year}-06-30").daily.height)
    22
    22
    """

    def __init__(
        self,
        data: LoadedVersion,
        root: Path,
        data_frequency: str,
        length: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
    ) -> None:
        self.data = data
        self.root = root
        self.data_frequency = data_frequency
        self.length = length
        self.start = start
        self.end = end
        self.loaded: Loaded | None = None
        # what was done to data at hand while they were read
        self.told = Notes()
        # whether they are in no catalog
        self.at_hand = False
        self._lock = threading.Lock()
        self._calendars: dict[str | None, SessionTable] = {}
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        return self.data.bundle

    @property
    def version(self) -> str:
        """The version's name."""
        return self.data.id

    @property
    def rows_read(self) -> int:
        """How many bars were read from files so far, in this process."""
        return self.data.rows_read

    def __repr__(self) -> str:
        return f"<Market {self.bundle} {self.version}, {self.data_frequency!r} bars>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.loaded is not None:
            sids, *edges = self.loaded
            # where the catalog can't be written to each process reads for itself
            with contextlib.suppress(OSError):
                self.data.share_bars(sids, self.length, *edges)
        return reopened, (reference_to(self)._replace(loaded=self.loaded),)

    def _once[Made](self, key: tuple[Any, ...], make: Callable[[], Made], of: object) -> Made:
        """What was made for a key, or is made now. of: the object whose id is in the key, which is kept with it."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = make(), of
                if len(self._kept) > 2 * MOST_SPANS:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
            made: Made = kept[0]
            return made

    def _calendar_of(self, wanted: Any) -> SessionTable:
        """The sessions of a run, as `accounting_calendar` has them."""
        length = frequency_named(self.length)
        if wanted is not None and not isinstance(wanted, str):
            return accounting_calendar(self.data, wanted, length)
        calendar = self._calendars.get(wanted)
        if calendar is None:
            calendar = self._calendars.setdefault(wanted, accounting_calendar(self.data, wanted, length))
        return calendar


def read_ahead(market: Market) -> None:
    """Reads what a market is to have from the start, from the file that processes share where it is there."""
    if market.loaded is not None:
        sids, *edges = market.loaded
        if not market.data.map_bars(sids, market.length, *edges):
            market.data.load(sids, market.length, *edges)


def reference_to(market: Market) -> Reference:
    """Where a market is, for `reopened`; nothing of it is read ahead then."""
    own = market.root, market.bundle, market.version, market.data_frequency, market.length, market.start, market.end
    return Reference(*own, None, market.at_hand, market.told.state())


def reopened(reference: Reference) -> Market:
    """The market that was pickled. Raises VersionNotFound and BundleNotFound where its version is gone."""
    check_process()
    root, bundle, version, data_frequency, length, start, end, loaded, at_hand, told = reference
    market = Market(open_loaded(bundle, version=version, root=root), root, data_frequency, length, start, end)
    market.data.late = False
    market.loaded, market.at_hand = loaded, at_hand
    market.told.restore(told)
    if at_hand and (kept := hold(root)) is not None:
        weakref.finalize(market.data, os.close, kept)
    read_ahead(market)
    return market


def axis_of(market: Market, start: Any, end: Any, trading_calendar: Any, notes: Notes) -> Axis:
    """The bars of a run on a market.

    Raises InputError for a run that reaches out of the market's span, and what `span_of` and `accounting_calendar` do.
    """
    length, calendar = frequency_named(market.length), market._calendar_of(trading_calendar)
    first, last = _within(market, "start", start, market.start), _within(market, "end", end, market.end)
    begin, stop = span_of(market.data, length, calendar, first, last, notes)
    key = id(calendar), begin, stop
    return market._once(key, lambda: axis_between(market.data, calendar, length, begin, stop), calendar)


def tracks_on(market: Market, axis: Axis, compat: Compat) -> Tracks:
    """The tracks of a market on an axis of it, by the rules of a run."""
    need_a_bar, last_trade = compat.dividends_need_a_bar, compat.price_of_last_trade

    def make() -> Tracks:
        return Tracks(market.data, axis, market.length, dividends_need_a_bar=need_a_bar, price_of_last_trade=last_trade)

    return market._once((id(axis), need_a_bar, last_trade), make, axis)


def _within(market: Market, name: str, given: Any, bound: dt.date | None) -> Any:
    """An end of a run, checked against the market's; that one where none is given."""
    if bound is None or given is None:
        return bound if given is None else given
    day = parse_date(given, name)
    if day < bound if name == "start" else day > bound:
        reach = [*([] if market.start is None else [f"from {market.start}"])]
        reach += [] if market.end is None else [f"up to {market.end}"]
        raise InputError(
            f"{name}={day} lies {'before' if name == 'start' else 'after'} {bound}: the market of bundle "
            f"{market.bundle!r} was loaded {' '.join(reach)}. Load a longer one, or choose a run within."
        )
    return given


def check_market(
    market: Any, data_frequency: Any, bundle: Any, version: Any, timestamp: Any, environ: Mapping[str, str] | None
) -> None:
    """Raises InputError where other arguments of a run name other data than its market has."""
    if not isinstance(market, Market):
        raise InputError(f"market={market!r}: pass what rustybt.load() returns.")
    there = {
        "data_frequency": (market.length, market.data_frequency),
        "bundle": (market.bundle,),
        "version": (market.version,),
    }
    for name, given in (("data_frequency", data_frequency), ("bundle", bundle), ("version", version)):
        if given is not None and given not in there[name]:
            raise InputError(
                f"{name}={given!r} was given beside a market of {name} {there[name][-1]!r}. Leave it out, or load the "
                "market that you want."
            )
    if timestamp is not None:
        raise InputError(
            f"bundle_timestamp={timestamp} was given beside market=. Leave it out: the market is of version "
            f"{market.version!r}."
        )
    root = environ.get("RUSTYBT_ROOT") if isinstance(environ, Mapping) else None
    if root and catalog_root(root) != market.root:
        raise InputError(
            f"environ names the catalog {root}, and the market was loaded from {market.root}. Leave environ out."
        )
