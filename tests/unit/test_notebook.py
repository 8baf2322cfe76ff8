"""Each notebook in examples/ runs from top to bottom, shows what it says, and is kept without outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples").rglob("*.ipynb"))
HOUR = ("data_to_strategy", "report_and_diagnostics", "results_and_measures", "trades_and_costs")
EXECUTE = """
import sys
import nbclient
import nbformat

source, target = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
nbclient.NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
nbformat.write(notebook, target)
"""


def code_cells(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= {"quick_tour", *HOUR}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_outputs_are_stripped(notebook: Path) -> None:
    for cell in code_cells(notebook):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_shows_its_results(notebook: Path, tmp_path: Path) -> None:
    target = tmp_path / notebook.name
    # in a process of its own: what Jupyter's libraries warn of is not ours
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EXECUTE, str(notebook), str(target)],
        env={
            **os.environ,
            "RUSTYBT_ROOT": str(tmp_path / "root"),
            "PYTHONPATH": os.pathsep.join(path for path in (str(Path(__file__).parents[2]), *sys.path) if path),
            "JUPYTER_PLATFORM_DIRS": "1",
            "IPYTHONDIR": str(tmp_path / "ipython"),
            "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
        },
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    outputs = [output for cell in code_cells(target) for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "text/plain"} <= kinds
    assert "image/png" in kinds or notebook.stem == "report_and_diagnostics"  # whose page draws itself
    assert any("<svg" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs)
