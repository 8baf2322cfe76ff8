"""Longer bars beside a run's own: sessions in a run of minutes, weeks in one of days. Those that are over count."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt.core import DAY_NS, Frequency, frequency_named
from rustybt.view._axis import Axis
from rustybt.view._grid import Place
from rustybt.view._tracks import Tracks

type Keys = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float64]

_MAKING: Final = threading.Lock()


def grid_within(version: Any, calendar: Any, length: Frequency) -> Any:
    """What bars within a session there are: every minute; at the frequency of stored bars those that some asset has,
    wherever the vendor put them; else as they are laid out from the open."""
    if length.step_ns is None or length.name == "1m":
        return None
    if version.source_of(length.name) != length.name:
        return functools.partial(calendar.bar_ends, length.step_ns)

    def moments(first: int, last: int) -> Any:
        stamps = version.stamps(length.name, int(calendar.opens[first]) + 1, int(calendar.closes[last]))
        return stamps[calendar.holds_instants(stamps)]

    return moments


def longer_tracks(tracks: Tracks, name: str) -> Tracks:
    """The tracks of longer bars over the sessions of some tracks: the same for all who ask. Raises NoData."""
    if name == "1d":
        return tracks.by_session()
    with _MAKING:
        found = tracks.longer.get(name)
        if found is None:
            found = tracks.longer[name] = _made(tracks, frequency_named(name))
        return found


def _made(tracks: Tracks, length: Frequency) -> Tracks:
    axis, version, grid = tracks.axis, tracks.version, None
    calendar, first, last = axis.calendar, axis.first_session, axis.first_session + axis.sessions - 1
    if length.period is None:
        grid = grid_within(version, calendar, length)
    else:
        ends = calendar.days[[first, last]]
        calendar = calendar.collapsed(length.period)
        first, last = np.searchsorted(calendar.days, ends).tolist()
    whole = Axis(calendar, first, last, length.by_session, grid)
    return Tracks(version, whole, length.name, dividends_need_a_bar=tracks.needs_a_bar)


def keys_over(axis: Axis, keys: Keys, *, by_session: bool) -> Keys:
    """For bars of a run the largest key that a longer bar may have to be over by then.

    In a run of shorter bars than a day the session of the bar is not over, with its last bar neither: what the vendor
    tells of it may come later.
    """
    if axis.daily or not by_session:
        return keys
    return _session_keys(axis, keys) - 1


def keys_known(axis: Axis, keys: Keys, *, by_session: bool) -> Keys:
    """For bars of a run the largest key that an action may have to have taken effect by then."""
    return keys if axis.daily or not by_session else _session_keys(axis, keys)


def _session_keys(axis: Axis, keys: Keys) -> Keys:
    sessions = np.searchsorted(axis.calendar.closes, keys)
    days: Keys = axis.calendar.days[np.minimum(sessions, len(axis.calendar.days) - 1)].astype(np.int64)
    return days * DAY_NS


def last_keys(axis: Axis, bar: int, count: int) -> Keys:
    """The keys of the last bars up to one of a run's, those before it included; fewer where the calendar begins."""
    own, session, step = axis.keys[1 : bar + 1], axis.first_session, 1
    found: Keys = own
    while len(found) < count and session > 0:
        session, step = max(0, session - step), 2 * step
        found = np.concatenate([axis.keys_before(session), own])
    return found[max(0, len(found) - count) :]


def factor_of(places: Sequence[Place], unit: str | None, key: int) -> float:
    """What restates a value in the shares of the time before the first bar as of a key; 1 where it has no unit."""
    whole = Fraction(1)
    for place, price, volume, known in places:
        if unit is not None and place > 0 and known <= key:
            whole *= 1 / volume if unit == "volume" else price
    return float(whole)


def factors_of(several: Sequence[Sequence[Place]], unit: str | None, keys: Keys) -> Floats:
    """The same for assets and keys, (keys, assets)."""
    found = np.ones((len(keys), len(several)))
    for column, places in enumerate(several):
        for _, _, _, known in places:
            found[keys >= known, column] = factor_of(places, unit, known)
    return found
