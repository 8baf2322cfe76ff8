"""The sessions within the weeks or months of a run: where corporate actions take effect."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt.core import DAY_NS


class Steps:
    """The sessions of a run whose own sessions are weeks or months, numbered from the first one of its first on.

    calendar: the table of the weeks or months; its `inner` has the sessions. table: that one. first: the place in it
    of the run's first session. days, opens, closes: of the run's sessions, as lists.
    """

    __slots__ = ("_begins", "_bounds", "closes", "days", "first", "opens", "table")

    def __init__(self, calendar: Any, first_period: int, periods: int) -> None:
        self.table = calendar.inner
        ends = np.searchsorted(self.table.days, calendar.days) + 1
        self._begins = np.concatenate([[0], ends[:-1]])
        self.first = int(self._begins[first_period])
        last = first_period + periods
        window = slice(self.first, int(ends[last - 1]))
        self.days: list[int] = self.table.days[window].tolist()
        self.opens: list[int] = self.table.opens[window].tolist()
        self.closes: list[int] = self.table.run_closes[window].tolist()
        bounds = [*self._begins[first_period:last].tolist(), int(ends[last - 1])]
        self._bounds = [place - self.first for place in bounds]

    def of(self, session: int) -> tuple[int, int]:
        """The first step of a session of the run, and the one after its last."""
        return self._bounds[session], self._bounds[session + 1]

    def session_of(self, step: int) -> int:
        """The run's session that a step lies in."""
        return int(np.searchsorted(self._bounds, step, side="right")) - 1

    def first_key(self, period: int) -> int:
        """Midnight UTC of the first session of a week or month of the calendar, ns."""
        return int(self.table.days[self._begins[period]]) * DAY_NS

    def key(self, step: int) -> int:
        """Midnight UTC of a step's day, ns."""
        return self.days[step] * DAY_NS

    def of_stamps(self, stamps: npt.NDArray[np.int64], session: int) -> tuple[int, int] | None:
        """The steps of the first and of the last of some daily stamps that lie in a session; None without one."""
        begin, end = self.of(session)
        low = int(np.searchsorted(stamps, self.key(begin)))
        high = int(np.searchsorted(stamps, self.key(end - 1), side="right"))
        if low == high:
            return None
        first, last = (int(np.searchsorted(self.days, int(stamps[row]) // DAY_NS)) for row in (low, high - 1))
        return first, last
