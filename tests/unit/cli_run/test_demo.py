"""`rustybt demo` in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from rustybt import Result
from tests.unit._command import command


def test_the_demo_runs_on_the_sample_draws_a_picture_and_saves_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "root"))
    monkeypatch.chdir(tmp_path)
    done = command("demo", "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "12154 daily bars of 5 stocks" in done.stdout.replace(",", "")
    assert "Max drawdown" in done.stdout
    assert (tmp_path / "out" / "equity.png").read_bytes().startswith(b"\x89PNG")
    result = Result.load(tmp_path / "out" / "result")
    assert result.manifest["strategy"] == "Momentum"
    assert result.daily.height == 2955
    # the splits of AAPL and MSFT and the dividends of IBM and MSFT lie within the run
    assert {"split", "dividend", "fill", "fee"} <= set(result.entries["kind"])
