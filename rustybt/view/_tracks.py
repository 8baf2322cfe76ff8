"""The tracks of a market on one axis, laid out when a run first needs them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rustybt.core import Asset, CashDividend, Split, day_of
from rustybt.view._axis import Axis
from rustybt.view._periods import prices_of, restated_bars
from rustybt.view._rows import RowAligner
from rustybt.view._track import Track

if TYPE_CHECKING:
    from rustybt.view._columns import Columns

MINUTE_PREFIX_SESSIONS = 5
"""Sessions of minutes loaded before a run; a window that reaches further back loads more."""
AGGREGATED_PREFIX_SESSIONS = 260
"""Sessions before a run of minutes that are aggregated at first, where the bundle has no daily bars."""


class Version(Protocol):
    """A version of a bundle, open for reading."""

    @property
    def bundle(self) -> str: ...
    def asset(self, sid: int) -> Asset: ...
    def first_day_of(self, frequency: str) -> int: ...
    def load(self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int, *, late: bool) -> Any: ...
    def splits(self, sids: Sequence[int]) -> list[Split]: ...
    def dividends(self, sids: Sequence[int]) -> list[CashDividend]: ...
    def computed(self, made_of: Any, shape: tuple[int, int], make: Any) -> Any: ...


class Tracks:
    """Tracks on one axis, by sid: shared by all runs on it, in any number of threads.

    dividends_need_a_bar, price_of_last_trade: two rules of `Compat` that change what is laid out.
    prefix_sessions: how many sessions before the axis are loaded at first; by default all of a daily one's, and a few
    of one of minutes. first_data, first_loaded: the first session of the calendar with data, and with loaded bars.
    inner: where the sessions are weeks or months that are made of shorter bars, the tracks of their days; else None.
    columns: the indicators that were asked for; None before the first one. longer: tracks of longer bars, by name.
    """

    __slots__ = (
        "_bars_of_days",
        "_by_session",
        "_further",
        "_lock",
        "_plan",
        "_price_of_last_trade",
        "_tracks",
        "axis",
        "columns",
        "first_data",
        "first_loaded",
        "frequency",
        "inner",
        "longer",
        "needs_a_bar",
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
        self.axis = axis
        self.frequency = frequency
        self.needs_a_bar = dividends_need_a_bar
        self._price_of_last_trade = price_of_last_trade and not axis.daily
        self._tracks: dict[int, Track] = {}
        self._plan = RowAligner(axis.keys)
        # by day and side: many assets begin and end on the same ones
        self._bars_of_days: dict[tuple[int, Any], int] = {}
        self._lock = threading.Lock()
        self._further: Tracks | None = None
        self._by_session: Tracks | None = None
        self.columns: Columns | None = None
        self.longer: dict[str, Tracks] = {}
        first_data = int(np.searchsorted(axis.calendar.days, version.first_day_of(frequency)))
        self.first_data = min(first_data, axis.first_session)
        if prefix_sessions is None and not axis.daily:
            prefix_sessions = MINUTE_PREFIX_SESSIONS
        near = 0 if prefix_sessions is None else axis.first_session - prefix_sessions
        self.first_loaded = max(self.first_data, near)
        self.inner = self._tracks_of_days()

    def _tracks_of_days(self) -> Tracks | None:
        steps = self.axis.steps
        if steps is None or self.version.source_of(self.frequency) == self.frequency:
            return None
        last = steps.first + len(steps.days) - 1
        days = Axis(steps.table, steps.first, last, daily=True)
        return Tracks(self.version, days, "1d", dividends_need_a_bar=self.needs_a_bar)

    def of(self, assets: Sequence[Asset]) -> list[Track]:
        """The track of each asset; those that are missing are loaded together."""
        with self._lock:
            missing = [asset for asset in assets if asset.sid not in self._tracks]
            if missing:
                self._load([self.version.asset(asset.sid) for asset in missing])
            return [self._tracks[asset.sid] for asset in assets]

    def reaching(self, first_session: int) -> Tracks:
        """Tracks on the same axis, with bars from that session of the calendar on, or from an earlier one."""
        with self._lock:
            further = self._further
            if further is None or further.first_loaded > first_session:
                further = Tracks(
                    self.version,
                    self.axis,
                    self.frequency,
                    dividends_need_a_bar=self.needs_a_bar,
                    price_of_last_trade=self._price_of_last_trade,
                    prefix_sessions=self.axis.first_session - first_session,
                )
                self._further = further
            return further

    def by_session(self) -> Tracks:
        """In a market of minutes the tracks of its sessions' bars."""
        with self._lock:
            if self._by_session is None:
                from rustybt.view._session_bars import SessionBars

                axis = self.axis
                bars = SessionBars(self.version, axis.calendar, self.frequency)
                self._by_session = Tracks(
                    bars,
                    Axis(axis.calendar, axis.first_session, axis.first_session + axis.sessions - 1, daily=True),
                    "1d",
                    dividends_need_a_bar=self.needs_a_bar,
                    prefix_sessions=None if bars.has_stored else AGGREGATED_PREFIX_SESSIONS,
                )
            return self._by_session

    def _read(self, assets: Iterable[Asset], first_session: int) -> Any:
        axis = self.axis
        first = axis.first_key(first_session) if first_session > self.first_data else 0
        return self.version.load([asset.sid for asset in assets], self.frequency, first, int(axis.keys[-1]), late=True)

    def _load(self, assets: list[Asset]) -> None:
        sids = [asset.sid for asset in assets]
        raw = self._read(assets, self.first_loaded)
        splits: dict[int, list[Split]] = {}
        for split in self.version.splits(sids):
            splits.setdefault(split.sid, []).append(split)
        dividends: dict[int, list[CashDividend]] = {}
        for dividend in self.version.dividends(sids):
            dividends.setdefault(dividend.sid, []).append(dividend)
        acting = [asset for asset in assets if asset.sid in splits or asset.sid in dividends]
        days = {} if self.inner is None else {track.asset.sid: track for track in self.inner.of(acting)}
        for asset in assets:
            bars = raw[asset.sid]
            if self._starts_too_late(asset, bars):
                # its last price before the run lies further back than what was loaded
                bars = self._read([asset], 0)[asset.sid]
            actions = splits.get(asset.sid, []), dividends.get(asset.sid, [])
            self._tracks[asset.sid] = self._track(asset, bars, actions, days.get(asset.sid))

    def _track(
        self, asset: Asset, bars: Any, actions: tuple[list[Split], list[CashDividend]], daily: Track | None
    ) -> Track:
        """daily: the asset's days, where it has corporate actions and the bars are made of them."""
        axis = self.axis
        if daily is not None:
            bars = restated_bars(axis, daily, bars)
        track = Track(asset, bars, *actions)
        if daily is not None:
            track.adjustments = daily.adjustments
        else:
            days, first = axis.action_days()
            track.bind(days, axis.action_key, first, needs_a_bar=self.needs_a_bar)
        prices, finer = prices_of(axis, track, daily)
        track.align(
            axis.keys,
            self._plan.of(bars.stamps),
            self._last_bar(asset),
            traded_only=self._price_of_last_trade,
            prices=prices,
            finer=finer,
        )
        track.start = self._first_bar(asset)
        track.closing = self._closing_bar(asset, track.last)
        track.priced = max(track.first, track.start)
        return track

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
