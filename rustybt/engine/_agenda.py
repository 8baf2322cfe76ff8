"""What falls due in a run: with a bar, with each bar, or at a moment between two bars."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from rustybt.core import Phase
from rustybt.view import Axis

NEVER: Final = 2**62
BY_ORDER: Final = itemgetter(0, 1, 2)
"""Of an entry: its phase, priority and number. What is called is not compared."""

type Action = Callable[..., object]
"""What is due before a bar is seen is called with the loop, what comes after it with context and data."""


class Entry(NamedTuple):
    """One thing that is due. Within a phase the smaller priority comes first, then the smaller number, which is the
    order of registration."""

    phase: Phase
    priority: int
    number: int
    action: Action


class Timer(NamedTuple):
    """The same at a moment of its own, ns UTC."""

    stamp: int
    phase: Phase
    priority: int
    number: int
    action: Action


def _nothing(*_: object) -> None:
    """What is due with no bar."""


BETWEEN: Final = (Entry(Phase.TIMERS, 0, 0, _nothing), -1, 0)
"""Stands in the list of what was added for a moment between two bars: bars that are gone through without asking end
there."""


class Agenda:
    """All that falls due in a run, by phase, and within one by priority and in the order of registration.

    priority: the smaller one comes first. number: the place among what was registered, where it is not the order in
    which the agenda was told of it.

    added: what was registered since it was last asked. Whoever goes through bars without asking looks at this list.
    timers: what is due between bars, the next one first.
    Nothing in it may hold the loop, so that a run is let go of at once when it is over.
    """

    __slots__ = ("__weakref__", "_at", "_axis", "_bars", "_count", "_each", "_ends", "_every", "added", "timers")

    def __init__(self, axis: Axis) -> None:
        self._axis = axis
        self._count = 0
        # before and after a bar is seen, by bar
        self._at: tuple[dict[int, list[Entry]], dict[int, list[Entry]]] = ({}, {})
        # the same of each bar up to an end; the first of the ends
        self._every: tuple[list[tuple[Entry, int]], list[tuple[Entry, int]]] = ([], [])
        self._ends = NEVER
        self._each: tuple[list[Action], list[Action]] = ([], [])
        self._bars: list[int] = []
        self.added: list[tuple[Entry, int | None, int]] = []
        self.timers: list[Timer] = []

    def at(self, bar: int, phase: Phase, action: Action, *, priority: int = 0, number: int | None = None) -> None:
        """Registers what is due with a bar; with one that is over it never is."""
        self.added.append((self._entry(phase, action, priority, number), bar, 0))

    def every(
        self, phase: Phase, action: Action, *, end: int = NEVER, priority: int = 0, number: int | None = None
    ) -> None:
        """Registers what is due with each bar from now on, up to but without `end`."""
        self.added.append((self._entry(phase, action, priority, number), None, end))

    def when(self, stamp: int, phase: Phase, action: Action, *, priority: int = 0, number: int | None = None) -> None:
        """Registers what is due at a moment, ns UTC: with the bar that ends then, else between two bars."""
        times = self._axis.times
        bar = bisect_left(times, stamp)
        if 0 < bar < len(times) and times[bar] == stamp and self._axis.runs(bar):
            self.at(bar, phase, action, priority=priority, number=number)
            return
        if number is None:
            self._count += 1
            number = self._count
        heapq.heappush(self.timers, Timer(stamp, phase, priority, number, action))
        if not self.added:
            self.added.append(BETWEEN)

    def _entry(self, phase: Phase, action: Action, priority: int, number: int | None) -> Entry:
        self._count += 1
        return Entry(phase, priority, self._count if number is None else number, action)

    def next(self, bar: int, end: int) -> int:
        """The first bar from one on with which anything is due; `end` where nothing is before it."""
        if self.added:
            self._take_in()
        if self._ends <= bar:
            self._forget(bar)
        if self._each[0] or self._each[1]:
            return bar
        bars = self._bars
        while bars and bars[0] < bar:
            past = heapq.heappop(bars)
            self._at[0].pop(past, None)
            self._at[1].pop(past, None)
        return bars[0] if bars and bars[0] < end else end

    def due(self, bar: int, *, seen: bool) -> Sequence[Action]:
        """What is due with a bar, in order: before it is seen, or, seen, after it. Told once."""
        if self.added:
            self._take_in()
        now = self._at[seen].pop(bar, None)
        if now is None:
            return self._each[seen]
        entries = [*now, *(entry for entry, _ in self._every[seen])] if self._every[seen] else now
        entries.sort(key=BY_ORDER)
        return [entry.action for entry in entries]

    def _take_in(self) -> None:
        """Sorts in what was registered. The list stays the same one: whoever goes through bars looks at it."""
        each = False
        for entry, bar, end in self.added:
            seen = entry.phase > Phase.MARKET
            if bar is None:
                each = True
                self._every[seen].append((entry, end))
                self._ends = min(self._ends, end)
            elif bar > 0:
                if bar not in self._at[0] and bar not in self._at[1]:
                    heapq.heappush(self._bars, bar)
                self._at[seen].setdefault(bar, []).append(entry)
        self.added.clear()
        if each:
            self._list_each()

    def _forget(self, bar: int) -> None:
        """Drops what was due with each bar up to one."""
        for entries in self._every:
            entries[:] = [one for one in entries if one[1] > bar]
        self._ends = min((end for entries in self._every for _, end in entries), default=NEVER)
        self._list_each()

    def _list_each(self) -> None:
        before, after = (
            [entry.action for entry in sorted([one for one, _ in entries], key=BY_ORDER)] for entries in self._every
        )
        self._each = before, after
