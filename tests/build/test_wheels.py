"""What the build backend makes of a checkout: with Rust, without, and with broken Rust."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from rustybt._kernels import _abi
from rustybt._version import __version__

LEFT_OUT = (".git", ".venv", ".tools", "target", "__pycache__", ".*_cache", ".hypothesis", "demo-output")
SAMPLE = (".parquet", ".csv.gz", ".csv", ".md")


@pytest.fixture
def source(tmp_path, checkout) -> Path:
    """A copy of the checkout with a binary of an earlier build lying about."""
    copy = tmp_path / "source"
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(*LEFT_OUT, "*.so", "*.pyd"))
    (copy / "rustybt" / "_kernels" / "_rustybt.abi3.so").write_bytes(b"of an earlier build")
    (copy / "rustybt" / "_kernels" / "_rustybt.pyd").write_bytes(b"of an earlier build")
    return copy


def build(source: Path, hook: str, *, native: str, path: str | None = None) -> tuple[Path | None, str]:
    """Calls one hook of the backend as an installer does: in its own process, in the source folder."""
    out = source.parent / f"{hook}-{native}"
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", f"import rustybt_build; rustybt_build.{hook}({str(out)!r})"],
        cwd=source,
        env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
        | {"PYTHONPATH": str(source / "build_backend"), "RUSTYBT_NATIVE": native, "PATH": path or os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    made = list(out.iterdir())
    return (made[0] if done.returncode == 0 and made else None), done.stdout + done.stderr


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def shipped_data(checkout: Path) -> list[str]:
    """The sample's files, from the checkout and not from the wheel."""
    package = checkout / "rustybt"
    return sorted(path.relative_to(checkout).as_posix() for path in package.rglob("*") if path.name.endswith(SAMPLE))


def test_a_pure_wheel_fits_every_platform_and_carries_the_sample_and_no_binary(source, checkout):
    wheel, said = build(source, "build_wheel", native="off")
    assert wheel is not None, said
    assert wheel.name == f"rustybt-{__version__}-py3-none-any.whl"
    names = names_in(wheel)
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc", ".rs"))]
    assert {name.split("/")[0] for name in names} == {"rustybt", f"rustybt-{__version__}.dist-info"}
    assert {"rustybt/__init__.py", "rustybt/py.typed", "rustybt/_kernels/_rustybt.pyi"} <= set(names)
    data = shipped_data(checkout)
    assert [name for name in data if name.endswith(".md")], "the sample has a page that says where it is from"
    assert set(data) <= set(names)
    for notice in ("LICENSE", "NOTICE"):
        assert f"rustybt-{__version__}.dist-info/licenses/{notice}" in names


def test_the_sdist_holds_what_either_build_needs(source, checkout):
    sdist, said = build(source, "build_sdist", native="auto")
    assert sdist is not None, said
    top = f"rustybt-{__version__}/"
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(top) for name in archive.getnames()}
    needed = {"pyproject.toml", "Cargo.toml", "Cargo.lock", "build_backend/rustybt_build.py", "README.md", "NOTICE"}
    rust = {p.relative_to(checkout).as_posix() for p in (checkout / "rust").rglob("*") if p.suffix in (".rs", ".toml")}
    assert rust
    assert needed | rust | set(shipped_data(checkout)) <= names
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc"))]


def test_a_pure_editable_install_takes_the_old_binary_away(source):
    wheel, said = build(source, "build_editable", native="off")
    assert wheel is not None, said
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not list((source / "rustybt" / "_kernels").glob("_rustybt*.so"))
    assert not list((source / "rustybt" / "_kernels").glob("_rustybt*.pyd"))


def test_requiring_the_extension_without_cargo_says_what_is_missing(source, tmp_path):
    wheel, said = build(source, "build_wheel", native="require", path=str(tmp_path))
    assert wheel is None
    assert "RUSTYBT_NATIVE=require, but there is no cargo on PATH. Install a Rust toolchain" in said


def test_without_cargo_auto_builds_a_pure_wheel(source, tmp_path):
    wheel, said = build(source, "build_wheel", native="auto", path=str(tmp_path))
    assert wheel is not None, said
    assert wheel.name.endswith("-py3-none-any.whl")


