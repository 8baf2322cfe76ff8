"""Longer bars from shorter ones: first open, highest high, lowest low, last close, sum of the volumes; exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rustybt.calendars import SessionTable
from rustybt.catalog._bars import Integers, RawBars
from rustybt.catalog._parts import EMPTY
from rustybt.core import DAY_NS, Frequency, frequency_named

if TYPE_CHECKING:
    from rustybt.catalog._version import Version

_VOLUME_LIMIT = 2**62


def load_aggregated(
    version: Version, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int
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
    loaded = version.load(sids, source.name, *edges)
    made = {sid: aggregated(bars, source, target, calendar) for sid, bars in loaded.items()}
    return {sid: _between(bars, first_ns, last_ns) for sid, bars in made.items()}


def _between(bars: RawBars, first_ns: int, last_ns: int) -> RawBars:
    low, high = np.searchsorted(bars.stamps, [first_ns, last_ns + 1])
    if low == 0 and high == len(bars):
        return bars
    return RawBars.of(bars.stamps[low:high], [column[low:high] for column in bars.prices], bars.volume[low:high])


def aggregated(bars: RawBars, source: Frequency, target: Frequency, calendar: SessionTable) -> RawBars:
    """The bars of one asset at a longer frequency, ascending; one for each that has a bar of the source within it.

    Bars within a session are laid out from its open and stamped with their end; those of sessions, weeks and months are
    labelled with midnight UTC of their last session in the calendar.
    """
    if not len(bars):
        return bars
    labels = _labels(bars.stamps, source, target, calendar)
    starts = np.flatnonzero(np.diff(labels, prepend=labels[0] - 1))
    ends = np.append(starts[1:], len(labels))
    prices: list[Integers] = [
        _picked(bars.open, starts),
        _reduced(bars.high, starts, ends, np.maximum, max),
        _reduced(bars.low, starts, ends, np.minimum, min),
        _picked(bars.close, ends - 1),
    ]
    return RawBars.of(labels[starts], prices, _summed(bars.volume, starts, ends))


def _labels(
    stamps: npt.NDArray[np.int64], source: Frequency, target: Frequency, calendar: SessionTable
) -> npt.NDArray[np.int64]:
    """For each bar of the source the stamp of the longer bar that it belongs to."""
    if source.by_session:
        places = np.searchsorted(calendar.days, stamps // DAY_NS)
    else:
        places = np.searchsorted(calendar.closes, stamps)
    if target.step_ns is None:
        days = calendar.last_days_of(str(target.period))
        labels: npt.NDArray[np.int64] = days[places].astype(np.int64) * DAY_NS
        return labels
    ends = calendar.bar_ends(target.step_ns, int(places[0]), int(places[-1]))
    return ends[np.searchsorted(ends, stamps)]


def _picked(column: Integers, at: npt.NDArray[np.intp]) -> Integers:
    return [column[place] for place in at.tolist()] if isinstance(column, list) else column[at]


def _reduced(
    column: Integers, starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp], ufunc: np.ufunc, of: object
) -> Integers:
    if isinstance(column, list):
        return [of(column[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]  # type: ignore[operator]
    reduced: npt.NDArray[np.int64] = ufunc.reduceat(column, starts)
    return reduced


def _summed(column: Integers, starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]) -> Integers:
    if not isinstance(column, list) and int(column.max()) <= _VOLUME_LIMIT // int((ends - starts).max()):
        total: npt.NDArray[np.int64] = np.add.reduceat(column, starts)
        return total
    exact = column if isinstance(column, list) else column.tolist()
    return [sum(exact[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
