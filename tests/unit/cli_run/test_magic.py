"""`%load_ext rustybt` in an IPython shell: the strategy of a cell, or of the notebook, is run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit._small import DAYS, ingest

pytest.importorskip("IPython", reason="IPython comes with the development dependencies")

PERIOD = f"-s {DAYS[0]} -e {DAYS[4]} -b small --capital-base 1000"
STRATEGY = """
from rustybt.api import order, symbol

def initialize(context):
    context.asset = symbol("A")

def handle_data(context, data):
    order(context.asset, 1)
"""


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from IPython.core.interactiveshell import InteractiveShell

    # a shell puts a module of its own in the place of __main__, from which no process can be spawned
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    ingest({"A": ["8", "9", "10", "11", "12"]})
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "rustybt")
    yield shell
    shell.reset(new_session=False)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_cell_is_run_and_its_result_kept(shell: Any) -> None:
    result = shell.run_cell_magic("rustybt", f"{PERIOD} --name mine", STRATEGY)
    assert result.transactions.height == 4
    assert shell.user_ns["mine"] is result
    assert callable(shell.user_ns["initialize"])


def test_a_cell_can_ask_for_the_compat_report(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = shell.run_cell_magic("rustybt", f"{PERIOD} --compat-report", STRATEGY)
    assert result.transactions.height == 4
    assert "year_of_252 RustyBT's differs" in " ".join(capsys.readouterr().out.split())


def test_functions_of_the_notebook_are_run(shell: Any) -> None:
    shell.run_cell(STRATEGY)
    assert shell.run_line_magic("rustybt", PERIOD).transactions.height == 4


def test_a_zipline_script_in_a_cell_gives_the_frame(shell: Any) -> None:
    cell = STRATEGY.replace("rustybt.api", "zipline.api")
    perf = shell.run_cell_magic("rustybt", f"--zipline {PERIOD} --no-benchmark", cell)
    assert perf["positions"].iloc[-1][0]["amount"] == 4


def test_what_is_missing_is_said(shell: Any) -> None:
    from rustybt.errors import InputError

    with pytest.raises(InputError, match="The notebook defines no strategy"):
        shell.run_line_magic("rustybt", PERIOD)


def test_a_wrong_option_is_a_line_and_help_is_printed(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from IPython.core.error import UsageError

    for options, said in ((["-e"], "-e"), (["--nonsense"], "--nonsense"), (["--zipline"], "start date")):
        with pytest.raises(UsageError, match=said):
            shell.run_cell_magic("rustybt", " ".join(options), STRATEGY)
    assert shell.run_line_magic("rustybt", "--help") is None
    text = capsys.readouterr().out
    assert "--name" in text
    assert "--algofile" not in text


def test_a_cell_for_zipline_s_own_magic_runs_as_it_stands(shell: Any) -> None:
    cell = STRATEGY.replace("rustybt.api", "zipline.api")
    perf = shell.run_cell_magic("zipline", f"{PERIOD} --no-benchmark", cell)
    assert perf["positions"].iloc[-1][0]["amount"] == 4
    again = shell.run_line_magic("zipline", f"{PERIOD} --no-benchmark")
    assert again["positions"].iloc[-1][0]["amount"] == 4


def test_zipline_s_own_magic_is_left_alone(shell: Any) -> None:
    from rustybt.cli._magic import load_magic

    shell.register_magic_function(lambda line, cell=None: "its own", magic_kind="line_cell", magic_name="zipline")
    load_magic(shell)
    assert shell.run_cell_magic("zipline", "", "pass") == "its own"


def test_what_a_cell_raises_shows_the_cell_and_no_line_of_the_engine(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUSTYBT_TRACEBACK", raising=False)
    with pytest.raises(NameError, match="symbl") as raised:
        shell.run_cell_magic(
            "rustybt", "-s 2010-01-04 -e 2010-01-05", "def handle_data(context, data):\n    symbl('IBM')"
        )
    files = [line.path for line in raised.traceback]
    assert str(files[-1]).endswith("<cell>")
    assert [path for path in files if "rustybt/engine" in str(path)] == []
