"""Windows of sessions: what is looked at to choose, and what is looked at afterwards to judge."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rustybt.errors import InputError

SPAN: Final = re.compile(r"(\d+)\s*(y|mo|w|d)")
SLACK: Final = dt.timedelta(days=4)
"""A weekend and holidays: so long after the last session a span may end and be whole."""

GIVE: Final = "give a number of sessions, or a span such as '5y', '6mo', '13w' or '90d'."

type Size = int | str


class Window(NamedTuple):
    """Places in the sessions, each from the first to the one after the last. validation: empty where there is none."""

    train: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]


class Rolling:
    """Windows of one length, which move on by a step.

    train, test: how many sessions, or a span such as "5y", "6mo", "13w" or "90d". validation: sessions between the two,
    by which is chosen among the best of the training; 0: the training chooses.
    step: how far a window lies behind the one before, by default a test, so that each session is tested once.
    gap: sessions left out before the test, such as those that a label reaches ahead. purge: the same, but the test
    stays where it is: so many of the last sessions of what chooses are left out.
    Raises InputError for sizes that mean nothing, and a step below the test: sessions would be tested twice.

    >>> from rustybt.optimize import Rolling
    >>> sessions = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(10)]
    >>> [(window.train, window.test) for window in Rolling(4, 2).windows(sessions)]
    [((0, 4), (4, 6)), ((2, 6), (6, 8)), ((4, 8), (8, 10))]
    """

    grows = False

    def __init__(
        self,
        train: Size,
        test: Size,
        *,
        validation: Size = 0,
        step: Size | None = None,
        gap: int = 0,
        purge: int = 0,
    ) -> None:
        for name, size in (("train", train), ("test", test), ("step", test if step is None else step)):
            if _size(size, name) == 0:
                raise InputError(f"{name}={size!r} is empty: give sessions, or a span such as '6mo'.")
        _size(validation, "validation")
        for name, size in (("gap", gap), ("purge", purge)):
            if type(size) is not int or size < 0:
                raise InputError(f"{name}={size!r}: give a number of sessions, 0 or more.")
        self.train, self.test, self.validation = train, test, validation
        self.step, self.gap, self.purge = (test if step is None else step), gap, purge
        if type(self.step) is type(test) and _rank(self.step) < _rank(test):
            raise InputError(
                f"step={self.step!r} is below test={test!r}: sessions would be tested twice, and count twice in what "
                "is put together."
            )

    def __repr__(self) -> str:
        parts = [f"{self.train!r}", f"{self.test!r}"]
        parts += [f"validation={self.validation!r}"] if self.validation else []
        parts += [f"step={self.step!r}"] if self.step != self.test else []
        parts += [f"gap={self.gap}"] if self.gap else []
        parts += [f"purge={self.purge}"] if self.purge else []
        return f"{type(self).__name__}({', '.join(parts)})"

    def windows(self, sessions: Sequence[dt.date]) -> list[Window]:
        """The windows that lie within the sessions. Raises InputError where none does."""
        found: list[Window] = []
        start = self._start(sessions)
        for turn in range(len(sessions)):
            begin = _moved(sessions, start, self.step, turn)
            end = _moved(sessions, begin, self.train)
            checked = _moved(sessions, end, self.validation)
            tested = _moved(sessions, checked, self.gap)
            last = _moved(sessions, tested, self.test)
            if begin is None or end is None or checked is None or tested is None or last is None:
                break
            if found and found[-1].test[1] > tested.place:  # a month is not as long as the next one
                found[-1] = found[-1]._replace(test=(found[-1].test[0], tested.place))
            first = start.place if self.grows else begin.place
            found.append(self._window(first, end.place, checked.place, (tested.place, last.place)))
        if not found:
            raise InputError(f"{self!r} has no window in {len(sessions)} sessions: give shorter ones.")
        return found

    def _start(self, sessions: Sequence[dt.date]) -> _Mark:
        """Where the first window begins."""
        return _Mark(0, sessions[0])

    def _window(self, first: int, end: int, checked: int, test: tuple[int, int]) -> Window:
        """A window without what is purged: of the validation where there is one, else of the training."""
        if end < checked:
            return Window((first, end), (end, max(end, checked - self.purge)), test)
        end = end - self.purge
        if end <= first:
            raise InputError(f"purge={self.purge} leaves nothing of train={self.train!r}: give less.")
        return Window((first, end), (end, end), test)


class Expanding(Rolling):
    """Windows whose training begins with the first session each time, and grows by a step.

    >>> from rustybt.optimize import Expanding
    >>> sessions = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(8)]
    >>> [(window.train, window.test) for window in Expanding(4, 2).windows(sessions)]
    [((0, 4), (4, 6)), ((0, 6), (6, 8))]
    """

    grows = True


class Anchored(Expanding):
    """Windows whose training begins on a day of yours each time, and grows by a step.

    anchor: a date, or text such as "2009-03-09"; the first session on it or after. The other settings are those of
    `Rolling`. Raises InputError for what is no date, and for one after the last session.

    >>> from rustybt.optimize import Anchored
    >>> sessions = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(10)]
    >>> [(window.train, window.test) for window in Anchored("2024-01-03", 4, 2).windows(sessions)]
    [((2, 6), (6, 8)), ((2, 8), (8, 10))]
    """

    def __init__(self, anchor: dt.date | str, train: Size, test: Size, **settings: Any) -> None:
        try:
            self.anchor = dt.date.fromisoformat(anchor) if isinstance(anchor, str) else dt.date(*anchor.timetuple()[:3])
        except (ValueError, AttributeError):
            raise InputError(f"anchor={anchor!r} is no date: give one such as '2009-03-09'.") from None
        super().__init__(train, test, **settings)

    def __repr__(self) -> str:
        return super().__repr__().replace("(", f"('{self.anchor}', ", 1)

    def _start(self, sessions: Sequence[dt.date]) -> _Mark:
        place = bisect_left(sessions, self.anchor)
        if place == len(sessions):
            raise InputError(f"anchor={self.anchor} is after the last session, {sessions[-1]}: give an earlier one.")
        return _Mark(place, sessions[place])


def _size(size: Size, name: str) -> int:
    if isinstance(size, str):
        match = SPAN.fullmatch(size.strip())
        if match is None:
            raise InputError(
                f"{name}={size!r}: give a number of sessions, or a span such as '5y', '6mo', '13w' or '90d'."
            )
        return int(match[1])
    if type(size) is not int or size < 0:
        raise InputError(f"{name}={size!r}: {GIVE}")
    return size


def _rank(size: Size) -> float:
    """About how many days a size is."""
    if isinstance(size, int):
        return size
    match = SPAN.fullmatch(size.strip())
    return int(match[1]) * {"y": 365.25, "mo": 30.4, "w": 7, "d": 1}[match[2]] if match else 0


class _Mark(NamedTuple):
    """A place in the sessions, and the day that it stands for, which need not have one."""

    place: int
    day: dt.date


def _moved(sessions: Sequence[dt.date], mark: _Mark | None, size: Size, times: int = 1) -> _Mark | None:
    """The mark a size, so many times, behind another one; None beyond the last session."""
    if mark is None:
        return None
    if isinstance(size, int):
        place = mark.place + size * times
        if size == 0 or place > len(sessions):
            return mark if size == 0 else None
        return _Mark(place, sessions[place] if place < len(sessions) else sessions[-1] + dt.timedelta(days=1))
    day = _later(mark.day, size, times)
    place = bisect_left(sessions, day)
    return _Mark(place, day) if place < len(sessions) or day - sessions[-1] <= SLACK else None


def _later(day: dt.date, size: str, times: int) -> dt.date:
    match = SPAN.fullmatch(size.strip())
    if match is None:
        raise InputError(f"{size!r} is no span.")
    count = int(match[1]) * times
    if match[2] in ("w", "d"):
        return day + dt.timedelta(days=count * (7 if match[2] == "w" else 1))
    months = day.month - 1 + count * (12 if match[2] == "y" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
