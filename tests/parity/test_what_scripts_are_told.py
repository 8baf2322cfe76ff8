"""What a script is told when it asks what nobody asks every day: Zipline's answer and ours, line by line.

Each script of `asked/` prints what odd calls answer or raise. Where Zipline raises, ours must be an error that the same
`except` catches; what it says may differ.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.parity._asked_of_zipline import PERIODS, SCRIPTS, frequency_of, runs_itself
from tests.parity._outcomes import Answer, on_record
from tests.parity._told import MARK
from tests.parity.test_scripts import ROOT, ingest, same

if importlib.util.find_spec("zipline") is None and not os.environ.get("CI"):
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

pytestmark = pytest.mark.parity

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What Zipline told each script."""
    return texts(tmp_path_factory.mktemp("asked"))


def texts(folder: Path, answer: Answer = on_record) -> dict[str, str]:
    """What each script printed in Zipline, by name."""
    asked = [HERE / f"{name}.py" for name in ("_asked_of_zipline", "_scripts_on_zipline", "_market", "_told")]
    asked += [SCRIPTS / f"{name}.py" for name in NAMES]
    question = json.dumps([NAMES, *(path.read_text(encoding="utf-8") for path in asked)])
    return answer("what-scripts-are-told", question, lambda: texts_of_zipline(folder))


def texts_of_zipline(folder: Path) -> dict[str, str]:
    """What Zipline's own command, or the script's own call, makes of each."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity._asked_of_zipline", str(folder)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {name: (folder / f"{name}.txt").read_text(encoding="utf-8") for name in NAMES}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with the market of both frequencies."""
    root = tmp_path_factory.mktemp("catalog")
    for frequency in PERIODS:
        ingest(frequency, root)
    return root


@pytest.mark.parametrize("name", NAMES)
def test_a_script_is_told_what_zipline_tells_it(
    name: str,
    theirs: dict[str, str],
    catalog: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(catalog))
    wanted = theirs[name]
    found = ours(name, capsys)
    assert len(told(wanted)) > 0, wanted
    assert differences(wanted, found) == []


def ours(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the same script is told through the shim."""
    from rustybt.zipline._script import read_script, run_program, run_script

    frequency = frequency_of(name)
    start, end = PERIODS[frequency]
    path = SCRIPTS / f"{name}.py"
    capsys.readouterr()
    ended = ""
    options = {"capital_base": 100_000.0, "data_frequency": frequency, "bundle": frequency}
    try:
        if runs_itself(path):
            run_program(read_script(path), str(path))
        else:
            run_script(read_script(path), str(path), start=start, end=end, **options)
    except Exception as error:  # noqa: BLE001  whatever a run ends with is compared
        ended = "ENDED " + " ".join(kind.__name__ for kind in type(error).__mro__) + f": {error}"
    return capsys.readouterr().out + ended


def told(output: str) -> list[Any]:
    """The lines that tell something."""
    return [json.loads(line[len(MARK) :]) for line in output.splitlines() if line.startswith(MARK)]


def ended(output: str) -> list[str]:
    """The classes of the error that a run ended with."""
    found = [line for line in output.splitlines() if line.startswith("ENDED ")]
    return found[0].partition(":")[0].split()[1:] if found else []


def differences(wanted: str, found: str) -> list[str]:
    """What is told otherwise, in words."""
    lines = []
    for (label, theirs), (own_label, ours) in zip(told(wanted), told(found), strict=False):
        if label != own_label:
            return [*lines, f"{own_label!r} is told where Zipline tells {label!r}"]
        agrees = theirs["raises"][0] in ours.get("raises", []) if "raises" in theirs else same(ours, theirs)
        if not agrees:
            lines.append(f"{label}: {ours}, Zipline {theirs}")
    if len(told(wanted)) != len(told(found)):
        lines.append(f"{len(told(found))} lines, Zipline {len(told(wanted))}")
    theirs_end, ours_end = ended(wanted), ended(found)
    if (theirs_end and theirs_end[0] not in ours_end) or (ours_end and not theirs_end):
        lines.append(f"ended with {found[found.index('ENDED') :] if ours_end else 'no error'}, Zipline {theirs_end}")
    return lines
