"""The shorter bars within the bars of a run: they say in which order its prices came, once it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from rustybt.core import DAY_NS, WITHOUT_VOLUME, Frequency
from rustybt.view._axis import Axis
from rustybt.view._instrument import Instrument

AHEAD: Final = 10_000
"""Shorter bars by the clock that are read at a time: a week of minutes."""


class _Read(NamedTuple):
    """Bars of an asset that were read, and from which moment to which, both included, ns UTC."""

    first: int
    last: int
    bars: Any


class ShorterBars:
    """The bars within a bar of a run, read from its version when they are first asked for, and not kept for long.

    length: of the run's bars. finer: of those within them, which the version has stored. instrument: that of a slot.
    """

    __slots__ = ("_axis", "_finer", "_instrument", "_length", "_read", "_version")

    def __init__(
        self, version: Any, axis: Axis, length: Frequency, finer: Frequency, instrument: Callable[[int], Instrument]
    ) -> None:
        self._version = version
        self._axis = axis
        self._length = length
        self._finer = finer
        self._instrument = instrument
        self._read: dict[int, _Read] = {}

    def __call__(self, slot: int, bar: int) -> list[tuple[int, int, int, int]]:
        """Open, high, low and close of each that has volume, at the asset's fill scale, oldest first."""
        one = self._instrument(slot)
        first, last = self._span(bar)
        raw = self._bars(one.asset.sid, first, last)
        low, high = np.searchsorted(raw.stamps, [first, last + 1]).tolist()
        up = 10 ** (one.fill_scale - one.price_scale - raw.extra)
        priced = one.asset.kind in WITHOUT_VOLUME
        columns = (raw.open, raw.high, raw.low, raw.close, raw.volume)
        return [
            (int(opened) * up, int(top) * up, int(bottom) * up, int(close) * up)
            for opened, top, bottom, close, volume in zip(*(column[low:high] for column in columns), strict=True)
            if volume > 0 or priced
        ]

    def _span(self, bar: int) -> tuple[int, int]:
        """The first and the last stamp that a bar within a bar can have, ns UTC."""
        axis, sessions = self._axis, self._version.calendar
        if self._length.step_ns is None:
            place = int(np.searchsorted(sessions.days, int(axis.keys[bar]) // DAY_NS))
            return int(sessions.opens[place]) + 1, int(sessions.closes[place])
        end = int(axis.stamps[bar])
        place = int(np.searchsorted(sessions.closes, end))
        return max(end - self._length.step_ns, int(sessions.opens[place])) + 1, end

    def _bars(self, sid: int, first: int, last: int) -> Any:
        read = self._read.get(sid)
        if read is None or first < read.first or last > read.last:
            until = max(last, first + AHEAD * (self._finer.step_ns or 0))
            found = self._version.load_stored([sid], self._finer.name, first, until)[sid]
            read = self._read[sid] = _Read(first, until, found)
        return read.bars
