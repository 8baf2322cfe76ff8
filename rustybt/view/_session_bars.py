"""Bars of sessions for a run of minutes: the bundle's daily bars where it has them, else what its minutes give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt.core import DAY_NS, Asset, CashDividend, Split, folded, picked

type Column = npt.NDArray[np.int64] | list[int]
type Floats = npt.NDArray[np.float64]


class SessionBars:
    """A version as `Tracks` read it, with a daily bar for every session.

    A session within the range of the bundle's "1d" bars has the bar that stands there, or none; one outside of it
    has the aggregate of its minutes: first open, highest high, lowest low, last close, summed volume.
    """

    def __init__(self, version: Any, calendar: Any, frequency: str) -> None:
        self._version = version
        self._frequency = frequency
        self._calendar = calendar
        self._stored: tuple[int, int] | None = None
        if "1d" in version.frequencies:
            self._stored = version.first_day_of("1d"), version.last_day_of("1d")

    @property
    def has_stored(self) -> bool:
        """Whether the bundle has daily bars."""
        return self._stored is not None

    def first_day_of(self, frequency: str) -> int:
        """The first session with a bar, as days since 1970-01-01."""
        minutes = int(self._version.first_day_of(self._frequency))
        return minutes if self._stored is None else min(minutes, self._stored[0])

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        name: str = self._version.bundle
        return name

    def asset(self, sid: int) -> Asset:
        """The asset of that number."""
        found: Asset = self._version.asset(sid)
        return found

    def splits(self, sids: Sequence[int]) -> list[Split]:
        found: list[Split] = self._version.splits(sids)
        return found

    def dividends(self, sids: Sequence[int]) -> list[CashDividend]:
        found: list[CashDividend] = self._version.dividends(sids)
        return found

    def load(
        self, sids: Sequence[int], frequency: str, first_ns: int, last_ns: int, *, late: bool = False
    ) -> dict[int, Any]:
        """The sessions' bars of each asset, stamped with midnight UTC of the session, from first_ns to last_ns."""
        days = self._calendar.days
        first, last = np.searchsorted(days, first_ns // DAY_NS), np.searchsorted(days, last_ns // DAY_NS, side="right")
        if self._stored is None:
            return {sid: self._minutes(sid, int(first), int(last)) for sid in sids}
        begin = int(np.searchsorted(days, self._stored[0]))
        end = int(np.searchsorted(days, self._stored[1], side="right"))
        within = bool(begin <= first and last <= end)
        stored = self._version.load(sids, "1d", first_ns, last_ns, late=late and within)
        if within:
            return dict(stored)
        return {
            sid: _joined(
                [
                    self._minutes(sid, int(first), min(int(last), begin)),
                    stored[sid],
                    self._minutes(sid, max(int(first), end), int(last)),
                ]
            )
            for sid in sids
        }

    def computed(
        self, made_of: Callable[[], dict[str, Any]], shape: tuple[int, int], make: Callable[[], Sequence[Floats]]
    ) -> Sequence[Floats]:
        """Columns that are made of these bars; see the version's."""
        found: Sequence[Floats] = self._version.computed(
            lambda: {**made_of(), "sessions_of": self._frequency}, shape, make
        )
        return found

    def _minutes(self, sid: int, first: int, last: int) -> Any:
        """The aggregates of the sessions at positions first to last, the last one not included."""
        calendar = self._calendar
        first_ns = int(calendar.opens[first]) + 1 if first < last else 0
        last_ns = int(calendar.closes[last - 1]) if first < last else -1
        return by_session(self._version.load([sid], self._frequency, first_ns, last_ns)[sid], calendar)


def by_session(bars: Any, calendar: Any) -> Any:
    """Minute bars of one asset as daily ones, exactly."""
    if not len(bars.stamps):
        return bars
    sessions = np.searchsorted(calendar.closes, bars.stamps)
    held = sessions < len(calendar.closes)
    held[held] = bars.stamps[held] > calendar.opens[sessions[held]]
    if not held.all():
        # minutes between the sessions of a calendar that is not the bundle's own
        return by_session(_picked(bars, np.flatnonzero(held)), calendar)
    return folded(bars, calendar.days[sessions].astype(np.int64) * DAY_NS)


def _picked(bars: Any, places: npt.NDArray[np.int64]) -> Any:
    columns = {name: picked(getattr(bars, name), places) for name in ("open", "high", "low", "close", "volume")}
    return replace(bars, stamps=bars.stamps[places], **columns)


def _joined(parts: Sequence[Any]) -> Any:
    """Bars of one asset, one after the other."""
    filled = [part for part in parts if len(part.stamps)]
    if len(filled) <= 1:
        return filled[0] if filled else parts[0]
    wide = any(isinstance(part.open, list) for part in filled)

    def join(name: str) -> Column:
        columns = [getattr(part, name) for part in filled]
        if any(isinstance(column, list) for column in columns) or (wide and name != "volume"):
            return [int(value) for column in columns for value in column]
        joined: npt.NDArray[np.int64] = np.concatenate(columns)
        return joined

    names = ("open", "high", "low", "close", "volume")
    stamps = np.concatenate([part.stamps for part in filled])
    return replace(filled[0], stamps=stamps, **{name: join(name) for name in names})
