"""A Python that is too old hears so in a sentence, whether it builds RustyBT or imports a checkout."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SAYS = "RustyBT needs CPython 3.12 or newer, and this is Python 3."


def old_pythons() -> list[str]:
    """The oldest and the newest interpreter of 3.6 to 3.11 on this machine that run."""
    homes = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions", Path("/usr/bin")]
    found = []
    for minor in range(6, 12):
        named = [
            *homes[0].glob(f"3.{minor}.*/bin/python"),
            homes[1] / f"python3.{minor}",
            shutil.which(f"python3.{minor}"),
        ]
        for path in filter(None, map(str, filter(None, named))):
            if Path(path).exists() and _runs(path, minor):
                found.append(path)
                break
    return [*found[:1], *found[1:][-1:]]


def _runs(path: str, minor: int) -> bool:
    asked = "import sys; print(sys.version_info[:2] == (3, %d))" % minor  # noqa: UP031
    try:
        return subprocess.run([path, "-I", "-c", asked], capture_output=True, text=True, check=False).stdout == "True\n"
    except OSError:
        return False


OLD = old_pythons()


@pytest.mark.skipif(not OLD, reason="no Python older than 3.12 on this machine")
@pytest.mark.parametrize("python", OLD)
@pytest.mark.parametrize(
    ("folder", "statement"),
    [
        (".", "import rustybt"),
        (".", "import rustybt.api"),
        (".", "from rustybt import run_algorithm"),
        ("build_backend", "import rustybt_build; rustybt_build.get_requires_for_build_wheel()"),
    ],
)
def test_an_old_python_is_refused_in_a_sentence(checkout: Path, python: str, folder: str, statement: str) -> None:
    done = subprocess.run(
        [python, "-c", statement],
        cwd=checkout / folder,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert SAYS in done.stderr.splitlines()[-1]


@pytest.mark.skipif(not OLD, reason="no Python older than 3.12 on this machine")
def test_an_old_python_that_runs_the_command_is_refused_in_a_sentence(checkout: Path) -> None:
    done = subprocess.run([OLD[-1], "-m", "rustybt"], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert SAYS in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("file", ["rustybt/__init__.py", "build_backend/rustybt_build.py"])
def test_what_an_old_python_reads_first_parses_there(checkout: Path, file: str) -> None:
    ast.parse((checkout / file).read_text(encoding="utf-8"), feature_version=(3, 7))
    assert "__future__" not in (checkout / file).read_text(encoding="utf-8")  # 3.6 knows no annotations there
