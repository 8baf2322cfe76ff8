"""Asks Zipline all that CI asks, and puts its outcomes on record: `python -m tests.parity.record [BLOCK ...]`.

RustyBT can't be imported in the processes that do it, so nothing of its making gets on record. Blocks are the files of
`recorded/` without their suffix; without any, all are recorded anew.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.parity import _bundles, test_capital_changes, test_parity, test_scripts, test_sessions_in_minutes
from tests.parity import test_what_scripts_are_told as told
from tests.parity._check import BLOCK, WORKER, comparable
from tests.parity._only_zipline import without_rustybt
from tests.parity._outcomes import RECORDED, Answer, Outcome, on_record, write


def _seeds(frequency: str, first: int, answer: Answer) -> None:
    for kind, seed in test_parity.CI_SEEDS:
        if kind == frequency and first <= seed < first + BLOCK:
            comparable(seed, frequency, answer=answer)


def _capital_changes(answer: Answer) -> None:
    for seed in test_capital_changes.SEEDS:
        for frequency in ("daily", "minute"):
            test_capital_changes.asked(seed, frequency, answer)


def _sessions_in_minutes(answer: Answer) -> None:
    for seed in test_sessions_in_minutes.SEEDS:
        test_sessions_in_minutes.asked(seed, answer)


def _in_folder(ask: Callable[[Path, Answer], object], answer: Answer) -> None:
    with tempfile.TemporaryDirectory(prefix="parity-") as folder:
        ask(Path(folder), answer)


def questions(block: str, answer: Answer) -> None:
    """Asks all that belongs to a block."""
    others: dict[str, Callable[[Answer], None]] = {
        "bundles": lambda answer: _in_folder(_bundles.written, answer),
        "capital-changes": _capital_changes,
        "scripts": lambda answer: _in_folder(test_scripts.frames, answer),
        "sessions-in-minutes": _sessions_in_minutes,
        "what-scripts-are-told": lambda answer: _in_folder(told.texts, answer),
    }
    if block in others:
        others[block](answer)
    else:
        frequency, first = block.split("-")
        _seeds(frequency, int(first), answer)


def blocks() -> list[str]:
    """All that CI asks. Those that are made of cases of the seeds come after them."""
    seeds = dict.fromkeys(f"{frequency}-{seed // BLOCK * BLOCK:03}" for frequency, seed in test_parity.CI_SEEDS)
    return ["what-scripts-are-told", "scripts", "bundles", *seeds, "capital-changes", "sessions-in-minutes"]


def record(block: str) -> str:
    """Puts a block on record."""
    asked: dict[str, Outcome] = {}

    def answer(belongs_to: str, question: str, ask: Callable[[], Outcome]) -> Outcome:
        if belongs_to != block:  # a case that a question of this block is made of
            return on_record(belongs_to, question, ask)
        asked[question] = ask()
        return asked[question]

    try:
        questions(block, answer)
    finally:
        WORKER.close()
    write(block, asked.items())
    return f"{block}: {len(asked)} outcomes, {(RECORDED / f'{block}.xz').stat().st_size:,} bytes"


def main() -> None:
    """Records the blocks that are named, or all of them; one process a core."""
    without_rustybt()
    parser = argparse.ArgumentParser(prog="python -m tests.parity.record", description=__doc__)
    parser.add_argument("blocks", nargs="*", metavar="BLOCK", help=f"of {', '.join(blocks())}")
    parser.add_argument("--processes", type=int, default=None)
    arguments = parser.parse_args()
    unknown = set(arguments.blocks) - set(blocks())
    if unknown:
        parser.error(f"no such block: {', '.join(sorted(unknown))}")
    if not arguments.blocks:
        for file in RECORDED.glob("*.xz"):
            file.unlink()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.processes, mp_context=context, initializer=without_rustybt) as pool:
        for line in pool.map(record, arguments.blocks or blocks()):
            print(line, flush=True)


if __name__ == "__main__":
    main()
