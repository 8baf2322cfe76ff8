"""`run_algorithm(kernel=)`: what computes is given to a run, and the result tells what it was."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt import api
from rustybt._kernels import _native
from rustybt.errors import InputError, KernelError
from tests._kernels import KERNELS, calls, needs_native
from tests.unit._small import ingest, run


@pytest.fixture
def _bars() -> None:
    ingest({"A": ["8", "9", "10", "9", "8"], "B": ["3", "3", "2", "2", "4"]})


def trade(context: Any, data: Any) -> None:
    for symbol in ("A", "B"):
        weight = float(data.current(api.symbol(symbol), "price")) / 40
        api.order_target_percent(api.symbol(symbol), weight)


def ran(kernel: str = "auto") -> rustybt.Result:
    return run(trade, kernel=kernel)


@pytest.mark.usefixtures("_bars")
def test_the_result_names_the_kernel_that_made_it(kernels: str) -> None:
    with calls() as called:
        result = ran(kernels)
    assert result.manifest["kernel"] == kernels
    natively = [name for name in called if not name.startswith("rustybt.")]
    assert bool(natively) is (kernels == "rust")


@needs_native
@pytest.mark.usefixtures("_bars")
def test_runs_of_one_process_can_be_on_different_kernels() -> None:
    results = [ran(kernel) for kernel in ("python", "rust", "python", "rust")]
    assert [result.manifest["kernel"] for result in results] == ["python", "rust", "python", "rust"]
    assert len({result.ledger_hash for result in results}) == 1
    for name in ("daily", "orders", "order_events", "transactions", "positions", "entries", "assets"):
        first = getattr(results[0], name)
        assert len(first)
        assert all(getattr(result, name).equals(first) for result in results), name


@needs_native
@pytest.mark.usefixtures("_bars")
def test_runs_in_threads_can_be_on_different_kernels_at_the_same_time() -> None:
    inside = threading.Barrier(4)

    def one(kernel: str) -> tuple[str, str, str]:
        def together(context: Any, data: Any) -> None:
            inside.wait(timeout=30)
            trade(context, data)

        with calls() as called:
            result = run(together, kernel=kernel)
        used = "rust" if called["Days.take"] else "python"
        return used, result.manifest["kernel"], result.ledger_hash

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(one, ("rust", "python", "rust", "python")))
    assert [row[:2] for row in found] == [(kernel, kernel) for kernel in ("rust", "python", "rust", "python")]
    assert len({row[2] for row in found}) == 1


@pytest.mark.usefixtures("_bars")
@pytest.mark.parametrize("wanted", KERNELS)
def test_auto_is_what_the_environment_says_at_the_moment(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("RUSTYBT_KERNELS", wanted)
    assert ran().manifest["kernel"] == wanted
    assert ran("python").manifest["kernel"] == "python"


@pytest.mark.usefixtures("_bars")
def test_a_kernel_that_is_not_there_is_refused_and_the_other_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_native, "_find", lambda: _native.Extension(None, "this install has no native extension"))
    with pytest.raises(KernelError, match=r"^kernel='rust', but this install has no native extension\. .*'python'"):
        ran("rust")
    assert ran("auto").manifest["kernel"] == "python"
    monkeypatch.setenv("RUSTYBT_KERNELS", "fast")
    with pytest.raises(KernelError, match="RUSTYBT_KERNELS='fast' is not a choice"):
        ran("auto")
    assert ran("python").manifest["kernel"] == "python"


@pytest.mark.parametrize(
    ("kernel", "said"), [("fast", "choose 'auto', 'rust' or 'python'"), (None, "text"), (7, "text")]
)
def test_what_is_no_kernel_is_refused(kernel: Any, said: str) -> None:
    with pytest.raises(InputError, match=rf"^kernel={kernel!r}: .*{said}"):
        rustybt.run_algorithm(kernel=kernel)


@pytest.mark.usefixtures("_bars")
def test_the_command_takes_a_kernel(tmp_path: Path, kernels: str) -> None:
    from click.testing import CliRunner

    from rustybt.cli._main import cli

    (tmp_path / "strategy.py").write_text("def initialize(context):\n    pass\n")
    options = ["-f", str(tmp_path / "strategy.py"), "-b", "small", "-o", str(tmp_path / "out"), "--kernel", kernels]
    done = CliRunner().invoke(cli, ["run", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert rustybt.Result.load(tmp_path / "out").manifest["kernel"] == kernels
    refused = CliRunner().invoke(cli, ["run", *options[:-1], "fast"])
    assert refused.exit_code == 2
    assert "'fast' is not one of 'auto', 'rust', 'python'" in refused.output
