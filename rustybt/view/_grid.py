"""The bars of a run and those before it, and the columns of assets laid out on them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

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

    def numbers(self, track: Track, field: str) -> Floats:
        """A field at all bars, NaN where there is none; a volume is 0 there."""
        rows, found, here, complete, leading, row_slice = self.alignment(track)
        stamps = track.raw.stamps
        if field == "volume":
            values, scale, use = track.raw.volume, track.asset.volume_scale, here
        else:
            values = getattr(track.raw, "close" if field == "price" else field)
            scale, use = track.raw_scale, found if field == "price" else here
        if isinstance(values, list):
            numbers = np.array([v / 10**scale for v in values], dtype=np.float64)
        else:
            numbers = values / 10.0**scale
        if row_slice is not None and not leading:
            laid = numbers[row_slice]
        elif complete:
            laid = numbers[rows]
        else:
            laid = np.full(len(rows), 0.0 if field == "volume" else np.nan)
            laid[use] = numbers[rows[use]]
        if field == "price" and track.adjustments and not complete:
            for place in np.flatnonzero(found & ~here).tolist():
                factor = track.price_factor(int(stamps[rows[place]]), int(self.keys[place]))
                laid[place] *= float(factor)
        if field != "volume":
            laid[self.end(track) + 1 :] = np.nan
        return laid
