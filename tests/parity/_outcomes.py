"""Zipline's outcomes on record: what it once gave is read again, not run again.

Zipline takes over a second for a case, and gives the same outcome each time. `recorded/` holds those of the questions
that CI asks, each under the hash of all that it depends on: the question (the case with its data, or the scripts), the
text of the harness that asks it, and the versions of Python and of the libraries. Where any of it has changed, nothing
is found and Zipline is asked. So it is with RUSTYBT_PARITY_LIVE=1, as the nightly run sets it. Nothing is written here
but by `python -m tests.parity.record`, in a process without RustyBT.
"""

from __future__ import annotations

import functools
import hashlib
import json
import lzma
import os
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
HARNESS = ("_case", "_edges", "_models", "_only_zipline", "_script", "_setup", "_zipline", "_zipline_data")
"""The modules that decide what Zipline is asked and how its answer is written down."""
LIBRARIES = ("zipline-reloaded", "exchange-calendars", "numpy", "pandas", "empyrical-reloaded")
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]
"""Of text whose numbers are long and seldom the same, 2 % less than without lc and pb."""

type Outcome = dict[str, Any]
type Answer = Callable[[str, str, Callable[[], Outcome]], Outcome]
"""Gives the outcome of a question: the block that it belongs to, the question, and how to ask Zipline."""


def on_record(block: str, question: str, ask: Callable[[], Outcome]) -> Outcome:
    """The outcome of a question as it is on record; Zipline's own, by `ask`, where it isn't or is not to be."""
    if os.environ.get("RUSTYBT_PARITY_LIVE"):
        return ask()
    line = _lines(RECORDED / f"{block}.xz").get(key(question))
    return ask() if line is None else _in_order(plain(json.loads(line)))


@functools.cache
def surroundings() -> str:
    """What every outcome depends on: Python, the libraries, and the text of the harness."""
    parts = [".".join(map(str, sys.version_info[:2])), *(f"{name} {version(name)}" for name in LIBRARIES)]
    parts += [(HERE / f"{name}.py").read_text(encoding="utf-8") for name in HARNESS]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def key(question: str) -> str:
    """What an outcome is found by: the hash of all that decides it."""
    return hashlib.sha256(f"{surroundings()}\0{question}".encode()).hexdigest()


def write(block: str, outcomes: Iterable[tuple[str, Outcome]]) -> None:
    """Puts a block on record: each question with its outcome."""
    lines = sorted(
        f"{key(question)} {json.dumps(packed(_by_kind(outcome)), separators=(',', ':'))}"
        for question, outcome in outcomes
    )
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / f"{block}.xz").write_bytes(lzma.compress("\n".join(lines).encode(), filters=FILTERS))


def questions_on_record(block: str) -> int:
    """How many there are in a block."""
    return len(_lines(RECORDED / f"{block}.xz"))


@functools.lru_cache(maxsize=2)
def _lines(file: Path) -> dict[str, str]:
    """The outcomes of a block as text, by key; none where there is no such block."""
    if not file.exists():
        return {}
    return dict(line.split(" ", 1) for line in lzma.decompress(file.read_bytes()).decode().split("\n"))


# The same values in another order: a third less when compressed


def _by_kind(outcome: Outcome) -> Outcome:
    """The outcome of a case with what its script saw apart by kind, the first word of the label."""
    if "seen" not in outcome:
        return outcome
    stamps, labels, values = ([row[place] for row in outcome["seen"]] for place in range(3))
    kinds: dict[str, list[Any]] = {}
    for label, value in zip(labels, values, strict=True):
        kinds.setdefault(label.split()[0], []).append(value)
    return {**outcome, "seen": {"stamps": stamps, "labels": labels, "values": kinds}}


def _in_order(outcome: Outcome) -> Outcome:
    """What `_by_kind` was given."""
    if "seen" not in outcome:
        return outcome
    seen = outcome["seen"]
    kinds = {kind: iter(values) for kind, values in seen["values"].items()}
    rows = zip(seen["stamps"], seen["labels"], strict=True)
    return {**outcome, "seen": [[stamp, label, next(kinds[label.split()[0]])] for stamp, label in rows]}


def packed(value: Any) -> Any:
    """A value of JSON with its rows turned into columns; `plain` turns them back."""
    if isinstance(value, dict):
        return {"": {name: packed(part) for name, part in value.items()}}
    if not isinstance(value, list):
        return value
    if len(value) > 1 and all(isinstance(row, dict) for row in value):
        names = list(dict.fromkeys(tuple(row) for row in value))
        if len(names) == 1 and names[0]:
            return {"rows": {name: packed([row[name] for row in value]) for name in names[0]}}
        return {
            "keys": packed([list(row) for row in value]),
            "of": packed([part for row in value for part in row.values()]),
        }
    if len(value) > 1 and all(isinstance(row, list) for row in value):
        if len({len(row) for row in value}) == 1 and value[0]:
            return {"columns": [packed(list(column)) for column in zip(*value, strict=True)]}
        return {"sizes": [len(row) for row in value], "of": packed([part for row in value for part in row])}
    return [packed(part) for part in value]


def plain(value: Any) -> Any:
    """What `packed` was given."""
    if isinstance(value, list):
        return [plain(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "" in value:
        return {name: plain(part) for name, part in value[""].items()}
    if "rows" in value:
        columns = {name: plain(column) for name, column in value["rows"].items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if "columns" in value:
        return [list(row) for row in zip(*map(plain, value["columns"]), strict=True)]
    parts = iter(plain(value["of"]))
    if "keys" in value:
        return [{name: next(parts) for name in row} for row in plain(value["keys"])]
    return [[next(parts) for _ in range(size)] for size in value["sizes"]]
