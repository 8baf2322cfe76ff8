"""Tracebacks without the lines of this package, where the error is not its own."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Final

from rustybt.errors import RustyBTError

PACKAGE: Final = str(Path(__file__).parents[1]) + os.sep
VARIABLE: Final = "RUSTYBT_TRACEBACK"
"""Set to "full", it keeps every line."""


class Folded:
    """A block out of whose errors the lines of this package are taken, so that the caller's own stand together.

    An error of RustyBT says in words what is wrong: none of our lines helps. Of one that the strategy raised, or a
    library that it called, what lies between the call of the run and the strategy goes. What our own code raised, and
    is no RustyBTError, is a fault of ours: it keeps its lines, for who reports it.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and os.environ.get(VARIABLE) != "full":
            error.__traceback__ = _without_ours(error, trace)


def _without_ours(error: BaseException, trace: TracebackType | None) -> TracebackType | None:
    lines: list[TracebackType] = []
    while trace is not None:
        lines.append(trace)
        trace = trace.tb_next
    if lines and _ours(lines[-1]) and not isinstance(error, RustyBTError):
        return lines[0]
    folded: TracebackType | None = None
    for line in reversed(lines):
        if not _ours(line):
            folded = TracebackType(folded, line.tb_frame, line.tb_lasti, line.tb_lineno)
    return folded


def _ours(line: TracebackType) -> bool:
    return line.tb_frame.f_code.co_filename.startswith(PACKAGE)
