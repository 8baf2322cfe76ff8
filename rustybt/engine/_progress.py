"""How far a long run has come, where somebody watches."""

from __future__ import annotations

import abc
import contextlib
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, runtime_checkable

from rustybt.core import in_notebook, on_terminal
from rustybt.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

PATIENCE: Final = 0.5
"""Seconds before something appears that nobody asked for: a shorter run shows nothing."""
INTERVAL: Final = 0.1
"""Seconds between two looks at least."""
LOG_INTERVAL: Final = 10.0
"""The same where each look is a line that stays, as in a log."""
CELLS: Final = 24


@runtime_checkable
class ProgressBar(Protocol):
    """Shows progress, as tqdm's objects do: `tqdm.auto.tqdm()` in a notebook or a terminal, or one of your own.

    Its `total` is set to the number of sessions, by `reset` where it has one, if it is None. It is not closed: whoever
    made it does that.
    """

    total: Any

    def update(self, n: int, /) -> object:
        """So many sessions more are done."""

    def close(self) -> object:
        """Nothing more comes."""


class Progress:
    """Tells nobody; what it says a subclass shows."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    advance: Callable[[int], None] | None = None


class _Told(Progress):
    def __init__(self, function: Callable[[int, int], Any], sessions: int) -> None:
        self.advance = lambda done: function(done, sessions)


class Elsewhere(abc.ABC):
    """Asks for progress that is shown in another thread."""

    @abc.abstractmethod
    def progress(self, sessions: int, name: str) -> Progress:
        """The object that the run tells how far it is."""


class _Bar(Progress):
    """A bar of somebody else's. own: whether it is closed at the end."""

    def __init__(self, bar: ProgressBar, sessions: int, *, own: bool) -> None:
        self._bar = bar
        self._own = own
        self._done = 0
        if getattr(bar, "total", None) is None:
            reset = getattr(bar, "reset", None)  # a widget of tqdm's learns of its total by it
            if callable(reset):
                reset(total=sessions)
            else:
                bar.total = sessions
        self.advance = self._advance

    def _advance(self, done: int) -> None:
        self._bar.update(done - self._done)
        self._done = done

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own:
            self._bar.close()
        elif callable(refresh := getattr(self._bar, "refresh", None)):
            refresh()


class _Shown(Progress):
    """Shown from time to time, and once more at the end.

    asked: whether the caller wanted it, however short the run is.
    """

    interval = INTERVAL

    def __init__(self, sessions: int, name: str, unit: str, *, asked: bool) -> None:
        self.sessions = sessions
        self.name = name
        self.unit = unit
        self.done = 0
        self._began = time.monotonic()
        self._due = self._began + (0 if asked else PATIENCE)
        self._seen = asked
        self.advance = self._advance

    def _advance(self, done: int) -> None:
        self.done = done
        now = time.monotonic()
        if now >= self._due and done < self.sessions:
            self._due = now + self.interval
            self._seen = True
            self.show(now - self._began)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._seen:
            self.close(time.monotonic() - self._began)

    def show(self, seconds: float) -> None:
        """Shows how far the run is, after so many seconds."""

    def close(self, seconds: float) -> None:
        """Shows that it is over."""

    def whole(self, seconds: float) -> str:
        """The last line."""
        part = "" if self.done == self.sessions else f" of {self.sessions:,}"
        return f"{self.name}: {self.done:,}{part} {self.unit} in {_span(seconds)}"


class _Terminal(_Shown):
    """A bar on the error stream, below what the strategy prints."""

    _bars: Bars | None = None

    def show(self, seconds: float) -> None:
        if self._bars is None:
            self._bars = _bars(self.unit)
            self._bars.add_task(self.name, total=self.sessions)
            self._bars.start()
        self._bars.update(self._bars.task_ids[0], completed=self.done)

    def close(self, seconds: float) -> None:
        if self._bars is None:
            _to_stderr(self.whole(seconds))
            return
        self._bars.update(self._bars.task_ids[0], completed=self.done)
        self._bars.stop()


class _Log(_Shown):
    """The error stream where it is kept, such as a file: a line from time to time, and a last one."""

    def __init__(self, sessions: int, name: str, unit: str, *, asked: bool) -> None:
        super().__init__(sessions, name, unit, asked=asked)
        self.interval = LOG_INTERVAL
        self._due = self._began + self.interval

    def show(self, seconds: float) -> None:
        left = seconds * (self.sessions - self.done) / max(self.done, 1)
        _to_stderr(f"{self.name}: {self.done:,} of {self.sessions:,} {self.unit}, {_span(left)} left")

    def close(self, seconds: float) -> None:
        _to_stderr(self.whole(seconds))


class _Cell(_Shown):
    """Plain text below a notebook's cell that is written over, for which no widgets need to be installed."""

    _handle: Any = None

    def show(self, seconds: float) -> None:
        full = CELLS * self.done // self.sessions
        left = seconds * (self.sessions - self.done) / max(self.done, 1)
        bar = "█" * full + "░" * (CELLS - full)
        self._write(f"{self.name} {bar} {self.done:,} of {self.sessions:,} {self.unit}, {_span(left)} left")

    def close(self, seconds: float) -> None:
        self._write(self.whole(seconds))

    def _write(self, text: str) -> None:
        import IPython.display as ipython  # its functions have no types

        show: Any = ipython.display
        if self._handle is None:
            self._handle = show({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)


def _bars(unit: str) -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _to_stderr(text: str) -> None:
    """A stream that is closed, or can't write a name's letters, is no reason to end a run."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(text, file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    """A time as people read it.

    >>> _span(3.26), _span(75), _span(7384)
    ('3.3 s', '1:15 min', '2:03 h')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def progress_for(wanted: Any, sessions: int, name: str, *, unit: str = "sessions") -> Progress:
    """What `run_algorithm(progress=)` asks for: True, False, a bar such as tqdm's, its class, a function(done,
    sessions), or None.

    None: shown in a notebook and on a terminal, once the run has taken half a second. sessions: how many there are of
    what `unit` says.
    """
    if wanted is False:
        return Progress()
    if isinstance(wanted, Elsewhere):
        return wanted.progress(sessions, name)
    if wanted is None or wanted is True:
        kind = _Cell if in_notebook() else _Terminal if on_terminal() else _Log
        return Progress() if wanted is None and kind is _Log else kind(sessions, name, unit, asked=wanted is True)
    if isinstance(wanted, type) and callable(getattr(wanted, "update", None)) and hasattr(wanted, "close"):
        return _Bar(wanted(total=sessions, desc=name), sessions, own=True)
    if callable(getattr(wanted, "update", None)) and callable(getattr(wanted, "close", None)):
        return _Bar(wanted, sessions, own=False)
    if callable(wanted):
        return _Told(wanted, sessions)
    raise InputError(f"progress={wanted!r}: pass True, False, a bar such as tqdm() or a function(done, sessions).")
