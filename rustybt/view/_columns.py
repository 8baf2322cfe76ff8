"""Indicators of assets at all bars of a market, computed once and kept for all its runs."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rustybt._kernels import Kernel
from rustybt.core import DAY_NS, Asset, date_of, datetime_of
from rustybt.errors import HistoryWindowStartsBeforeData
from rustybt.view._axis import Axis
from rustybt.view._grid import Grid, Place
from rustybt.view._implementation import implementation
from rustybt.view._longer import factor_of, longer_tracks
from rustybt.view._side_by_side import filled
from rustybt.view._track import Track
from rustybt.view._tracks import Tracks

type Floats = npt.NDArray[np.float64]

MOST_BYTES: Final = 2**30
"""What is kept of indicators on one axis: those that were asked for last. A run holds what it reads itself."""
_MAKING: Final = threading.Lock()
PRICES: Final = frozenset({"open", "high", "low", "close", "price"})


class Kind(Protocol):
    """An indicator, as `rustybt.indicators.Indicator` tells of itself."""

    @property
    def name(self) -> str: ...
    @property
    def reads(self) -> tuple[str, ...]: ...
    @property
    def outputs(self) -> tuple[str, ...]: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def recursive(self) -> bool: ...
    @property
    def warm_up(self) -> Any: ...
    @property
    def own(self) -> bool: ...
    @property
    def of_library(self) -> bool: ...
    def columns(
        self, columns: list[Floats], parameters: Mapping[str, Any], kernel: Kernel | None = None
    ) -> tuple[Floats, ...]: ...
    def column(self, columns: list[Floats], parameters: dict[str, Any]) -> Floats: ...
    def check(self, columns: list[Floats], parameters: dict[str, Any]) -> None: ...


class TermSpec(NamedTuple):
    """What a term is of. frequency: of longer bars than the run's; empty for its own. against: another asset, whose
    column is read."""

    kind: Kind
    field: str
    parameters: tuple[tuple[str, Any], ...]
    frequency: str = ""
    against: Asset | None = None

    @property
    def unit(self) -> str | None:
        """What restates its values: price, volume, or nothing."""
        unit = self.field if self.kind.unit == "field" else self.kind.unit
        return "price" if unit in PRICES else unit

    @property
    def bars(self) -> int:
        """How many bars it takes to its first value."""
        bars: int = self.kind.warm_up(**dict(self.parameters))
        return bars


class IndicatorColumns(NamedTuple):
    """Columns of an indicator on a grid, of each output one of the shape (bars, assets).

    values: in the shares of the time before the first bar. factors: what makes of them those of each bar's own time;
    None where that is 1 throughout. places: of each asset's adjustments.
    before: of a user's indicator, whose values are those of each bar's own time: at each bar the value before it, as of
    this one.
    """

    grid: Grid
    values: tuple[Floats, ...]
    factors: Floats | None
    places: tuple[list[Place], ...]
    before: Floats | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(one.nbytes for one in (*self.values, self.factors, self.before) if one is not None)


class Columns:
    """The indicators that runs on the same tracks have asked for, in any number of threads."""

    __slots__ = ("_bars", "_grid", "_kept", "_lock", "_tracks", "computed")

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._grid = Grid(tracks.axis, tracks.first_loaded)
        self._kept: OrderedDict[tuple[TermSpec, tuple[int, ...]], IndicatorColumns] = OrderedDict()
        self._lock = threading.RLock()
        self._bars = ""
        # how many were computed so far
        self.computed = 0

    @property
    def axis(self) -> Axis:
        """The bars of the run, or longer ones over its sessions."""
        return self._tracks.axis

    @classmethod
    def of(cls, tracks: Tracks) -> Columns:
        """Those on some tracks: the same for all who ask."""
        with _MAKING:
            if tracks.columns is None:
                tracks.columns = cls(tracks)
            return tracks.columns

    def laid(self, spec: TermSpec, assets: Sequence[Asset], kernel: Kernel | None) -> IndicatorColumns:
        """An indicator of some assets; whichever kernel computes it, the bits are the same.

        Raises HistoryWindowStartsBeforeData where none of them ever has a value.
        """
        key = spec, tuple([asset.sid for asset in assets])
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = self._lay(spec, assets, kernel)
                while len(self._kept) > 1 and sum(one.size for one in self._kept.values()) > MOST_BYTES:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
            return found

    def _lay(self, spec: TermSpec, assets: Sequence[Asset], kernel: Kernel | None) -> IndicatorColumns:
        tracks = self._tracks.of(assets)
        if spec.bars > len(self._grid.keys):
            raise HistoryWindowStartsBeforeData(self._too_long(spec))
        if spec.kind.own:
            self.computed += 1
            return self._of_own(spec, tracks, [self._read(spec, name, tracks) for name in spec.kind.reads])
        return IndicatorColumns(
            self._grid,
            tuple(self._shared(spec, tracks, kernel)),
            self._factors(tracks, spec.unit),
            tuple([self._grid.places(track) for track in tracks]),
        )

    def _shared(self, spec: TermSpec, tracks: Sequence[Track], kernel: Kernel | None) -> Sequence[Floats]:
        """The values, computed here or by another process. Only code of the library's is known to be the same there."""
        if not spec.kind.of_library:
            return self._compute(spec, tracks, kernel)
        shape = len(self._grid.keys), len(tracks)
        found: Sequence[Floats] = self._tracks.version.computed(
            lambda: self._made_of(spec, tracks), shape, lambda: self._compute(spec, tracks, kernel)
        )
        return found

    def _made_of(self, spec: TermSpec, tracks: Sequence[Track]) -> dict[str, Any]:
        """All that the values depend on besides the version."""
        return {
            "implementation": implementation(),
            "axis": self._digest(),
            "frequency": self._tracks.frequency,
            "needs_a_bar": self._tracks.needs_a_bar,
            "kind": spec.kind.name,
            "field": spec.field,
            "parameters": spec.parameters,
            "against": None if spec.against is None else spec.against.sid,
            "sids": [track.asset.sid for track in tracks],
        }

    def _digest(self) -> str:
        """Of the bars, and of the sessions that actions and bars are placed in."""
        if not self._bars:
            calendar = self._tracks.axis.calendar
            inner = getattr(calendar, "inner", None) or calendar
            parts = self._grid.keys, calendar.days, calendar.opens, calendar.closes, inner.days
            self._bars = hashlib.sha256(b"".join([np.ascontiguousarray(one).tobytes() for one in parts])).hexdigest()
        return self._bars

    def _compute(self, spec: TermSpec, tracks: Sequence[Track], kernel: Kernel | None) -> list[Floats]:
        self.computed += 1
        given, reads = dict(spec.parameters), spec.kind.reads
        others = [] if spec.against is None else self._tracks.of([spec.against])
        fields = [_field_of(spec, name) for name in reads if name != "session"]
        self._grid.prepare([*tracks, *others], fields)

        def make(first: int, end: int) -> tuple[Floats, ...]:
            some = tracks[first:end]
            return spec.kind.columns([self._read(spec, name, some, kernel) for name in reads], given, kernel)

        # code that is not the library's may be of one thread
        threads = None if spec.kind.of_library else 1
        shape = len(self._grid.keys), len(tracks)
        return filled(shape, len(spec.kind.outputs) or 1, make, threads=threads)

    def _of_own(self, spec: TermSpec, tracks: Sequence[Track], columns: list[Floats]) -> IndicatorColumns:
        """An indicator of a user's: of the windows as they stand at each bar, in stretches that nothing restates."""
        kind, given, count = spec.kind, dict(spec.parameters), len(self._grid.keys)
        values, before = np.empty((count, len(tracks))), np.full((count, len(tracks)), np.nan)
        places = tuple([self._grid.places(track) for track in tracks])
        for column, track in enumerate(tracks):
            own = [one[:, column] for one in columns]
            kind.check(own, given)
            starts = sorted({0, *(place for place, *_ in places[column] if 0 < place < count)})
            for first, end in zip(starts, [*starts[1:], count], strict=True):
                key = int(self._grid.keys[first])
                found = self._stretch(spec, track, own, max(0, first - 1), end, key)
                values[first:end, column] = found[first and 1 :]
                before[first or 1 : end, column] = found[:-1]
        return IndicatorColumns(self._grid, (values,), None, places, before)

    def _stretch(self, spec: TermSpec, track: Track, own: list[Floats], first: int, end: int, key: int) -> Floats:
        """A user's indicator from one place to another, of windows as they stand at a key. own: what it reads."""
        begin = 0 if spec.kind.recursive else max(0, first - spec.bars + 1)
        seen = []
        for name, one in zip(spec.kind.reads, own, strict=True):
            field = spec.field if name == "field" else name
            factor = factor_of(self._grid.places(track), "volume" if field == "volume" else "price", key)
            seen.append(one[begin:end] * factor)
        return spec.kind.column(seen, dict(spec.parameters))[first - begin :]

    def own_window(self, spec: TermSpec, assets: Sequence[Asset], first: int, end: int, key: int) -> Floats:
        """The same of several assets, (bars, assets): what `history` gives where a split lies within."""
        tracks = self._tracks.of(assets)
        columns = [self._read(spec, name, tracks) for name in spec.kind.reads]
        found = [
            self._stretch(spec, track, [one[:, place] for one in columns], first, end, key)
            for place, track in enumerate(tracks)
        ]
        return np.stack(found, axis=1)

    def _read(self, spec: TermSpec, name: str, tracks: Sequence[Track], kernel: Kernel | None = None) -> Floats:
        """A column that an indicator takes, in the shares of the time before the first bar."""
        if name == "session":
            grid = self._grid
            opens = self._tracks.axis.calendar.opens
            places = np.arange(len(grid.keys)) if self._tracks.axis.daily else np.searchsorted(opens, grid.keys)
            numbers = places.astype(np.float64)
            return np.repeat(numbers[:, None], len(tracks), axis=1)
        field = _field_of(spec, name)
        if name == "against" and spec.against is not None:
            return np.repeat(self._numbers(self._tracks.of([spec.against]), field, kernel), len(tracks), axis=1)
        return self._numbers(tracks, field, kernel)

    def _numbers(self, tracks: Sequence[Track], field: str, kernel: Kernel | None) -> Floats:
        laid = self._grid.table(tracks, field, kernel)
        factors = self._factors(tracks, "volume" if field == "volume" else "price")
        return laid if factors is None else laid / factors

    def _factors(self, tracks: Sequence[Track], unit: str | None) -> Floats | None:
        """What restates each bar's values, from the time before the first one; None where nothing does."""
        grid = self._grid
        if unit is None or not any(grid.places(track) for track in tracks):
            return None
        factors = np.ones((len(grid.keys), len(tracks)))
        for column, track in enumerate(tracks):
            whole = Fraction(1)
            for place, price, volume, _ in grid.places(track):
                if 0 < place < len(factors):
                    whole *= price if unit == "price" else 1 / volume
                    factors[place:, column] = float(whole)
        return factors

    def _too_long(self, spec: TermSpec) -> str:
        tracks, axis = self._tracks, self._tracks.axis
        days, first = axis.calendar.days, tracks.first_data
        given = ", ".join(f"{name}={value}" for name, value in spec.parameters)
        bars, there = spec.bars, len(self._grid.keys)
        text = (
            f"{spec.kind.name}({given}) has its first value after {bars} bars of '{tracks.frequency}', and up to the "
            f"run's end there are {there}, from {date_of(int(days[first]))} on. Choose a shorter window"
        )
        key = axis.key_after(first, bars)
        if key is None:
            return f"{text}."
        named = date_of(key // DAY_NS) if axis.daily else f"{datetime_of(key):%Y-%m-%d %H:%M:%S} UTC"
        return f"{text}, or a run that reaches to {named}, its first bar."


def _field_of(spec: TermSpec, name: str) -> str:
    """Of bars, of what an indicator reads."""
    return spec.field if name in {"field", "against"} else name


def columns_for(tracks: Tracks, spec: TermSpec, more: int) -> Columns:
    """The columns that reach back as far as an indicator must, and so many bars more."""
    if spec.frequency:
        tracks = longer_tracks(tracks, spec.frequency)
    axis, first = tracks.axis, tracks.first_loaded
    if spec.kind.recursive:
        first = tracks.first_data
    else:
        before = axis.bars_in(first, axis.first_session - 1) if first < axis.first_session else 0
        missing = spec.bars + more - before
        while first > tracks.first_data and missing > 0:
            step = min(first - tracks.first_data, axis.first_session - first + 1)
            missing -= axis.bars_in(first - step, first - 1)
            first -= step
    return Columns.of(tracks if first >= tracks.first_loaded else tracks.reaching(first))
