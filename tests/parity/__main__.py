"""Run cases by hand: `python -m tests.parity --frequency daily --seed 7`, `--seeds 0:500`, or `--case FILE`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from tests.parity._case import Case
from tests.parity._check import WORKER, comparable, differences, explain
from tests.parity._ready import FEATURES, READY
from tests.parity._shrink import SECONDS

WIDTH = 2500


def main() -> int:
    """Exit code 1 where a case differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("--frequency", choices=("daily", "minute"), default="daily")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", help="FIRST:END, without END")
    parser.add_argument("--only", default="", help="features that each case has, besides nothing new: stops,futures")
    parser.add_argument("--case", type=Path, help="a file with a case as JSON")
    parser.add_argument("--shrink", type=float, default=SECONDS, help="seconds for finding the smallest case")
    parser.add_argument("--brief", action="store_true", help="one line per case, nothing shrunk")
    arguments = parser.parse_args()
    only = frozenset(filter(None, arguments.only.split(",")))
    if only - set(FEATURES):
        parser.error(f"--only takes {', '.join(FEATURES)}")
    arguments.ready = READY | only
    try:
        if arguments.case:
            return _one(Case.from_json(arguments.case.read_text()), None, arguments)
        if arguments.seed is not None:
            return _one(*comparable(arguments.seed, arguments.frequency, only), arguments)
        first, _, end = (arguments.seeds or "0:40").partition(":")
        seeds = range(int(first), int(end))
        return max(_one(*comparable(seed, arguments.frequency, only), arguments) for seed in seeds)
    finally:
        WORKER.close()


def _one(case: Case, outcome: dict[str, Any] | None, arguments: argparse.Namespace) -> int:
    started = time.perf_counter()
    found = differences(case, outcome, arguments.ready)
    seconds = time.perf_counter() - started
    verdict = "agrees" if not found else f"{len(found)} kinds of difference, first {found[0]}"[:WIDTH]
    print(f"{case.frequency} {case.seed} ({seconds:.2f} s): {verdict}", flush=True)
    if found and not arguments.brief:
        print(explain(case, found, arguments.shrink, arguments.ready))
    return int(bool(found))


sys.exit(main())
