"""From a seed to a verdict: draw, run both, compare, and on a difference shrink and explain."""

from __future__ import annotations

import functools
import json
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.parity._case import Case
from tests.parity._compare import Difference, compare
from tests.parity._draw import draw
from tests.parity._outcomes import Answer, on_record
from tests.parity._ready import READY
from tests.parity._shrink import SECONDS, shrink
from tests.parity._zipline import Worker

STEP = 10_000
"""Added to a seed whose case lies on a knife's edge, until one does not."""
BLOCK = 10
"""Seeds whose outcomes are on record in one file."""
PRINTED = 30_000
"""Longest case in characters that a failure prints in full; a longer one is written to a file."""

WORKER = Worker()


@functools.lru_cache(maxsize=20)
def comparable(
    seed: int, frequency: str, only: frozenset[str] = frozenset(), answer: Answer = on_record
) -> tuple[Case, dict[str, Any]]:
    """The first case from this seed on that float noise does not decide, and Zipline's outcome of it."""
    block = f"{frequency}-{seed // BLOCK * BLOCK:03}"
    while True:
        case = draw(seed, frequency, only=only)
        outcome = answer(block, f"stop {case.to_json()}", functools.partial(WORKER.run, case, stop=True))
        if not outcome["edges"]:
            return case, outcome
        seed += STEP


def differences(case: Case, zipline: dict[str, Any] | None = None, ready: frozenset[str] = READY) -> list[Difference]:
    """What differs; an error of RustyBT is a difference too."""
    from tests.parity import _rustybt

    expected = WORKER.run(case) if zipline is None else zipline
    try:
        got = _rustybt.run_case(case)
    except Exception as error:  # noqa: BLE001 - whatever RustyBT raises is the finding
        where = "".join(traceback.format_exception(error)[-4:])
        return [Difference("the run", None, "ends", f"{type(error).__name__}: {error}\n{where}")]
    # Both outcomes as JSON has them: tuples become lists and keys strings.
    return compare(expected, json.loads(json.dumps(got)), ready)


def still_fails(case: Case, ready: frozenset[str] = READY) -> bool:
    """Whether a smaller case differs, honestly: where Zipline itself fails or noise decides, it doesn't count."""
    try:
        outcome = WORKER.run(case, stop=True)
    except RuntimeError:
        return False
    return not outcome["edges"] and bool(differences(case, outcome, ready))


def explain(case: Case, found: list[Difference], seconds: float = SECONDS, ready: frozenset[str] = READY) -> str:
    """The differences of a case, the smallest case that still shows one, and how to run both again."""
    small = shrink(case, lambda candidate: still_fails(candidate, ready), seconds)
    text = small.to_json()
    if len(text) > PRINTED:
        path = Path(tempfile.gettempdir()) / f"parity-{case.frequency}-{case.seed}.json"
        path.write_text(text)
        text = f"(written to {path})"
    lines = [
        f"Seed {case.seed}, {case.frequency}, {case.start} to {case.end}: RustyBT differs from Zipline.",
        *(f"  {difference}" for difference in found[:12]),
        f"Smallest case, {small.start} to {small.end}, slippage {small.slippage}, commission {small.commission}:",
        *(f"  {difference}" for difference in differences(small, ready=ready)[:6]),
        *(f"  stock: {replace(stock, bars=())}" for stock in small.stocks),
        *(f"  {name}: {value}" for name, value in _settings(small).items()),
        *(f"  op: {op}" for op in small.ops),
        *(f"  before the open: {op}" for op in small.before_open),
        *(f"  schedule: {schedule}" for schedule in small.schedules),
        f"  case: {text}",
        f"Again: python -m tests.parity --frequency {case.frequency} --seed {case.seed}",
        "Only the smallest: save its JSON and run python -m tests.parity --case FILE",
    ]
    return "\n".join(lines)


def _settings(case: Case) -> dict[str, Any]:
    """What else a case sets, where it sets anything."""
    names = ("calendar", "cancel", "benchmark", "controls", "capital_changes", "continuous")
    settings = {name: getattr(case, name) for name in names if getattr(case, name)}
    if any(stock.contract is not None for stock in case.stocks):
        settings |= {name: getattr(case, name) for name in ("future_slippage", "future_commission")}
    return settings
