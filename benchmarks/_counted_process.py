"""The process whose instructions are counted: `python -P _counted_process.py SCENARIO FOLDER WARM COUNTED`.

It runs by path, with another checkout's `benchmarks` on the path: it may use nothing of its own checkout. Each fork
ends at once and so leaves what was counted until then; the difference of two of them is the runs between.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import warnings
from pathlib import Path


def main() -> None:
    """Warm runs, a fork, the runs that count, a fork; prints the ids of the two processes."""
    name, folder, warm, counted = sys.argv[1:]
    runner_of = importlib.import_module("benchmarks._on_rustybt").Runner
    runner = runner_of(importlib.import_module("benchmarks._scenarios").SCENARIOS[name], Path(folder))
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*multi-threaded.*fork")
    for _ in range(int(warm)):
        runner.run()
    gc.collect()
    before = leave_a_count()
    for _ in range(int(counted)):
        runner.run()
    print(before, leave_a_count())


def leave_a_count() -> int:
    """The id of a process that has ended: valgrind wrote what this process had counted."""
    child = os.fork()
    if child == 0:
        os._exit(0)  # only this thread came along: nothing else may be done here
    os.waitpid(child, 0)
    return child


if __name__ == "__main__":
    main()
