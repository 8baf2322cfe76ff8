"""Values that a strategy brought along with `fetch_csv`, and from when on each is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from rustybt.core import DAY_NS, Asset
from rustybt.errors import NoData
from rustybt.view._axis import Axis

OWN_FIELDS: Final = frozenset(("price", "open", "high", "low", "close", "volume", "last_traded", "contract"))
"""Fields of an asset's bars: a fetched column of that name counts only for what is no asset."""

type Column = tuple[list[int], list[Any]]
"""Places from which values hold, ascending, and the values."""


class Fetched:
    """Columns by field and by what they belong to: an asset, or the name given for what is none.

    A place counts moments: 2 x bar is that bar, one less is before_trading_start of the session that begins with it.
    """

    __slots__ = ("_assets", "_axis", "_columns")

    def __init__(self, axis: Axis) -> None:
        self._axis = axis
        self._columns: dict[str, dict[Any, Column]] = {}
        self._assets: list[tuple[int, Asset]] = []

    @property
    def fields(self) -> list[str]:
        """The names of all fetched columns, sorted."""
        return sorted(self._columns)

    def place(self, stamp: int, *, whole_day: bool) -> int:
        """From which place on something of that stamp is known; beyond the last bar where it is not known in the run.

        whole_day: the stamp is a day's midnight UTC and means the session of that day, or the next one, from its
        before_trading_start on; of a week or month, where that lies before the day, from its bar on. Else what is
        stamped is known after that moment.
        """
        axis = self._axis
        days = axis.calendar.days
        if whole_day:
            session = int(np.searchsorted(days, stamp // DAY_NS)) - axis.first_session
            if session >= axis.sessions:
                return 2 * len(axis.stamps)
            session = max(session, 0)
            opens, closes = (
                int(ends[axis.first_session + session]) for ends in (axis.calendar.opens, axis.calendar.closes)
            )
            # a week or a month begins before most of its days
            ahead = closes - opens > 2 * DAY_NS and stamp > axis.before_open_stamp(session)
            return 2 * axis.starts[session] - (not ahead)
        bar = int(np.searchsorted(axis.stamps, stamp, side="right"))
        bar = max(bar, 1)
        if bar >= len(axis.stamps):
            return 2 * len(axis.stamps)
        session = int(np.searchsorted(axis.starts, bar, side="right")) - 1
        opens = axis.starts[session] == bar and axis.before_open_stamp(session) > stamp
        return 2 * bar - 1 if opens else 2 * bar

    def add(self, owner: Any, places: Sequence[int], columns: dict[str, list[Any]]) -> None:
        """Adds the columns of an owner, one value a place, by ascending place. Of a place the last value counts."""
        for field, values in columns.items():
            kept_places: list[int] = []
            kept: list[Any] = []
            for place, value in zip(places, values, strict=True):
                if kept_places and kept_places[-1] == place:
                    kept[-1] = kept[-1] if value is None else value
                else:
                    kept_places.append(place)
                    kept.append(value)
            self._columns.setdefault(field, {})[owner] = (kept_places, kept)

    def begin(self, assets: list[tuple[int, Asset]]) -> None:
        """The assets of the newest file, each with the place of its first row."""
        self._assets = sorted(assets, key=lambda pair: pair[1].sid)

    def answers(self, owner: Any, field: str) -> bool:
        """Whether a field is a fetched one, for an asset or a name."""
        return isinstance(owner, str) or (field in self._columns and field not in OWN_FIELDS)

    def value(self, owner: Any, field: str, place: int) -> Any:
        """The last value known at a place; None where there is none. Raises NoData for a name that no file has."""
        column = self._columns.get(field, {}).get(owner)
        if column is None:
            if isinstance(owner, str) and not any(owner in owners for owners in self._columns.values()):
                raise NoData(
                    f"fetch_csv brought nothing under the name {owner!r}. An asset is looked up with symbol()."
                )
            return None
        at = bisect_right(column[0], place) - 1
        return column[1][at] if at >= 0 else None

    def assets(self, place: int) -> list[Asset]:
        """The assets that the newest file has had a row for by then, by sid."""
        return [asset for first, asset in self._assets if first <= place]
