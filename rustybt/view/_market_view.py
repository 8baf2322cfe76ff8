"""The market as one run sees it: what it has touched, and the moment up to which it can be seen."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, NoReturn

from rustybt._kernels import Kernel
from rustybt.core import Asset
from rustybt.errors import InputError, WrongType
from rustybt.view._axis import Axis
from rustybt.view._fetched import Fetched
from rustybt.view._instrument import Instrument
from rustybt.view._tracks import Tracks


class MarketView:
    """The instruments that a run touches, added when they are first needed, all that are known by then at once.

    bar: the last bar that can be seen. before_open: True before a session's first bar, when the session's corporate
    actions count already and its bars do not. session: the run's session. tracks: the market data, which other runs may
    share. own_calendar: that of the bundle's assets where it is not the run's. fetched: what fetch_csv brought.
    now: the moment, ns UTC, where it lies between two bars; else 0.
    terms: what `term` was asked for, in order, for pictures of the run.
    kernel: what indicators are computed with; None for NumPy alone.
    restrictions: what says of an asset whether it may be ordered; None where nothing does.
    inner: in a run of weeks or months that are made of shorter bars, the view of their days, with the same moments;
    else None.
    """

    __slots__ = (
        "_listeners",
        "_wanted",
        "axis",
        "bar",
        "before_open",
        "fetched",
        "frequency",
        "inner",
        "instruments",
        "kernel",
        "now",
        "own_calendar",
        "restrictions",
        "session",
        "terms",
        "tracks",
        "version",
    )

    def __init__(self, tracks: Tracks) -> None:
        self.tracks = tracks
        self.version = tracks.version
        self.axis: Axis = tracks.axis
        self.frequency = tracks.frequency
        own = getattr(self.version, "calendar", self.axis.calendar)
        self.own_calendar = None if own.name == self.axis.calendar.name else own
        self.instruments: dict[int, Instrument] = {}
        self._wanted: dict[int, Asset] = {}
        self._listeners: list[Callable[[], Callable[[Instrument], None] | None]] = []
        self.bar = 0
        self.fetched: Fetched | None = None
        self.before_open = True
        self.now = 0
        self.session = 0
        self.kernel: Kernel | None = None
        self.restrictions: Any = None
        self.terms: list[Any] = []
        self.inner = None if tracks.inner is None else MarketView(tracks.inner)

    def __reduce__(self) -> NoReturn:
        raise WrongType(
            "The market of a run can't be pickled or copied, and with it a term or what else reads it. Take what it "
            "says, as term.history(n) does, or the whole run: Run.snapshot() and Run.fork()."
        )

    @property
    def first_data(self) -> int:
        """The first session of the calendar with data; the run's first one where that lies before."""
        return self.tracks.first_data

    @property
    def first_loaded(self) -> int:
        """The first session of the calendar whose bars are loaded."""
        return self.tracks.first_loaded

    def on_load(self, listener: Callable[[Instrument], None]) -> None:
        """Calls the listener with each instrument that is added from now on. A method's object is not kept alive."""
        self._listeners.append(weakref.WeakMethod(listener) if isinstance(listener, MethodType) else lambda: listener)

    def state(self) -> dict[str, Any]:
        """The moment, and which assets were touched and are wanted, by sid, in order; plain values."""
        return {
            "moment": (self.session, self.bar, self.before_open),
            "touched": list(self.instruments),
            "wanted": list(self._wanted),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` gave: adds the assets in their order."""
        assets = [self.version.asset(sid) for sid in state["touched"]]
        for asset in assets:
            self.want(asset)
        if assets:
            self.instrument(assets[0])
        for sid in state["wanted"]:
            self.want(self.version.asset(sid))
        self.session, self.bar, self.before_open = state["moment"]

    def want(self, asset: Asset) -> None:
        """Notes that the strategy knows of an asset; it is loaded with the next that is needed."""
        if asset.sid not in self.instruments:
            self._check_own(asset)
            self._wanted[asset.sid] = asset

    def instrument(self, asset: Asset) -> Instrument:
        """The instrument of an asset; adds it, and all that were wanted, if they are not there."""
        instrument = self.instruments.get(asset.sid)
        if instrument is None:
            self._check_own(asset)
            self._wanted[asset.sid] = asset
            self._add(list(self._wanted.values()))
            self._wanted.clear()
            instrument = self.instruments[asset.sid]
        elif instrument.asset is not asset and instrument.asset != asset:
            self._check_own(asset)
        return instrument

    def _check_own(self, asset: Asset) -> None:
        own = self.version.asset(asset.sid)
        if own != asset:
            raise InputError(
                f"{asset!r} is {asset.key} of another bundle; in bundle {self.version.bundle!r} that number belongs to "
                f"{own.key}. Look it up in this run, with symbol({asset.symbol!r})."
            )

    def _add(self, assets: Sequence[Asset]) -> None:
        listeners = [listener for known in self._listeners if (listener := known()) is not None]
        for asset, track in zip(assets, self.tracks.of(assets), strict=True):
            instrument = self.instruments[asset.sid] = Instrument(track, asset)
            for listener in listeners:
                listener(instrument)

    def extend(self, first_session: int) -> None:
        """Reads the bars of all instruments from an earlier session of the calendar on."""
        self.tracks = self.tracks.reaching(first_session)
        instruments = list(self.instruments.values())
        tracks = self.tracks.of([instrument.asset for instrument in instruments])
        for instrument, track in zip(instruments, tracks, strict=True):
            instrument.take(track)

    def is_open(self) -> bool:
        """Whether the calendar of the bundle's assets has a minute bar now; before a session's bars, with the first."""
        if self.own_calendar is None or self.axis.daily:
            return True
        bar = self.axis.bars_of[self.session][0] if self.before_open else self.bar
        return bool(self.own_calendar.holds_minutes(self.axis.stamps[bar : bar + 1])[0])

    def place(self) -> int:
        """The moment as `Fetched` counts places."""
        return 2 * self.bar + self.before_open

    def now_key(self) -> int:
        """The largest key that a bar or an action may have at this moment."""
        if self.before_open:
            return self.axis.first_key(self.axis.first_session + self.session)
        return int(self.axis.keys[self.bar])
