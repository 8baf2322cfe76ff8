"""An empty environment with the wheel of this checkout, and nothing of the checkout on its path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

LEFT_OUT = ("PYTHON", "COVERAGE", "COV_", "RUSTYBT", "VIRTUAL_ENV", "MPLBACKEND", "DISPLAY", "WAYLAND")


@dataclass(frozen=True)
class Place:
    """An environment, and an empty folder to work in."""

    binaries: Path
    folder: Path
    variables: Mapping[str, str]

    def run(self, *arguments: str | Path, ends: int = 0) -> str:
        """What a program of the environment prints; it must end with that code, and show no traceback."""
        program, *rest = map(str, arguments)
        done = subprocess.run(
            [self.binaries / program, *rest], cwd=self.folder, env=dict(self.variables), capture_output=True,
            encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == ends, f"{' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr


def wheel_of(checkout: Path, out: Path) -> Path:
    """The pure wheel. It is built in a moment, and holds what the native one does but for the extension."""
    code = f"import rustybt_build; print(rustybt_build.build_wheel({str(out)!r}))"
    own = {"PYTHONPATH": str(checkout / "build_backend"), "RUSTYBT_NATIVE": "off"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, env=os.environ | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def installed(wheel: Path, home: Path) -> Path:
    """Installs a wheel into a new environment, without a network: the libraries are those of this environment."""
    uv = os.environ.get("UV") or shutil.which("uv")
    venv.create(home, with_pip=uv is None)
    binaries = home / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / ("python.exe" if os.name == "nt" else "python")
    pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install", "--no-index"]
    own = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    offline = ["--offline"] if uv else []
    done = subprocess.run(
        [*pip, *offline, "--no-deps", wheel], cwd=home, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # a folder on the path is no place of installed packages: what is installed in editable form there is not found
    packages = next(home.glob("**/site-packages"))
    libraries = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    (packages / "libraries.pth").write_text("\n".join(sorted(libraries)) + "\n")
    return binaries


@pytest.fixture(scope="session")
def binaries(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first-hour")
    return installed(wheel_of(checkout, folder), folder / "env")


@pytest.fixture(scope="session")
def bytecode(binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes find bytecode, whatever this machine says of it: installers compile what they install."""
    folder = tmp_path_factory.mktemp("bytecode")
    own = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    own |= {"PYTHONPYCACHEPREFIX": str(folder), "MPLCONFIGDIR": str(folder / "matplotlib")}
    code = """
import compileall, pathlib, rustybt
import exchange_calendars, matplotlib.figure, polars
compileall.compile_dir(pathlib.Path(rustybt.__file__).parent, quiet=1)
"""
    subprocess.run([binaries / "python", "-c", code], cwd=folder, env=own, check=True)
    return folder


@pytest.fixture
def place(binaries: Path, bytecode: Path, tmp_path: Path) -> Place:
    """As a user has it: no variables of ours but where data, results and bytecode go."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    own |= {"RUSTYBT_ROOT": str(tmp_path / "root"), "PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONUTF8": "1"}
    own |= {"MPLCONFIGDIR": str(bytecode / "matplotlib"), "PATH": f"{binaries}{os.pathsep}{own.get('PATH', '')}"}
    folder = tmp_path / "empty"
    folder.mkdir()
    return Place(binaries, folder, own)
