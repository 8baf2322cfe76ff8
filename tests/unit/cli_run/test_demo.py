"""`rustybt demo` as a whole process, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rustybt import Result


def test_the_demo_runs_on_the_sample_draws_a_picture_and_saves_its_result(tmp_path: Path) -> None:
    environment = {**os.environ, "RUSTYBT_ROOT": str(tmp_path / "root")}
    command = [sys.executable, "-m", "rustybt", "demo", "-o", str(tmp_path / "out")]
    for _ in ("anew", "once more"):
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "12,154 daily bars of 5 stocks" in done.stdout
    assert "Max drawdown" in done.stdout
    assert (tmp_path / "out" / "equity.png").read_bytes().startswith(b"\x89PNG")
    result = Result.load(tmp_path / "out" / "result")
    assert result.manifest["strategy"] == "Momentum"
    assert result.daily.height == 2955
    # the splits of AAPL and MSFT and the dividends of IBM and MSFT lie within the run
    assert {"split", "dividend", "fill", "fee"} <= set(result.entries["kind"])
