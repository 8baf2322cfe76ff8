"""Zipline's outcomes are read from the record only where nothing that they depend on has changed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests._examples import examples
from tests.parity import _outcomes, record

pytestmark = pytest.mark.parity
if importlib.util.find_spec("zipline") is None:
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=2), parts, max_size=3),
    max_leaves=25,
)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record is elsewhere, and empty."""
    monkeypatch.delenv("RUSTYBT_PARITY_LIVE", raising=False)
    monkeypatch.setattr(_outcomes, "RECORDED", tmp_path)
    return tmp_path


def counting() -> tuple[list[int], Callable[[], dict[str, Any]]]:
    """A question that counts how often it was asked."""
    asked: list[int] = []

    def ask() -> dict[str, Any]:
        asked.append(1)
        return {"answer": len(asked)}

    return asked, ask


@pytest.mark.usefixtures("recorded")
def test_what_is_on_record_is_not_asked_and_all_else_is() -> None:
    asked, ask = counting()
    _outcomes.write("block", [("a", {"answer": 7}), ("b", {"answer": 8})])
    assert [_outcomes.on_record("block", question, ask) for question in "ab"] == [{"answer": 7}, {"answer": 8}]
    assert not asked
    assert _outcomes.on_record("block", "c", ask) == {"answer": 1}
    assert _outcomes.on_record("other", "a", ask) == {"answer": 2}


def test_asking_puts_nothing_on_record(recorded: Path) -> None:
    _, ask = counting()
    _outcomes.on_record("block", "a", ask)
    assert not list(recorded.iterdir())


@pytest.mark.usefixtures("recorded")
def test_another_harness_or_library_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ask = counting()
    _outcomes.write("block", [("a", {"answer": 7})])
    monkeypatch.setattr(_outcomes, "surroundings", lambda: "tomorrow's")
    assert _outcomes.on_record("block", "a", ask) == {"answer": 1}
    assert len(asked) == 1


@pytest.mark.usefixtures("recorded")
def test_the_nightly_run_asks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    _outcomes.write("block", [("a", {"answer": 7})])
    monkeypatch.setenv("RUSTYBT_PARITY_LIVE", "1")
    _, ask = counting()
    assert [_outcomes.on_record("block", "a", ask) for _ in range(2)] == [{"answer": 1}, {"answer": 2}]


def test_every_module_that_zipline_runs_through_is_part_of_the_key() -> None:
    """A module of the harness that the process of Zipline imports, and that the key leaves out, would go unnoticed."""
    text = "\n".join((_outcomes.HERE / f"{name}.py").read_text(encoding="utf-8") for name in _outcomes.HARNESS)
    imported = {line.split()[1].rpartition(".")[2] for line in text.splitlines() if "from tests.parity._" in line}
    assert imported <= set(_outcomes.HARNESS)


@settings(max_examples=examples(200))
@given(VALUES)
def test_a_value_is_the_same_after_it_was_packed(value: Any) -> None:
    assert repr(_outcomes.plain(_outcomes.packed(value))) == repr(value)


class Found(Exception):
    """The first question of a block is on record."""


def never() -> dict[str, Any]:
    raise AssertionError("not on record: python -m tests.parity.record")


@pytest.mark.parametrize("block", record.blocks())
def test_what_is_on_record_is_what_ci_asks(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be asked of Zipline in every run: right, and slow. The first question stands for its block."""
    monkeypatch.delenv("RUSTYBT_PARITY_LIVE", raising=False)

    def answer(belongs_to: str, question: str, ask: object) -> dict[str, Any]:
        _outcomes.on_record(belongs_to, question, never)
        raise Found

    with pytest.raises(Found):
        record.questions(block, answer)


def test_there_is_no_block_that_nobody_asks_for() -> None:
    assert {file.stem for file in _outcomes.RECORDED.iterdir()} == set(record.blocks())


# What is on record is Zipline's: no process that asks it has RustyBT


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=_outcomes.HERE.parents[1], capture_output=True, encoding="utf-8", check=False
    )


def test_rustybt_can_t_be_imported_where_zipline_is_recorded() -> None:
    """All modules that record are there, and what one of them would import later raises."""
    done = in_a_process("from tests.parity import record\nrecord.without_rustybt()\nfrom rustybt import api")
    assert done.returncode == 1
    assert "ModuleNotFoundError: import of rustybt halted" in done.stderr


def test_nothing_is_recorded_where_rustybt_is() -> None:
    done = in_a_process("import rustybt\nfrom tests.parity import record\nrecord.main()")
    assert done.returncode == 1
    assert "RuntimeError: RustyBT is in the process that asks Zipline: rustybt" in done.stderr


@pytest.mark.parametrize("name", ["_zipline", "_scripts_on_zipline", "_asked_of_zipline", "_bundles"])
def test_each_process_of_zipline_s_begins_without_rustybt(name: str) -> None:
    code = f"""
import sys
from tests.parity import {name} as process
from tests.parity import _only_zipline
def stop():
    without()
    raise SystemExit(7 if sys.modules["rustybt"] is None else 1)
without, process.without_rustybt = _only_zipline.without_rustybt, stop
process.main()
"""
    assert in_a_process(code).returncode == 7
