"""How far a long run has come, where somebody watches."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from rustybt.core import in_notebook, on_terminal
from rustybt.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

PATIENCE: Final = 0.5
"""Seconds before something appears that nobody asked for: a shorter run shows nothing."""
INTERVAL: Final = 0.1
"""Seconds between two looks at least."""
CELLS: Final = 24


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


class _Shown(Progress):
    """Shown from time to time, and once more at the end.

    asked: whether the caller wanted it, however short the run is.
    """

    def __init__(self, sessions: int, name: str, *, asked: bool) -> None:
        self.sessions = sessions
        self.name = name
        self.done = 0
        self._began = time.monotonic()
        self._due = self._began + (0 if asked else PATIENCE)
        self._seen = asked
        self.advance = self._advance

    def _advance(self, done: int) -> None:
        self.done = done
        now = time.monotonic()
        if now >= self._due and done < self.sessions:
            self._due = now + INTERVAL
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
        return f"{self.name}: {self.done:,}{part} sessions in {_span(seconds)}"


class _Terminal(_Shown):
    """A bar on the error stream, below what the strategy prints."""

    _bars: Bars | None = None

    def show(self, seconds: float) -> None:
        if self._bars is None:
            self._bars = _bars()
            self._bars.add_task(self.name, total=self.sessions)
            self._bars.start()
        self._bars.update(self._bars.task_ids[0], completed=self.done)

    def close(self, seconds: float) -> None:
        if self._bars is None:
            _to_stderr(self.whole(seconds))
            return
        self._bars.update(self._bars.task_ids[0], completed=self.done)
        self._bars.stop()


class _Once(_Shown):
    """The error stream where nobody looks at it, such as a file: the last line only."""

    def close(self, seconds: float) -> None:
        _to_stderr(self.whole(seconds))


class _Cell(_Shown):
    """Plain text below a notebook's cell that is written over, for which no widgets need to be installed."""

    _handle: Any = None

    def show(self, seconds: float) -> None:
        full = CELLS * self.done // self.sessions
        left = seconds * (self.sessions - self.done) / max(self.done, 1)
        bar = "█" * full + "░" * (CELLS - full)
        self._write(f"{self.name} {bar} {self.done:,} of {self.sessions:,} sessions, {_span(left)} left")

    def close(self, seconds: float) -> None:
        self._write(self.whole(seconds))

    def _write(self, text: str) -> None:
        import IPython.display as ipython  # its functions have no types

        show: Any = ipython.display
        if self._handle is None:
            self._handle = show({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("sessions"),
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


def progress_for(wanted: Any, sessions: int, name: str) -> Progress:
    """What `run_algorithm(progress=)` asks for: True, False, a function(done, sessions), or None.

    None: shown in a notebook and on a terminal, once the run has taken half a second.
    """
    if wanted is False:
        return Progress()
    if wanted is None or wanted is True:
        kind = _Cell if in_notebook() else _Terminal if on_terminal() else _Once
        return Progress() if wanted is None and kind is _Once else kind(sessions, name, asked=wanted is True)
    if callable(wanted):
        return _Told(wanted, sessions)
    raise InputError(f"progress={wanted!r}: pass True, False or a function(done, sessions).")
