"""The PEP 517 backend of RustyBT: maturin where Rust is, hatchling where it is not.

`RUSTYBT_NATIVE` chooses at build time:

- `auto` (the default): with cargo on PATH a wheel with the native extension, and a pure one, with a warning, if that
  build fails; a pure wheel without cargo.
- `require`: the extension, or the build fails. CI and releases use it, so that nothing broken passes as pure.
- `off`: a pure wheel.

The sdist is always hatchling's: it needs no Rust, and holds the Rust sources and Cargo.lock.
There is no hook that prepares metadata: pip then builds once and reads them from the wheel.
"""

import os
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# An installer calls the backend before it reads requires-python: what stands here must parse on old Pythons.
if sys.version_info < (3, 12):  # noqa: UP036
    raise SystemExit(
        "RustyBT needs CPython 3.12 or newer, and this is Python {}.{}.{} ({}). "
        "Install it with a newer one, as in: python3.12 -m pip install .".format(*sys.version_info[:3], sys.executable)
    )

CHOICES = ("auto", "require", "off")
HATCHLING = "hatchling>=1.27"
MATURIN = "maturin>=1.9.4,<2"
ROOT = Path(__file__).resolve().parent.parent
BINARIES = ("_rustybt*.so", "_rustybt*.pyd")

Settings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Hatchling always, since `auto` may fall back to it; maturin only where it will be tried."""
    return [HATCHLING, MATURIN] if _wants_native() else [HATCHLING]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """The same: an editable wheel of hatchling's is a plain .pth file here."""
    return get_requires_for_build_wheel(config_settings)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Hatchling: an sdist needs no Rust."""
    return [HATCHLING]


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Writes the sdist into the folder and returns its name."""
    import hatchling.build

    return str(hatchling.build.build_sdist(sdist_directory, config_settings))


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Writes the wheel into the folder and returns its name."""
    if _wants_native():
        name = _native("build_wheel", wheel_directory, config_settings)
        if name is not None:
            return name
    import hatchling.build

    return str(hatchling.build.build_wheel(wheel_directory, config_settings))


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Writes a wheel that points into the checkout; a pure one takes an older binary out of it first."""
    if _wants_native():
        name = _native("build_editable", wheel_directory, config_settings)
        if name is not None:
            return name
    for binary in (path for pattern in BINARIES for path in (ROOT / "rustybt" / "_kernels").glob(pattern)):
        _remove_stale(binary)
    import hatchling.build

    return str(hatchling.build.build_editable(wheel_directory, config_settings))


def _wants_native() -> bool:
    """Whether maturin is to be tried. Fails where the choice is none, or can't be met."""
    choice = os.environ.get("RUSTYBT_NATIVE") or "auto"
    if choice not in CHOICES:
        raise SystemExit(f"RUSTYBT_NATIVE={choice!r} is not a choice. Set it to one of {', '.join(CHOICES)}.")
    cargo = shutil.which("cargo")
    if choice == "require" and cargo is None:
        raise SystemExit(
            "RUSTYBT_NATIVE=require, but there is no cargo on PATH. Install a Rust toolchain, "
            "or set RUSTYBT_NATIVE=auto to build without the native extension."
        )
    return choice != "off" and cargo is not None


def _native(hook: str, wheel_directory: str, config_settings: Settings) -> str | None:
    """The wheel's name as maturin built it; None where it failed and `auto` lets us go on without."""
    # maturin would otherwise fetch a whole Rust toolchain where it finds the one at hand too old
    os.environ["MATURIN_NO_INSTALL_RUST"] = "1"
    abi = runpy.run_path(str(ROOT / "rustybt" / "_kernels" / "_abi.py"))
    os.environ["RUSTYBT_SOURCE_HASH"] = abi["source_hash"](ROOT) or ""
    before = set(os.listdir(wheel_directory))
    try:
        import maturin

        build: Callable[..., str] = getattr(maturin, hook)
        return str(build(wheel_directory, config_settings))
    except (Exception, SystemExit) as failure:  # maturin ends in sys.exit where cargo fails
        if os.environ.get("RUSTYBT_NATIVE") == "require":
            raise
        for left in set(os.listdir(wheel_directory)) - before:
            os.remove(os.path.join(wheel_directory, left))
        print(
            f"WARNING: the native extension of RustyBT did not build ({type(failure).__name__}: {failure}).\n"
            "WARNING: What cargo said is above. Going on with a pure Python wheel: the same results, slower.\n"
            "WARNING: RUSTYBT_NATIVE=require makes this an error, RUSTYBT_NATIVE=off does not try.",
            file=sys.stderr,
        )
        return None


def _remove_stale(binary: Path) -> None:
    try:
        binary.unlink()
    except OSError as error:  # Windows keeps a file that a running process has loaded; the import refuses it too
        print(f"WARNING: {binary} is left from an earlier build and could not be removed: {error}", file=sys.stderr)
