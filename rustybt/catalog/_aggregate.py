"""Longer bars from shorter ones: first open, highest high, lowest low, last close, sum of the volumes; exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from rustybt.calendars import SessionTable
from rustybt.catalog._bars import RawBars
from rustybt.catalog._parts import EMPTY
from rustybt.core import DAY_NS, Frequency, Inside, Split, folded, folded_restated, frequency_named

type _Stamps = npt.NDArray[np.int64]

_SECOND_NS: Final = 10**9
_LONGEST_DAYS: Final = 31
_SESSIONS: Final = 64
"""Laid out at a time, so that seconds of many years need no more memory than those of two months."""


class Shorter(Protocol):
    """A version, which has the bars that longer ones are made of."""

    @property
    def calendar(self) -> SessionTable: ...
    def source_of(self, frequency: str) -> str: ...
    def last_day_of(self, frequency: str) -> int: ...
    def splits(self, sids: Iterable[int]) -> list[Split]: ...
    def load(self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int) -> dict[int, RawBars]: ...
    def load_stored(self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int) -> dict[int, RawBars]: ...


def load_aggregated(
    version: Shorter, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int
) -> dict[int, RawBars]:
    """`Version.load` of bars that are made of shorter ones.

    Whole sessions, weeks or months are read, then the result is cut. A week or month that the version's data do not
    reach the end of is not over, and left out.
    """
    source, target = frequency_named(version.source_of(frequency)), frequency_named(frequency)
    calendar = version.calendar
    if target.by_session:
        last_ns = min(last_ns, version.last_day_of(frequency) * DAY_NS)
    keys = calendar.days.astype(np.int64) * DAY_NS if target.by_session else calendar.closes
    first, last = int(np.searchsorted(keys, first_ns)), int(np.searchsorted(keys, last_ns, side="right"))
    if not target.by_session:
        last += 1  # the session that last_ns lies in
    last = min(last, len(keys)) - 1
    if target.period in ("week", "month") and first < len(keys):
        days = calendar.last_days_of(target.period)
        first = int(np.searchsorted(days, days[first]))
    if first > last:
        return {int(sid): EMPTY for sid in sids}
    if source.by_session:
        edges = int(calendar.days[first]) * DAY_NS, int(calendar.days[last]) * DAY_NS
    else:
        edges = int(calendar.opens[first]), int(calendar.closes[last])
    loaded = version.load_stored(sids, source.name, *edges)
    actions = _splits_of(version, sids) if target.period in ("week", "month") else {}
    made = {sid: aggregated(bars, source, target, calendar, actions.get(sid, ())) for sid, bars in loaded.items()}
    return {sid: _between(bars, first_ns, last_ns) for sid, bars in made.items()}


def _between(bars: RawBars, first_ns: int, last_ns: int) -> RawBars:
    low, high = np.searchsorted(bars.stamps, [first_ns, last_ns + 1])
    if low == 0 and high == len(bars):
        return bars
    columns = [column[low:high] for column in bars.prices]
    return RawBars.of(bars.stamps[low:high], columns, bars.volume[low:high], bars.extra)


def _splits_of(version: Shorter, sids: Sequence[int]) -> dict[int, list[Inside]]:
    """The factors by which splits restate the bars before them, by sid."""
    days, found = version.calendar.days, dict[int, list[Inside]]()
    for split in version.splits(sids):
        place = int(np.searchsorted(days, split.ex_day))
        if place < len(days):
            ratio = Fraction(split.numerator, split.denominator)
            shares = Fraction(1) if split.prices_only else ratio
            found.setdefault(split.sid, []).append(Inside(int(days[place]) * DAY_NS, ratio, shares))
    return found


def aggregated(
    bars: RawBars, source: Frequency, target: Frequency, calendar: SessionTable, splits: Sequence[Inside] = ()
) -> RawBars:
    """The bars of one asset at a longer frequency, ascending; one for each that has a bar of the source within it.

    Bars within a session are laid out from its open and stamped with their end; those of sessions, weeks and months are
    labelled with midnight UTC of their last session in the calendar.
    splits: those of the asset, by the midnight of the session with which they take effect: a bar of several sessions is
    in the shares of its end.
    """
    if not len(bars):
        return bars
    labels = _labels(bars.stamps, source, target, calendar)
    made: RawBars
    if not splits:
        made = folded(bars, labels)
    else:
        keys = calendar.days[_sessions(bars.stamps, source, calendar)].astype(np.int64) * DAY_NS
        made = folded_restated(bars, labels, keys, splits)
    return made


def source_counts(version: Shorter, sid: int, frequency: str) -> tuple[_Stamps, _Stamps, _Stamps]:
    """Of each bar of an asset that is made of shorter ones: its stamp, how many there were, how many its time has.

    Nothing for bars that are stored, and for those made of bars below a second, which nobody expects to be without
    holes. Raises NoData.
    """
    source, target = frequency_named(version.source_of(frequency)), frequency_named(frequency)
    nothing = np.empty(0, dtype=np.int64)
    bars = EMPTY
    if source != target and (source.step_ns is None or source.step_ns >= _SECOND_NS):
        bars = version.load([sid], source.name, -(2**63), 2**63 - 1)[sid]
    if not len(bars):
        return nothing, nothing, nothing
    calendar = version.calendar
    stamps, found = np.unique(_labels(bars.stamps, source, target, calendar), return_counts=True)
    days = bars.stamps[[0, -1]] // DAY_NS
    # the week or month of the first and of the last bar wholly
    first = int(np.searchsorted(calendar.days, days[0] - _LONGEST_DAYS))
    last = min(int(np.searchsorted(calendar.days, days[1] + _LONGEST_DAYS)), len(calendar.days) - 1)
    expected = np.zeros(len(stamps), dtype=np.int64)
    for begin in range(first, last + 1, _SESSIONS):
        end = min(begin + _SESSIONS - 1, last)
        if source.step_ns is None:
            every = calendar.days[begin : end + 1].astype(np.int64) * DAY_NS
        else:
            every = calendar.bar_ends(source.step_ns, begin, end)
        labels, counts = np.unique(_labels(every, source, target, calendar), return_counts=True)
        known = np.isin(labels, stamps)
        expected[np.searchsorted(stamps, labels[known])] += counts[known]
    return stamps, found.astype(np.int64), expected


def _labels(
    stamps: npt.NDArray[np.int64], source: Frequency, target: Frequency, calendar: SessionTable
) -> npt.NDArray[np.int64]:
    """For each bar of the source the stamp of the longer bar that it belongs to."""
    places = _sessions(stamps, source, calendar)
    if target.step_ns is None:
        days = calendar.last_days_of(str(target.period))
        labels: npt.NDArray[np.int64] = days[places].astype(np.int64) * DAY_NS
        return labels
    ends = calendar.bar_ends(target.step_ns, int(places[0]), int(places[-1]))
    return ends[np.searchsorted(ends, stamps)]


def _sessions(stamps: npt.NDArray[np.int64], source: Frequency, calendar: SessionTable) -> npt.NDArray[np.intp]:
    """For each bar of the source the place of its session in the calendar."""
    if source.by_session:
        return np.searchsorted(calendar.days, stamps // DAY_NS)
    return np.searchsorted(calendar.closes, stamps)
