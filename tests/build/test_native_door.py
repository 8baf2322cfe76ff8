"""The one door to the extension: which binary it lets in, and what it says of the others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

from rustybt._kernels import _abi, _native
from rustybt._version import __version__
from rustybt.errors import KernelError


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RUSTYBT_KERNELS", raising=False)
    monkeypatch.delenv("RUSTYBT_NATIVE", raising=False)
    _native._find.cache_clear()
    yield
    _native._find.cache_clear()


def offer(monkeypatch: pytest.MonkeyPatch, **changes: object) -> types.ModuleType:
    """Puts a module in the extension's place: a right one, but for the changes."""
    module = types.ModuleType("rustybt._kernels._rustybt")
    hash_now = _abi.source_hash(Path(_native.__file__).parents[2]) or ""
    right: dict[str, object] = {"ABI": _abi.KERNEL_ABI, "__version__": __version__, "source_hash": lambda: hash_now}
    vars(module).update(right | changes)
    monkeypatch.setitem(sys.modules, "rustybt._kernels._rustybt", module)
    return module


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """No binary: what the import system says where there is no file."""

    def missing(name: str) -> types.ModuleType:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(_native.importlib, "import_module", missing)


def test_a_matching_binary_is_used(monkeypatch):
    module = offer(monkeypatch)
    assert _native.load() is module
    assert _native.describe().startswith(f"kernels: rust {__version__} (abi {_abi.KERNEL_ABI}, sources ")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ABI": 0}, "it has ABI 0"),
        ({"__version__": "0.0.9"}, "it is version 0.0.9"),
        ({"source_hash": lambda: "0" * 64}, "built from other Rust sources"),
    ],
)
def test_a_stale_binary_is_refused_and_the_twin_steps_in_with_a_warning(monkeypatch, changes, said):
    if "source_hash" in changes and _abi.source_hash(Path(_native.__file__).parents[2]) is None:
        pytest.skip("no Rust sources beside the package")
    offer(monkeypatch, **changes)
    with pytest.warns(RuntimeWarning, match=f"(?s){said}.*reinstall-package rustybt"):
        assert _native.load() is None
    assert said in _native.describe()
    assert _native.describe().startswith("kernels: python (")


def test_a_stale_binary_is_an_error_where_rust_is_asked_for(monkeypatch):
    offer(monkeypatch, ABI=_abi.KERNEL_ABI + 1)
    monkeypatch.setenv("RUSTYBT_KERNELS", "rust")
    with pytest.raises(KernelError, match=r"RUSTYBT_KERNELS=rust, but .* is stale: it has ABI .*uv sync"):
        _native.load()


def test_no_binary_is_fine_unless_rust_is_asked_for(monkeypatch):
    without(monkeypatch)
    assert _native.load() is None
    assert _native.describe() == "kernels: python (this install has no native extension)"
    monkeypatch.setenv("RUSTYBT_KERNELS", "rust")
    with pytest.raises(KernelError, match="this install has no native extension"):
        _native.load()


@pytest.mark.parametrize(("name", "value"), [("RUSTYBT_KERNELS", "python"), ("RUSTYBT_NATIVE", "off")])
def test_the_twins_can_be_asked_for(monkeypatch, name, value):
    offer(monkeypatch)
    monkeypatch.setenv(name, value)
    assert _native.load() is None
    assert _native.describe() == f"kernels: python ({name}={value})"


def test_asking_for_rust_wins_over_a_build_setting(monkeypatch):
    module = offer(monkeypatch)
    monkeypatch.setenv("RUSTYBT_NATIVE", "off")
    monkeypatch.setenv("RUSTYBT_KERNELS", "rust")
    assert _native.load() is module


@pytest.mark.parametrize("choice", ["python", "auto"])
def test_the_command_says_which_kernels_it_uses(choice):
    done = subprocess.run(
        [sys.executable, "-m", "rustybt", "--version"],
        env=os.environ | {"RUSTYBT_KERNELS": choice},
        capture_output=True,
        text=True,
        check=True,
    )
    used = "python (RUSTYBT_KERNELS=python)" if choice == "python" else _native.describe().removeprefix("kernels: ")
    assert done.stdout.strip() == f"rustybt {__version__} (kernels: {used})"


def test_an_unknown_choice_names_the_choices(monkeypatch):
    monkeypatch.setenv("RUSTYBT_KERNELS", "fast")
    with pytest.raises(
        KernelError, match=r"RUSTYBT_KERNELS='fast' is not a choice. Set it to one of auto, rust, python"
    ):
        _native.load()


def test_a_binary_that_does_not_load_is_reported_with_the_cause(tmp_path, checkout):
    package = tmp_path / "rustybt"
    shutil.copytree(checkout / "rustybt", package, ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    suffix = ".pyd" if os.name == "nt" else ".so"
    (package / "_kernels" / f"_rustybt{suffix}").write_bytes(b"not a library")
    # a copy of the package must not count towards the coverage of this one
    env = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", "from rustybt._kernels._native import load; load()"],
        env=env | {"RUSTYBT_KERNELS": "rust", "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "KernelError: RUSTYBT_KERNELS=rust, but the native extension does not load (" in done.stderr


def test_the_source_hash_sees_names_contents_and_manifests(tmp_path):
    source = tmp_path / "rust" / "crates" / "one" / "src" / "lib.rs"
    source.parent.mkdir(parents=True)
    source.write_text("fn one() {}")
    for name in ("Cargo.toml", "Cargo.lock"):
        (tmp_path / name).write_text("x")
    seen = {_abi.source_hash(tmp_path)}
    for change in (
        lambda: source.write_text("fn two() {}"),
        lambda: source.rename(source.with_name("other.rs")),
        lambda: (tmp_path / "rust" / "crates" / "one" / "Cargo.toml").write_text("y"),
        lambda: (tmp_path / "Cargo.lock").write_text("y"),
    ):
        change()
        assert _abi.source_hash(tmp_path) not in seen
        seen.add(_abi.source_hash(tmp_path))
    assert _abi.source_hash(tmp_path / "nowhere") is None
