"""The market of a run: what is loaded of it, and the moment up to which it can be seen."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from types import MethodType
from typing import Any, Protocol

import numpy as np

from rustybt.core import Asset, CashDividend, Split, day_of
from rustybt.errors import InputError
from rustybt.view._axis import Axis
from rustybt.view._fetched import Fetched
from rustybt.view._listing import Listing
from rustybt.view._periods import prices_of, restated_bars
from rustybt.view._rows import RowPlan

MINUTE_PREFIX_SESSIONS = 5
"""Sessions of minutes loaded before a run; a window that reaches further back loads more."""


class Version(Protocol):
    """A version of a bundle, open for reading."""

    def first_day_of(self, frequency: str) -> int: ...
    def load(self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int, *, late: bool) -> Any: ...
    def splits(self, sids: Sequence[int]) -> list[Split]: ...
    def dividends(self, sids: Sequence[int]) -> list[CashDividend]: ...


class Market:
    """Bars of the assets that a run touches, loaded when they are first needed, all that are known by then at once.

    bar: the last bar that can be seen. hook: True before a session's first bar, when the session's corporate
    actions count already and its bars do not. session: the run's session. prefix_sessions: how many sessions before
    the run are loaded at first; by default all of a daily run's, and a few of a minute run's. own_calendar: that of the
    bundle's assets where it is not the run's. fetched: what fetch_csv brought.
    now: the moment, ns UTC, where it lies between two bars; else 0.
    restrictions: what says of an asset whether it may be ordered; None where nothing does.
    inner: in a run of weeks or months that are made of shorter bars, the market of their days, with the same moments;
    else None.
    """

    __slots__ = (
        "_bars_of_days",
        "_listeners",
        "_plan",
        "_price_of_last_trade",
        "_wanted",
        "axis",
        "bar",
        "fetched",
        "first_data",
        "first_loaded",
        "frequency",
        "hook",
        "inner",
        "listings",
        "needs_a_bar",
        "now",
        "own_calendar",
        "restrictions",
        "rows_loaded",
        "session",
        "version",
    )

    def __init__(
        self,
        version: Any,
        axis: Axis,
        frequency: str,
        *,
        dividends_need_a_bar: bool = False,
        price_of_last_trade: bool = False,
        prefix_sessions: int | None = None,
    ) -> None:
        self.version = version
        self.needs_a_bar = dividends_need_a_bar
        self._price_of_last_trade = price_of_last_trade and not axis.daily
        self.axis = axis
        own = getattr(version, "calendar", axis.calendar)
        self.own_calendar = None if own.name == axis.calendar.name else own
        self.frequency = frequency
        self.listings: dict[int, Listing] = {}
        self._wanted: dict[int, Asset] = {}
        self._listeners: list[Callable[[], Callable[[Listing], None] | None]] = []
        self._plan = RowPlan(axis.keys)
        # by day and side: many assets begin and end on the same ones
        self._bars_of_days: dict[tuple[int, Any], int] = {}
        self.bar = 0
        self.fetched: Fetched | None = None
        self.hook = True
        self.now = 0
        self.session = 0
        self.rows_loaded = 0
        self.restrictions: Any = None
        first_data = int(np.searchsorted(axis.calendar.days, version.first_day_of(frequency)))
        self.first_data = min(first_data, axis.first_session)
        if prefix_sessions is None and not axis.daily:
            prefix_sessions = MINUTE_PREFIX_SESSIONS
        near = 0 if prefix_sessions is None else axis.first_session - prefix_sessions
        self.first_loaded = max(self.first_data, near)
        self.inner = self._inner_market()

    def _inner_market(self) -> Market | None:
        steps = self.axis.steps
        if steps is None or self.version.source_of(self.frequency) == self.frequency:
            return None
        last = steps.first + len(steps.days) - 1
        days = Axis(steps.table, steps.first, last, daily=True)
        return Market(self.version, days, "1d", dividends_need_a_bar=self.needs_a_bar)

    def on_load(self, listener: Callable[[Listing], None]) -> None:
        """Calls the listener with each asset that is loaded from now on. A method's object is not kept alive by it."""
        self._listeners.append(weakref.WeakMethod(listener) if isinstance(listener, MethodType) else lambda: listener)

    def want(self, asset: Asset) -> None:
        """Notes that the strategy knows of an asset; it is loaded with the next that is needed."""
        if asset.sid not in self.listings:
            self._check_own(asset)
            self._wanted[asset.sid] = asset

    def listing(self, asset: Asset) -> Listing:
        """The bars of an asset; loads it, and all that were wanted, if they are not there."""
        listing = self.listings.get(asset.sid)
        if listing is None:
            self._check_own(asset)
            self._wanted[asset.sid] = asset
            self._load(list(self._wanted.values()), self.first_loaded)
            self._wanted.clear()
            listing = self.listings[asset.sid]
        elif listing.asset is not asset and listing.asset != asset:
            self._check_own(asset)
        return listing

    def _check_own(self, asset: Asset) -> None:
        own = self.version.asset(asset.sid)
        if own != asset:
            raise InputError(
                f"{asset!r} is {asset.key} of another bundle; in bundle {self.version.bundle!r} that number belongs to "
                f"{own.key}. Look it up in this run, with symbol({asset.symbol!r})."
            )

    def extend(self, first_session: int) -> None:
        """Loads the bars of all listings from an earlier session of the calendar on."""
        self.first_loaded = first_session
        raw = self._read([x.asset for x in self.listings.values()], first_session)
        for sid, listing in self.listings.items():
            listing.number_rows(raw[sid], self._plan.of(raw[sid].stamps))
            self._bind(listing)

    def is_open(self) -> bool:
        """Whether the calendar of the bundle's assets has a minute bar now; before a session's bars, with the first."""
        if self.own_calendar is None or self.axis.daily:
            return True
        bar = self.axis.run_of(self.session)[0] if self.hook else self.bar
        return bool(self.own_calendar.holds_minutes(self.axis.stamps[bar : bar + 1])[0])

    def place(self) -> int:
        """The moment as `Fetched` counts places."""
        return 2 * self.bar + self.hook

    def now_key(self) -> int:
        """The largest key that a bar or an action may have at this moment."""
        if self.hook:
            return self.axis.first_key(self.axis.first_session + self.session)
        return int(self.axis.keys[self.bar])

    def _read(self, assets: Iterable[Asset], first_session: int) -> Any:
        axis = self.axis
        first = axis.first_key(first_session) if first_session > self.first_data else 0
        raw = self.version.load([asset.sid for asset in assets], self.frequency, first, int(axis.keys[-1]), late=True)
        self.rows_loaded += sum(len(bars.stamps) for bars in raw.values())
        return raw

    def _load(self, assets: list[Asset], first_session: int) -> None:
        axis = self.axis
        sids = [asset.sid for asset in assets]
        raw = self._read(assets, first_session)
        splits: dict[int, list[Split]] = {}
        for split in self.version.splits(sids):
            splits.setdefault(split.sid, []).append(split)
        dividends: dict[int, list[CashDividend]] = {}
        for dividend in self.version.dividends(sids):
            dividends.setdefault(dividend.sid, []).append(dividend)
        listeners = [listener for known in self._listeners if (listener := known()) is not None]
        days = self._days_of([asset for asset in assets if asset.sid in splits or asset.sid in dividends])
        for asset in assets:
            bars = raw[asset.sid]
            if self._starts_too_late(asset, bars):
                # its last price before the run lies further back than what was loaded
                bars = self._read([asset], 0)[asset.sid]
            daily = days.get(asset.sid)
            if daily is not None:
                bars = restated_bars(axis, daily, bars)
            listing = Listing(asset, bars, splits.get(asset.sid, []), dividends.get(asset.sid, []))
            self._bind(listing)
            prices, finer = prices_of(axis, listing, daily)
            listing.align(
                axis.keys,
                self._plan.of(bars.stamps),
                self._last_bar(asset),
                traded_only=self._price_of_last_trade,
                prices=prices,
                finer=finer,
            )
            listing.start = self._first_bar(asset)
            listing.closing = self._closing_bar(asset, listing.last)
            listing.priced = max(listing.first, listing.start)
            self.listings[asset.sid] = listing
            for listener in listeners:
                listener(listing)

    def _days_of(self, acting: list[Asset]) -> dict[int, Listing]:
        """The days of assets with corporate actions, by sid, where the run's bars are made of them."""
        inner = self.inner
        if inner is None:
            return {}
        for asset in acting:
            inner.want(asset)
        return {asset.sid: inner.listing(asset) for asset in acting}

    def _bind(self, listing: Listing) -> None:
        axis = self.axis
        if self.inner is not None and (listing.splits or listing.dividends):
            listing.adjustments = self.inner.listing(listing.asset).adjustments
            return
        days, first = axis.action_days()
        listing.bind(days, axis.action_key, first, needs_a_bar=self.needs_a_bar)

    def _starts_too_late(self, asset: Asset, bars: Any) -> bool:
        if self.first_loaded == self.first_data:
            return False
        earlier = day_of(asset.start_date) < int(self.axis.calendar.days[self.first_loaded])
        return earlier and (not len(bars.stamps) or int(bars.stamps[0]) > int(self.axis.keys[0]))

    def _first_bar(self, asset: Asset) -> int:
        """The first bar of the asset's life; 0 where that lies before the run."""
        return self._bar_of_session(day_of(asset.start_date), "left")

    def _last_bar(self, asset: Asset) -> int:
        """That of its end; a week or month in which it ended has a bar of it too."""
        return self._bar_of_session(self.axis.calendar.day_of_period(day_of(asset.end_date)), "right") - 1

    def _closing_bar(self, asset: Asset, last: int) -> int:
        """The last bar on which the asset can be ordered: that of its end, or of its close-out where that is before."""
        if asset.auto_close_date is None:
            return last
        return min(last, self._bar_of_session(day_of(asset.auto_close_date), "right") - 1)

    def _bar_of_session(self, day: int, side: Any) -> int:
        bar = self._bars_of_days.get((day, side))
        if bar is None:
            bar = self._bars_of_days[day, side] = self._find_bar(day, side)
        return bar

    def _find_bar(self, day: int, side: Any) -> int:
        axis = self.axis
        session = int(axis.calendar.days.searchsorted(day, side)) - axis.first_session
        if session < 0 or (session == 0 and side == "left"):
            return 0
        if session == 0:
            return 1
        return axis.starts[min(session, axis.sessions)]
