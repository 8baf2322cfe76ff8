"""After the last bar: nothing that code of the user's does there loses the result."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from rustybt.engine._loop import Loop
from rustybt.errors import RustyBTError
from rustybt.results import Result

KEPT: Final = (
    "The run itself was complete: its result is this exception's attribute `result` (at a prompt: "
    "sys.last_value.result)."
)


def going[T](loop: Loop, move: Callable[[], T], late: BaseException | None) -> tuple[T | None, BaseException | None]:
    """Moves a loop. An error is raised; one that came when the books were closed is returned.

    late: what was returned before.
    """
    sessions = loop.run.market.axis.sessions
    try:
        return move(), late
    except BaseException as error:
        if loop.complete or loop.closed == sessions:
            loop.over = True
            return None, error
        if isinstance(error, Exception) and (not isinstance(error, RustyBTError) or loop.run.phase.phase != "done"):
            error.add_note(f"in the strategy's run, at {loop.run.data.current_dt}")
        loop.simulated.let_go()
        raise
    finally:
        if loop.over:
            loop.simulated.let_go()


def analysed(
    result: Result,
    analyze: Any,
    context: Any,
    late: BaseException | None,
    warned: Iterable[Callable[[], None]],
) -> Result:
    """Warns, calls analyze, and returns the result.

    late: what a metric or a progress function raised after the last bar. warned: what warns, which raises where
    warnings are errors. What any of them raised is raised, with the result on it.
    """
    try:
        for warn in warned:
            warn()
        if late is not None:
            raise late
        if analyze is not None:
            analyze(context, result)
    except BaseException as error:
        with contextlib.suppress(Exception):
            error.result = result  # type: ignore[attr-defined]
            error.add_note(KEPT)
        raise
    return result


def result_on(error: BaseException) -> Any:
    """The result of a complete run that an error carries, taken off it with its note; None where it carries none."""
    result = vars(error).pop("result", None)
    if KEPT in getattr(error, "__notes__", ()):
        error.__notes__.remove(KEPT)
    return result
