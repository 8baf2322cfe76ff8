"""What the nightly comparison of benchmarks notices, and what it lets pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import _history
from benchmarks._table import write


def measured(**ratios: float) -> dict[str, Any]:
    engines = {name: {"cpu_ratio": ratio} for name, ratio in ratios.items()}
    return {"scenarios": [{"scenario": "D50", "engines": {"zipline": {"cpu_ratio": 1.0}, **engines}}]}


def test_a_ratio_that_fell_by_more_than_the_tolerance_is_named() -> None:
    found = _history.fallen(measured(python=20.0, rust=40.0), measured(python=14.9, rust=31.0))
    assert found == ["D50 with python: 14.9 times Zipline's speed, 20.0 before"]


def test_noise_a_gain_and_a_new_engine_pass() -> None:
    assert _history.fallen(measured(python=20.0), measured(python=15.1, rust=1.0)) == []
    assert _history.fallen(measured(python=20.0), measured(python=60.0)) == []


def test_kept_versions_are_read_in_their_order_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_history, "RESULTS", tmp_path)
    for version, ratio in (("0.10.0", 30.0), ("0.9.0", 20.0)):
        write(measured(python=ratio, rust=ratio * 2)["scenarios"], tmp_path / f"{version}.json")
    assert [version for version, _ in _history.kept()] == ["0.9.0", "0.10.0"]
    _history.draw(tmp_path / "speed.png")
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")
