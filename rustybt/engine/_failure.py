"""What a strategy raised, as its author wants to read it: the strategy's own lines, not the engine's."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ZIPLINE_ELSEWHERE = "zipline api method"
"""How the message of an installed Zipline begins when its functions are called in a run that is not its own."""


def failure_of_strategy(error: BaseException, filename: str) -> str:
    """The lines of the strategy's file that led to an error, the error with what Python suggests, and its notes."""
    lines = "".join(traceback.format_list(_frames(error, filename)))
    note_of_zipline(error)
    said = "".join(traceback.format_exception_only(error)).rstrip("\n").replace("\n", "\n  ")
    return f"{lines}rustybt: the strategy raised {said}"


def note_place(error: BaseException, filename: str) -> None:
    """Adds to an error of RustyBT's the line of the strategy's file that led to it, where there is one."""
    frames = _frames(error, filename)
    if frames:
        last = frames[-1]
        error.add_note(f"{last.filename}, line {last.lineno}, in {last.name}: {last.line}")


def note_of_zipline(error: BaseException) -> None:
    """Adds to an error what to do, where it comes of a script for Zipline that was run as one for RustyBT."""
    missing = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "zipline"
    if missing or str(error).startswith(ZIPLINE_ELSEWHERE):
        error.add_note("This is a script for Zipline: run it with --zipline, or let it import from rustybt.api.")


@contextmanager
def beside(filename: str) -> Iterator[None]:
    """Within it, modules that stand in the file's folder can be imported, as where Python runs the file."""
    folder = str(Path(filename).resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _frames(error: BaseException, filename: str) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
