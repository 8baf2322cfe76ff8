"""Layer "time" on stored bars: in order, within the calendar, not from the future, without holes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from rustybt.core import DAY_NS, MINUTE_NS, date_of
from rustybt.validation._policy import Policy
from rustybt.validation._stored import Hit, StoredBars


def timing(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    """Findings of the rules duplicate, unsorted, calendar, future, partial, gap and thin."""
    steps = np.diff(bars.stamps)
    for at in np.flatnonzero(steps == 0).tolist():
        yield Hit(at + 1, "duplicate", partial(_stamp, bars, at + 1, "the bar before has this stamp too"))
    for at in np.flatnonzero(steps < 0).tolist():
        yield Hit(at + 1, "unsorted", partial(_stamp, bars, at + 1, "the bar before has a later stamp"))
    calendar = bars.calendar
    if bars.daily:
        held, what = calendar.holds_days(bars.stamps // DAY_NS), "no session"
    elif bars.length == "1m":
        held, what = calendar.holds_minutes(bars.stamps), "no trading minute"
    else:  # vendors lay bars out as they like, and bars of trades end whenever there is one
        held, what = calendar.holds_instants(bars.stamps), "outside of the trading hours"
    for at in np.flatnonzero(~held).tolist():
        yield Hit(at, "calendar", partial(_stamp, bars, at, f"this is {what} of {calendar.name}"))
    for at in np.flatnonzero(bars.stamps > bars.created_ns).tolist():
        yield Hit(at, "future", partial(_stamp, bars, at, "the bar is later than the moment at which it was stored"))
    yield from _partial(bars)
    if len(bars.stamps) and held.all() and (steps > 0).all() and bars.length not in ("1w", "1mo"):
        yield from _gaps(bars)
        if bars.length == "1m":
            yield from _thin(bars, policy)


def _stamp(bars: StoredBars, at: int, message: str) -> tuple[str, str]:
    return str(int(bars.stamps[at])), message


def _partial(bars: StoredBars) -> Iterator[Hit]:
    """Bars that were made of fewer shorter ones than their time has."""
    if bars.counts is None:
        return
    stamps, found, expected = bars.counts
    for at in np.flatnonzero((found < expected) & np.isin(stamps, bars.stamps)).tolist():
        words = partial(_made_of, int(found[at]), int(expected[at]), bars.source)
        yield Hit(int(np.searchsorted(bars.stamps, stamps[at])), "partial", words)


def _made_of(found: int, expected: int, source: str) -> tuple[str, str]:
    return str(found), f"made of {found} of the {expected} bars of {source} that its time has"


def _gaps(bars: StoredBars) -> Iterator[Hit]:
    """Sessions without a bar between the first and the last that have one; one finding a hole."""
    places = _places(bars)
    first = np.flatnonzero(np.diff(places, prepend=-1))
    sessions = places[first]
    for at in np.flatnonzero(np.diff(sessions) > 1).tolist():
        missing = int(sessions[at + 1] - sessions[at]) - 1
        day = int(bars.calendar.days[sessions[at] + 1])
        yield Hit(int(first[at + 1]), "gap", partial(_gap, missing, day))


def _gap(missing: int, day: int) -> tuple[str, str]:
    words = f"{missing} session{'s' if missing > 1 else ''} without a bar before this one, from {date_of(day)} on"
    return str(missing), words


def _thin(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    places = _places(bars)
    first = np.flatnonzero(np.diff(places, prepend=-1))
    counts = np.diff(np.append(first, len(places)))
    calendar = bars.calendar
    lengths = (calendar.closes - calendar.opens)[places[first]] // MINUTE_NS
    if calendar.break_starts is not None and calendar.break_ends is not None:
        lengths = lengths - (calendar.break_ends - calendar.break_starts)[places[first]] // MINUTE_NS
    thin = np.flatnonzero(counts < policy.thin_share * lengths)
    for at in thin.tolist():
        yield Hit(int(first[at]), "thin", partial(_few, int(counts[at]), int(lengths[at])))


def _few(minutes: int, of: int) -> tuple[str, str]:
    return str(minutes), f"this session has {minutes} of its {of} minutes"


def _places(bars: StoredBars) -> np.ndarray:
    """The position of each bar's session in the calendar."""
    if bars.daily:
        return np.searchsorted(bars.calendar.days, bars.stamps // DAY_NS)
    return np.searchsorted(bars.calendar.closes, bars.stamps)
