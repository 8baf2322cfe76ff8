"""What lets an event loop follow and stop a run that is in another thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from rustybt.engine._progress import Elsewhere, Progress, progress_for

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


class Stopped(BaseException):
    """Raised within a run that nobody waits for any more. No strategy's `except Exception` holds it."""


class Watch(Elsewhere):
    """A run's link to the event loop that waits for it. It is also its `progress=`: what shows it is in that loop's
    thread.

    error: what showing progress raised there, which stops the run too.
    """

    def __init__(self, loop: AbstractEventLoop, wanted: Any) -> None:
        self._loop = loop
        self._wanted = wanted
        self._stop = threading.Event()
        self.error: BaseException | None = None

    def stop(self) -> None:
        """Lets the run end with its next bar."""
        self._stop.set()

    def after_bar(self, *_: object) -> None:
        """Called with each bar in the run's thread. Raises Stopped."""
        if self._stop.is_set():
            raise Stopped

    def tell(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls a function in the loop's thread, later."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody looks
            self._loop.call_soon_threadsafe(self._call, function, arguments)

    def _call(self, function: Callable[..., object], arguments: tuple[object, ...]) -> None:
        if self.error is not None:
            return
        try:
            function(*arguments)
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is awaited
            self.error = error
            self.stop()

    def progress(self, sessions: int, name: str) -> Progress:
        """What the run tells how far it is."""
        return Progress() if self._wanted is False else _Relayed(self, self._wanted, sessions, name)


class _Relayed(Progress):
    """Made, advanced and closed in the loop's thread, in this order."""

    def __init__(self, watch: Watch, wanted: Any, sessions: int, name: str) -> None:
        self._watch = watch
        self._shown = Progress()
        watch.tell(self._make, wanted, sessions, name)
        self.advance = lambda done: watch.tell(self._advance, done)

    def _make(self, wanted: Any, sessions: int, name: str) -> None:
        self._shown = progress_for(wanted, sessions, name)

    def _advance(self, done: int) -> None:
        if self._shown.advance is not None:
            self._shown.advance(done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.tell(self._close, kind, error, trace)

    def _close(self, *how: Any) -> None:
        self._shown.__exit__(*how)


WATCHED: Final[ContextVar[Watch | None]] = ContextVar("watched", default=None)
"""Who watches the runs that begin in this context."""
