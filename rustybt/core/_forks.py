"""Processes that were forked while Polars' threads ran: the threads do not come along, and are waited for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from rustybt.errors import ForkedProcess

TASKS: Final = Path("/proc/self/task")
"""The threads of this process, on Linux; elsewhere it is not there."""


class _State:
    used = False
    """Whether something was done here that starts Polars' threads."""
    running = False
    """Whether they ran when the process was last forked."""
    lost = False
    """Whether this process was forked from one in which they ran."""


def check_process() -> None:
    """Raises ForkedProcess where Polars would wait for threads that this process does not have."""
    if _State.lost:
        raise ForkedProcess(
            "This process was forked from one in which Polars was at work: its threads do not come along, and reading "
            "or writing data would wait for them for ever. Start processes by spawn or forkserver, as "
            "multiprocessing.get_context('spawn') and ProcessPoolExecutor(mp_context=...) do, or fork before the "
            "first run. Or use threads, as of ThreadPoolExecutor: runs go side by side in them."
        )
    _State.used = True


def threads_run() -> bool:
    """Whether Polars' threads run in this process."""
    prefixes = (os.environ.get("POLARS_THREAD_NAME", "polars")[:13] + "-", "async-executor-")
    try:
        names = [(task / "comm").read_text(encoding="utf-8", errors="replace").strip() for task in TASKS.iterdir()]
    except OSError:  # not on Linux, or a thread has just ended
        return _State.used
    # `polars-ooc-cleanup` is there from the import on; it only deletes files
    return any(name.startswith(prefixes) and not name.startswith("polars-ooc") for name in names)


def _before_a_fork() -> None:
    _State.running = threads_run()


def _in_the_child() -> None:
    _State.lost = _State.lost or _State.running


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_a_fork, after_in_child=_in_the_child)
