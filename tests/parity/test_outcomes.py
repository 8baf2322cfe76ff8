"""Zipline's outcomes are read again only where nothing that they depend on has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parity import _outcomes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUSTYBT_PARITY_OUTCOMES", str(tmp_path))
    monkeypatch.delenv("RUSTYBT_PARITY_LIVE", raising=False)
    monkeypatch.setattr(_outcomes, "surroundings", lambda: "today's")
    return tmp_path


def counting() -> tuple[list[int], Callable[[], dict[str, Any]]]:
    """A question that counts how often it was asked."""
    asked: list[int] = []

    def ask() -> dict[str, Any]:
        asked.append(1)
        return {"answer": len(asked)}

    return asked, ask


@pytest.mark.usefixtures("folder")
def test_the_same_question_is_asked_once() -> None:
    asked, ask = counting()
    assert [_outcomes.kept("a", ask), _outcomes.kept("a", ask)] == [{"answer": 1}] * 2
    assert _outcomes.kept("b", ask) == {"answer": 2}
    assert len(asked) == 2


@pytest.mark.usefixtures("folder")
def test_another_harness_or_library_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ask = counting()
    _outcomes.kept("a", ask)
    monkeypatch.setattr(_outcomes, "surroundings", lambda: "tomorrow's")
    assert _outcomes.kept("a", ask) == {"answer": 2}
    assert len(asked) == 2


def test_every_module_that_zipline_runs_through_is_part_of_the_key() -> None:
    """A module of the harness that the process of Zipline imports, and that the key leaves out, would go unnoticed."""
    text = "\n".join((_outcomes.HERE / f"{name}.py").read_text(encoding="utf-8") for name in _outcomes.HARNESS)
    imported = {line.split()[1].rpartition(".")[2] for line in text.splitlines() if "from tests.parity._" in line}
    assert imported <= set(_outcomes.HARNESS)


def test_a_file_that_was_cut_short_is_asked_for_again(folder: Path) -> None:
    asked, ask = counting()
    _outcomes.kept("a", ask)
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    assert _outcomes.kept("a", ask) == {"answer": 2}
    assert len(asked) == 2


def test_the_nightly_run_asks_each_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_PARITY_LIVE", "1")
    asked, ask = counting()
    _outcomes.kept("a", ask)
    _outcomes.kept("a", ask)
    assert len(asked) == 2
    assert not list(folder.iterdir())


def test_the_oldest_are_removed(folder: Path) -> None:
    _, ask = counting()
    for question in "abc":
        _outcomes.kept(question, ask)
    _outcomes.prune(2)
    assert len(list(folder.iterdir())) == 2
