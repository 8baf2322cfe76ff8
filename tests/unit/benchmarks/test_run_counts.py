"""What is kept of counted runs, and what their comparison says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import _run_counts
from benchmarks._run_counts import Checkout, Counts, Record, compare_runs, keep, kept


def record(commit: str, counts: Counts) -> Record:
    return Record(commit, "A subject", "rustc 1.95.0", "Python 3.12.1", counts)


@pytest.fixture(autouse=True)
def no_valgrind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_run_counts, "KEPT", tmp_path / "counts.json")
    monkeypatch.setattr(Checkout, "store", lambda checkout, name: None)
    monkeypatch.setattr(Checkout, "count", lambda checkout, name, kernel: 1_040 if kernel == "rust" else 2_000)


def test_a_record_comes_back_as_it_was_kept() -> None:
    records = [record("a" * 40, {"D50": {"rust": 1}}), record("b" * 40, {"M1": {"python": 2}})]
    for one in records:
        keep(one)
    assert kept() == records


def test_what_is_counted_anew_joins_the_record_of_its_commit() -> None:
    keep(record("a" * 40, {"D50": {"rust": 1, "python": 2}, "M1": {"rust": 3}}))
    keep(record("a" * 40, {"D50": {"rust": 4}}))
    assert [one.instructions for one in kept()] == [{"D50": {"rust": 4, "python": 2}, "M1": {"rust": 3}}]


def test_a_run_that_takes_more_than_the_last_record_allows_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    keep(record("a" * 40, {"D50": {"rust": 1}}))
    keep(record("b" * 40, {"D50": {"rust": 1_000, "python": 2_000}}))
    assert compare_runs(["D50"], ["rust", "python"], None, False, None) == 1
    said = capsys.readouterr().out
    assert "+4.00%" in said
    assert said.endswith("More than 3% dearer: D50 rust.\n")


def test_a_run_that_was_never_counted_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_runs(["D50"], ["rust"], None, True, None) == 0
    assert kept()[0].instructions == {"D50": {"rust": 1_040}}
