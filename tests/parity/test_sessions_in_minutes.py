"""`history` with "1d" in a run of minutes, against Zipline: the harness's minute cases, asked for sessions."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.parity._case import Case, Op
from tests.parity._check import WORKER, comparable, differences
from tests.parity._outcomes import Answer, on_record

FIELDS = ("price", "open", "high", "low", "close", "volume")
SEEDS = range(8)


def asking_for_sessions(case: Case, seed: int) -> Case:
    """The case with questions for sessions instead of what it does, on bars of all kinds and before the open."""
    random_ = random.Random(seed)
    most = case.first + 1

    def ask(phase: int, every: int, window: int) -> Op:
        asset = random_.choice([None, *range(len(case.stocks))])
        field = random_.choice(FIELDS)
        kind = {"do": "history", "asset": asset, "field": field, "window": window, "frequency": "1d"}
        return {**kind, "every": every, "phase": phase}

    orders = tuple(op for op in case.ops if op["do"].startswith("order"))
    ops = tuple(ask(*place) for place in [(0, 390, 1), (1, 97, most), (5, 61, most), (389, 390, 1), (0, 13, 1)])
    # elsewhere Zipline's hook is called at 8:45 in New York, wherever that is in the session; here, before its open
    hooks = tuple(ask(0, 1, window) for window in (1, most - 1) if window and case.calendar == "XNYS")
    return case.with_(ops=orders[:2] + ops, before_open=hooks)


def asked(seed: int, answer: Answer = on_record) -> tuple[Case, dict[str, Any]]:
    """The case of a seed with such questions, and Zipline's outcome of it."""
    case = asking_for_sessions(comparable(seed, "minute", answer=answer)[0], seed)
    return case, answer("sessions-in-minutes", case.to_json(), lambda: WORKER.run(case))


@pytest.mark.parametrize("seed", SEEDS)
def test_sessions_in_a_run_of_minutes_are_as_in_zipline(seed: int) -> None:
    case, outcome = asked(seed)
    found = differences(case, outcome)
    assert not found, "\n".join(map(str, found[:6]))
