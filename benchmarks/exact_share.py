"""Which share of a native run's instructions the exact arithmetic takes: what floats would spare if they were free.

    python -m benchmarks.exact_share [SCENARIO ...]     # D50, M1, M50 and ORDERS, if none is named

Counts with cachegrind what one more run adds to a process, so it needs valgrind, and no clock. To the exact arithmetic
count the integers without a limit, the sizes of orders, fixed-point numbers and the compiler's division of 128 bits;
books and models decide the same things whatever numbers they have.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._engines import FLOAT_SCENARIOS
from benchmarks._measure import prepare
from benchmarks._scenarios import SCENARIOS

EXACT = re.compile(
    r"rustybt_kernels::(int|sizing|fixed)::|compiler_builtins::int::|__u?divti3|__multi3|__umodti3|__modti3"
)
RUNS = 3
ONE = """
import sys
from pathlib import Path
from benchmarks._on_rustybt import Runner
from benchmarks._scenarios import SCENARIOS
runner = Runner(SCENARIOS[sys.argv[1]], Path(sys.argv[2]))
for _ in range(int(sys.argv[3])):
    runner.run()
"""


def main() -> None:
    """Counts, and prints a line a scenario."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exact_share", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--data", type=Path, help="folder that keeps the data for the next time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as temporary:
        folder = (given.data or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for name in given.scenarios or FLOAT_SCENARIOS:
            prepare(SCENARIOS[name], folder)
            before, after = (_count(name, folder, runs, Path(temporary) / "counts") for runs in (2, 2 + RUNS))
            total, exact = _added(before, after)
            beyond = exact / (total - exact)
            counted = f"{total // RUNS:,} instructions a run, {exact // RUNS:,} of them exact arithmetic"
            print(f"{name}: {counted}: {beyond:+.1%} beyond floats that cost nothing")


def _added(before: dict[str, int], after: dict[str, int]) -> tuple[int, int]:
    """What the later runs added: all instructions, and those of the exact arithmetic."""
    added = {name: count - before.get(name, 0) for name, count in after.items()}
    return sum(added.values()), sum(count for name, count in added.items() if EXACT.search(name))


def _count(name: str, folder: Path, runs: int, out: Path) -> dict[str, int]:
    """Instructions of a process by function."""
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={out}"]
    settings = {
        "RUSTYBT_KERNELS": "rust",
        "PYTHONHASHSEED": "0",
        "POLARS_MAX_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [*tool, sys.executable, "-c", ONE, name, str(folder), str(runs)]
    subprocess.run(command, cwd=Path(__file__).parents[1], env=os.environ | settings, check=True, capture_output=True)
    counts: dict[str, int] = {}
    function = ""
    with out.open() as lines:
        for line in lines:
            if line.startswith("fn="):
                function = line[3:].strip()
            elif line[:1].isdigit():
                counts[function] = counts.get(function, 0) + int(line.split()[1])
    return counts


if __name__ == "__main__":
    main()
