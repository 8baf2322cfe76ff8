"""The one door to the native extension: loads it, or says why not.

`run_algorithm(kernel=)` chooses, and where that is "auto", `RUSTYBT_KERNELS`:

- `auto` (the default): the extension where a matching one is there, else the Python twins.
- `rust`: the extension, or KernelError.
- `python`: the twins. `RUSTYBT_NATIVE=off`, which builds none, means the same where both are "auto".

A binary is refused whose ABI number or version is not that of the Python code, and in a source checkout also one whose
sources have changed since: an editable build leaves its binary in the tree, where a later failed or
pure build would import it. A refused binary is never used; under `auto` a warning says so.
"""

from __future__ import annotations

import functools
import importlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from rustybt._kernels._abi import KERNEL_ABI, source_hash
from rustybt._version import __version__
from rustybt.errors import InputError, KernelError

CHOICES: Final = ("auto", "rust", "python")
REBUILD: Final = "Rebuild it with `uv sync --reinstall-package rustybt` (or `pip install` again), with cargo on PATH."
_EXTENSION: Final = "rustybt._kernels._rustybt"
_CHECKOUT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Extension:
    """The native extension, as far as there is one that may be used.

    module: the extension, if it may be used. reason: why it may not. broken: one is there, and refused.
    """

    module: ModuleType | None
    reason: str
    broken: bool = False


def load(kernel: str = "auto") -> ModuleType | None:
    """The native extension, or None where the Python twins are to be used.

    kernel: what a run was given. Raises InputError if that is none of the choices; KernelError if `RUSTYBT_KERNELS`
    is none, or if `rust` is asked for and no matching binary is there.
    """
    if kernel not in CHOICES:
        raise InputError(f"kernel={kernel!r}: choose 'auto', 'rust' or 'python'.")
    choice = _choice() if kernel == "auto" else kernel
    if choice == "python":
        return None
    found = _find()
    if choice == "rust" and found.module is None:
        asked = "RUSTYBT_KERNELS=rust" if kernel == "auto" else "kernel='rust'"
        raise KernelError(f"{asked}, but {found.reason}. {REBUILD} kernel='python' runs without it.")
    if found.broken:
        warnings.warn(f"The Python kernels are used: {found.reason}. {REBUILD}", RuntimeWarning, stacklevel=2)
    return found.module


def describe() -> str:
    """Which kernel "auto" is here and why, for `rustybt --version`. Raises as `load` does."""
    if _choice() == "python":
        why = "RUSTYBT_KERNELS=python" if os.environ.get("RUSTYBT_KERNELS") == "python" else "RUSTYBT_NATIVE=off"
        return f"kernels: python ({why})"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        module = load()
    if module is None:
        return f"kernels: python ({_find().reason})"
    return f"kernels: rust {module.__version__} (abi {module.ABI}, sources {module.source_hash()[:12] or 'unknown'})"


def _choice() -> str:
    choice = os.environ.get("RUSTYBT_KERNELS") or "auto"
    if choice not in CHOICES:
        raise KernelError(f"RUSTYBT_KERNELS={choice!r} is not a choice. Set it to one of {', '.join(CHOICES)}.")
    if choice == "auto" and os.environ.get("RUSTYBT_NATIVE") == "off":
        return "python"
    return choice


@functools.cache
def _find() -> Extension:
    """Looked for once in a process: a binary can't be replaced in one that has it open."""
    try:
        module = importlib.import_module(_EXTENSION)
    except ModuleNotFoundError:
        return Extension(None, "this install has no native extension")
    except ImportError as error:
        return Extension(None, f"the native extension does not load ({error})", broken=True)
    reason = _mismatch(module)
    return Extension(None, reason, broken=True) if reason else Extension(module, "")


def _mismatch(module: ModuleType) -> str:
    """Why the binary does not belong to this Python code; empty where it does."""
    found = f"the native extension {getattr(module, '__file__', '')} is stale"
    abi, release = getattr(module, "ABI", None), getattr(module, "__version__", None)
    if abi != KERNEL_ABI:
        return f"{found}: it has ABI {abi}, and the Python code needs {KERNEL_ABI}"
    if release != __version__:
        return f"{found}: it is version {release}, and the Python code is {__version__}"
    sources = source_hash(_CHECKOUT) if (_CHECKOUT / "rust").is_dir() else None
    if sources is not None and module.source_hash() != sources:
        return f"{found}: it was built from other Rust sources than those in {_CHECKOUT / 'rust'}"
    return ""
