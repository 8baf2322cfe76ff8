"""Instruction counts: a gate without a clock, so without noise.

    python -m benchmarks.instructions           # a round of each workload of the Rust kernels
    python -m benchmarks.instructions --keep    # makes these counts those to compare with, in instructions.json

    python -m benchmarks.instructions --runs                        # whole runs, beside the last ones kept
    python -m benchmarks.instructions --runs D50 M1 --kernel rust   # some of them
    python -m benchmarks.instructions --runs --against ../other     # beside another checkout that is set up
    python -m benchmarks.instructions --runs --keep                 # also into instructions_of_runs.json

The exit code is 1 where a count grew by more than is allowed. Needs valgrind, and for the kernels' workloads, which are
rust/crates/rustybt-kernels/examples/work.rs, cargo.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._run_counts import COUNTED, KERNELS, compare_runs

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).with_suffix(".json")
WORK = ("value_after_each_bar", "size_of_weights", "fills_and_fees", "session_end", "quotes_and_fees")
ROUNDS = 20
SAME_COMPILER, OTHER_COMPILER = 0.02, 0.15
"""By how much of itself a count may grow. Another compiler makes another binary of the same source."""


def main() -> int:
    """Counts, and compares or keeps."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.instructions", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--keep", action="store_true", help="write the counts as those to compare with")
    parser.add_argument(
        "--runs", nargs="*", choices=COUNTED, metavar="SCENARIO", help=f"{', '.join(COUNTED)}; none: all"
    )
    parser.add_argument("--kernel", action="append", choices=KERNELS, help="of the runs; not given: both")
    parser.add_argument("--against", type=Path, help="another checkout whose runs are counted too")
    parser.add_argument("--data", type=Path, help="folder that keeps the runs' data for the next time")
    given = parser.parse_args()
    if given.runs is not None:
        data = given.data and given.data.resolve()
        return compare_runs(given.runs, given.kernel or KERNELS, given.against, given.keep, data)
    return _compare_workloads(given.keep)


def _compare_workloads(keeps: bool) -> int:
    compiler = _said(["rustc", "--version"]).strip()
    counts = measure()
    if keeps:
        KEPT.write_text(json.dumps({"compiler": compiler, "instructions": counts}, indent=2) + "\n", encoding="utf-8")
    before = json.loads(KEPT.read_text(encoding="utf-8"))
    allowed = SAME_COMPILER if before["compiler"] == compiler else OTHER_COMPILER
    grown = []
    for name, count in counts.items():
        past = before["instructions"][name]
        print(f"{name:24} {count:>10,} a round, {count / past - 1:+.1%} against {past:,}")
        if count > past * (1 + allowed):
            grown.append(name)
    if grown:
        print(f"More than {allowed:.0%} dearer: {', '.join(grown)}. If that is meant, run this with --keep.")
    return int(bool(grown))


def measure() -> dict[str, int]:
    """Instructions of a round of each workload, the start of the process taken off."""
    build = ["cargo", "build", "--release", "--locked", "-q", "-p", "rustybt-kernels", "--example", "work"]
    subprocess.run(build, cwd=ROOT, check=True)
    metadata = json.loads(_said(["cargo", "metadata", "--format-version=1", "--no-deps"]))
    binary = Path(metadata["target_directory"]) / "release" / "examples" / "work"
    return {name: (_count(binary, name, ROUNDS) - _count(binary, name, 0)) // ROUNDS for name in WORK}


def _count(binary: Path, name: str, rounds: int) -> int:
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", str(binary), name, str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise RuntimeError(f"valgrind said nothing of what it collected:\n{done.stderr}")
    return int(found.group(1))


def _said(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
