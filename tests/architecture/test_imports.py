"""Imports point one way, nothing lies around unreached, and `import rustybt` is light."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.architecture._source import ROOT, imported, modules, named

ENTRY_POINTS = (
    "rustybt",
    "rustybt.__main__",
    "rustybt.api",
    "rustybt.cli",
    "rustybt.testing",
    "rustybt.zipline",
    "rustybt.zipline.__main__",
)
HEAVY = ("exchange_calendars", "matplotlib", "pandas", "pyarrow", "rich", "click", "asyncio")
FRESH = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE", "COV_"))}
"""The environment without what would make a child process measure its coverage, and so import and cost more."""


def python(code: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", code], env=FRESH, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_imports_follow_the_contracts_in_pyproject():
    command = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run(
        [command, "--no-logo", "--no-cache"], cwd=ROOT, env=FRESH, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_reached_from_an_entry_point():
    known = modules()
    reached: set[str] = set()
    waiting = [name for name in ENTRY_POINTS if name in known]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in known:
            continue
        reached.add(name)
        waiting += imported(known[name]) | named(known[name])
        waiting.append(name.rpartition(".")[0])
    assert not sorted(known.keys() - reached), "nothing imports these modules"


def test_no_package_reaches_into_another():
    """Files that start with an underscore are their package's own; `__init__` says what others may use."""
    found = []
    for module in modules().values():
        for name in imported(module, types=True) & modules().keys():
            owner, _, leaf = name.rpartition(".")
            private = leaf.startswith("_") and owner != "rustybt"
            if private and not module.name.startswith(owner):
                found.append(f"{module.name} imports {name}")
    assert not found


def test_only_the_kernels_package_knows_the_extension():
    inside = [m.name for m in modules().values() if "_rustybt" in m.path.read_text(encoding="utf-8")]
    assert inside
    assert {modules()[name].package for name in inside} == {"rustybt._kernels"}


def test_importing_rustybt_is_light():
    """Also once everything that a run needs was asked for: what is heavy waits for the call that uses it."""
    loaded = python("import sys, rustybt, rustybt.api; rustybt.run_algorithm, rustybt.Result; print(*sys.modules)")
    assert "rustybt.engine" in loaded.split()
    alone = python("import sys, polars, numpy; print(*sys.modules)")
    assert not {name for name in HEAVY if name in loaded.split() and name not in alone.split()}


@pytest.mark.slow
def test_importing_rustybt_costs_at_most_150_ms_beyond_polars(tmp_path, monkeypatch):
    """The best of several processes each, in CPU time: other work only ever adds.

    With all that a run needs, NumPy's own import is left out: its threads alone take 0.1 to 0.2 s of some machines.
    """
    monkeypatch.setitem(FRESH, "PYTHONPYCACHEPREFIX", str(tmp_path))
    monkeypatch.delitem(FRESH, "PYTHONDONTWRITEBYTECODE", raising=False)

    def best(code: str) -> float:
        timed = f"import time; t = time.process_time(); exec({code!r}); print(time.process_time() - t)"
        python(code)  # writes the bytecode
        return min(float(python(timed)) for _ in range(7))

    assert best("import polars, rustybt") - best("import polars") <= 0.15
    assert (
        best("import polars, numpy, rustybt, rustybt.api; rustybt.run_algorithm") - best("import polars, numpy") <= 0.15
    )