def test_an_unknown_choice_names_the_choices(source):
    wheel, said = build(source, "build_wheel", native="maybe")
    assert wheel is None
    assert "RUSTYBT_NATIVE='maybe' is not a choice. Set it to one of auto, require, off." in said


def test_a_build_that_fails_gives_a_pure_wheel_and_a_warning_unless_the_extension_is_required(source, tmp_path):
    """A cargo that is there and a maturin that ends the process, as it does when cargo fails."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cargo", "cargo.exe"):
        (tools / name).write_text("")
        (tools / name).chmod(0o755)
    (source / "build_backend" / "maturin.py").write_text(
        "import pathlib, sys\n"
        "def build_wheel(folder, settings):\n"
        "    pathlib.Path(folder, 'half-written.whl').write_text('')\n"
        "    sys.exit(1)\n"
    )
    wheel, said = build(source, "build_wheel", native="auto", path=str(tools))
    assert wheel is not None, said
    assert [path.name for path in wheel.parent.iterdir()] == [f"rustybt-{__version__}-py3-none-any.whl"]
    assert "WARNING: the native extension of RustyBT did not build (SystemExit: 1)" in said
    wheel, said = build(source, "build_wheel", native="require", path=str(tools))
    assert wheel is None
    assert "Going on" not in said


def test_every_place_that_names_the_version_names_the_same(checkout):
    python = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    rust = tomllib.loads((checkout / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    lock = tomllib.loads((checkout / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    ours = {one["version"] for one in lock if one["name"].startswith("rustybt-")}
    assert {python, rust, *ours} == {__version__}


# --- real builds: minutes, a network and, for some, cargo ---

needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="there is no cargo on PATH")


def install(source: Path, *, native: str, path: str | None = None) -> tuple[str, str]:
    """`pip install` into a new environment; what `describe()` says there, and what pip said."""
    home = source.parent / f"venv-{native}"
    venv.create(home, with_pip=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE", "RUSTYBT", "VIRTUAL_ENV", "PYTHON"))}
    env |= {"RUSTYBT_NATIVE": native, "PATH": path or env["PATH"]}
    pip = subprocess.run(
        [python, "-m", "pip", "install", "--verbose", "--no-deps", str(source)],
        env=env, cwd=source.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if pip.returncode:
        return "", pip.stdout + pip.stderr
    # without dependencies nothing but the door can be imported, so the package above it is left empty
    code = (
        "import importlib.util, pathlib, sys, types\n"
        "home = pathlib.Path(importlib.util.find_spec('rustybt').submodule_search_locations[0])\n"
        "for name, folder in (('rustybt', home), ('rustybt._kernels', home / '_kernels')):\n"
        "    sys.modules[name] = types.ModuleType(name)\n"
        "    sys.modules[name].__path__ = [str(folder)]\n"
        "from rustybt._kernels._native import describe\n"
        "print(describe())\n"
    )
    env.pop("RUSTYBT_NATIVE")
    done = subprocess.run([python, "-c", code], env=env, cwd=source.parent, capture_output=True, text=True, check=True)
    return done.stdout.strip(), pip.stdout + pip.stderr


@pytest.mark.slow
@needs_cargo
def test_pip_with_cargo_builds_an_abi3_wheel_that_loads(source):
    used, said = install(source, native="require")
    assert used.startswith(f"kernels: rust {__version__} (abi {_abi.KERNEL_ABI}, sources "), said
    assert f"rustybt-{__version__}-cp312-abi3-" in said


@pytest.mark.slow
def test_pip_without_cargo_installs_the_twins(source):
    path = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if not shutil.which("cargo", path=one))
    used, said = install(source, native="auto", path=path)
    assert used == "kernels: python (this install has no native extension)", said


@pytest.mark.slow
@needs_cargo
def test_broken_rust_is_pure_under_auto_and_an_error_under_require(source):
    (source / "rust" / "crates" / "rustybt-kernels" / "src" / "lib.rs").write_text("this is no Rust", encoding="utf-8")
    used, said = install(source, native="auto")
    assert used == "kernels: python (this install has no native extension)", said
    assert "WARNING: the native extension of RustyBT did not build" in said
    used, said = install(source, native="require")
    assert not used
    assert "this is no Rust" in said
