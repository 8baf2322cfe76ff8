"""What holds for every test: where data goes, how many examples Hypothesis draws, and which kernels run."""

from __future__ import annotations

import gc
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests._examples import NIGHTLY

# The same examples in every run of CI, so that a red run is red again; nightly draws new ones, and many more.
# No deadline: the two workers share their cores with others, and a slow example is no wrong one.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "nightly", max_examples=NIGHTLY, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# The tests start hundreds of processes: libraries that were installed without bytecode, and those whose user writes
# none, would be compiled in each of them, which takes two seconds of three
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(Path(sys.prefix) / "bytecode")
sys.dont_write_bytecode = False
# A picture without a path opens a window where there is a screen, and waits until somebody closes it
os.environ.setdefault("MPLBACKEND", "Agg")
# a test that fails shows the engine's lines too
os.environ.setdefault("RUSTYBT_TRACEBACK", "full")
settings.load_profile(os.environ.get("RUSTYBT_HYPOTHESIS", "ci"))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests that were collected stay to the end: no collection of garbage goes through them again.

    It would take a second each time that a test, or a library under it, asks for one.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def _roots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new folder each time. Pytest's own numbered ones are looked through, all of them, for each new one."""
    base = tmp_path_factory.mktemp("roots")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_root(_roots: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the catalog and results of whoever runs it."""
    root = next(_roots)
    root.mkdir()
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of pyproject.toml."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(params=["python", "rust"])
def kernels(request: pytest.FixtureRequest) -> str:
    """Each twin in turn; `rust` is skipped where there is no matching binary, unless the build requires one."""
    from rustybt._kernels import _native

    if request.param == "rust" and _native._find().module is None:
        reason = _native._find().reason
        if os.environ.get("RUSTYBT_NATIVE") == "require":
            pytest.fail(f"RUSTYBT_NATIVE=require, but {reason}")
        pytest.skip(reason)
    return str(request.param)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist is killed where its exit takes over ten seconds: what it covered is saved before."""
    if os.environ.get("RUSTYBT_COVERAGE") and hasattr(session.config, "workerinput"):
        import coverage

        covered = coverage.Coverage.current()
        if covered is not None:
            covered.save()
