"""The bars of a run and those before it, and the columns of assets laid out on them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt._kernels import Kernel
from rustybt.core import day_of
from rustybt.view._axis import Axis
from rustybt.view._rows import Alignment, RowAligner
from rustybt.view._track import Track

type Floats = npt.NDArray[np.float64]
type Place = tuple[int, Fraction, Fraction, int]


class Grid:
    """All bars from a session of the calendar to the last of a run; columns on it reach past the moment.

    keys: of the bars, as the axis has them. offset: how many come before the run's first bar: bar b of the run is at
    place offset + b - 1.
    """

    __slots__ = ("_axis", "_places", "_plan", "_rows", "keys", "offset")

    def __init__(self, axis: Axis, first_session: int) -> None:
        before = axis.keys_before(first_session)
        self._axis = axis
        self.offset = len(before)
        self.keys = np.concatenate([before, axis.keys[1:]])
        self._plan = RowAligner(self.keys)
        self._rows: dict[int, Alignment] = {}
        self._places: dict[int, list[Place]] = {}

    def alignment(self, track: Track) -> Alignment:
        """Where the rows of an asset lie."""
        rows = self._rows.get(track.asset.sid)
        if rows is None:
            rows = self._rows[track.asset.sid] = self._plan.of(track.raw.stamps)
        return rows

    def end(self, track: Track) -> int:
        """The place of the last bar of the asset's life."""
        if track.last > 0:
            return self.offset + track.last - 1
        axis = self._axis  # it ended before the run
        last = axis.calendar.day_of_period(day_of(track.asset.end_date))
        after = int(np.searchsorted(axis.calendar.days, last, side="right"))
        if after >= len(axis.calendar.days):
            return len(self.keys) - 1
        return int(np.searchsorted(self.keys, axis.first_key(after), side="left")) - 1

    def places(self, track: Track) -> list[Place]:
        """The adjustments of an asset: the first place after each, factors, key."""
        places = self._places.get(track.asset.sid)
        if places is None:
            places = self._places[track.asset.sid] = [
                (int(np.searchsorted(self.keys, a.key, side="left")), a.price, a.volume, a.key)
                for a in track.adjustments
            ]
        return places

    def prepare(self, tracks: Sequence[Track], fields: Sequence[str]) -> None:
        """Finds what is found when it is first asked for, so that threads may ask for `table` at once."""
        for track in tracks:
            self.alignment(track)
            self.places(track)
            for field in fields:
                _column(track, field)

    def table(self, tracks: Sequence[Track], field: str, kernel: Kernel | None = None) -> Floats:
        """`numbers` of several assets, (bars, assets)."""
        found = np.empty((len(self.keys), len(tracks)))
        if kernel is None or kernel.lay is None or not found.size:
            for place, track in enumerate(tracks):
                found[:, place] = self.numbers(track, field)
            return found
        columns = [self._without_gap(track, field) for track in tracks]
        kernel.lay([column or (self.keys, 0, 0, 0, 1.0) for column in columns], _missing(field), found)
        for place, column in enumerate(columns):
            if column is None:
                found[:, place] = self.numbers(tracks[place], field)
        return found

    def _without_gap(self, track: Track, field: str) -> tuple[Any, int, int, int, float] | None:
        """A column that has a number at each place from a first one on, for `Kernel.lay`; None of another."""
        _, _, _, _, leading, row_slice = self.alignment(track)
        values, scale = _column(track, field)
        if row_slice is None or isinstance(values, list) or not values.flags.c_contiguous:
            return None
        end = len(self.keys) if field == "volume" else min(self.end(track) + 1, len(self.keys))
        return values, row_slice.start, leading, end, 10.0**scale

    def numbers(self, track: Track, field: str) -> Floats:
        """A field at all bars, NaN where there is none; a volume is 0 there."""
        rows, found, here, complete, leading, row_slice = self.alignment(track)
        stamps = track.raw.stamps
        values, scale = _column(track, field)
        if isinstance(values, list):
            numbers = np.array([v / 10**scale for v in values], dtype=np.float64)
        else:
            numbers = values / 10.0**scale
        if row_slice is not None and not leading:
            laid = numbers[row_slice]
        elif complete:
            laid = numbers[rows]
        else:
            use = found if field == "price" else here
            laid = np.full(len(rows), _missing(field))
            laid[use] = numbers[rows[use]]
        if field == "price" and track.adjustments and not complete:
            for place in np.flatnonzero(found & ~here).tolist():
                factor = track.price_factor(int(stamps[rows[place]]), int(self.keys[place]))
                laid[place] *= float(factor)
        if field != "volume":
            laid[self.end(track) + 1 :] = np.nan
        return laid


def _column(track: Track, field: str) -> tuple[Any, int]:
    """The integers of a field, and their scale."""
    if field == "volume":
        return track.raw.volume, track.asset.volume_scale
    return getattr(track.raw, "close" if field == "price" else field), track.raw_scale


def _missing(field: str) -> float:
    return 0.0 if field == "volume" else np.nan
