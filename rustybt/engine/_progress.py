"""A progress bar for long runs, where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rustybt.errors import InputError

SHORT_RUN = 20
"""A run of fewer sessions shows no bar unless asked to."""


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


class _Bar(Progress):
    """A bar on the terminal's error stream."""

    def __init__(self, sessions: int, name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("sessions"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(name, total=sessions)
        self._step = max(1, sessions // 200)
        self._sessions = sessions
        self.advance = self._advance

    def _advance(self, done: int) -> None:
        if done % self._step == 0 or done == self._sessions:
            self._bar.update(self._task, completed=done)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


def progress_for(wanted: Any, sessions: int, name: str) -> Progress:
    """What `run_algorithm(progress=)` asks for: True, False, a function(done, sessions), or None for terminals only."""
    if wanted is None:
        wanted = sessions >= SHORT_RUN and sys.stderr is not None and sys.stderr.isatty()
    if wanted is True:
        return _Bar(sessions, name)
    if wanted is False:
        return Progress()
    if callable(wanted):
        return _Told(wanted, sessions)
    raise InputError(f"progress={wanted!r}: give True, False or a function(done, sessions).")
