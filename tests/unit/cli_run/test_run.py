"""`rustybt run`: what it prints, what it leaves behind, and how it fails; thrice as a whole process."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import rustybt
from tests.unit._command import Done, command
from tests.unit._small import ingest

FUNCTIONS = """
from rustybt.api import order_target_percent, record, symbol

def initialize(context):
    context.asset = symbol("A")

def handle_data(context, data):
    order_target_percent(context.asset, 0.5)
    record(price=data.current(context.asset, "price"))
"""
CLASS = """
import rustybt
from rustybt import Strategy

class HalfOfIt(Strategy):
    def initialize(self, context):
        context.asset = context.symbol("A")

    def handle_data(self, context, data):
        context.order_target_percent(context.asset, "0.5")
"""


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})


def options(folder: Path, source: str | None, *arguments: str) -> list[str]:
    """`run` on a file with that source; with None there is no such file."""
    file = folder / "mine.py"
    if source is not None:
        file.write_text(source, encoding="utf-8")
    return ["run", "-f", str(file), "-b", "small", "-s", "2021-02-01", "-e", "2021-02-05", *arguments]


def run(folder: Path, source: str | None, *arguments: str) -> Done:
    return command(*options(folder, source, *arguments))


def process(folder: Path, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own."""
    given = [sys.executable, "-m", "rustybt", *options(folder, source, *arguments)]
    return subprocess.run(given, capture_output=True, encoding="utf-8", check=False, env=dict(os.environ))


@pytest.mark.parametrize(("how", "source", "name"), [(process, FUNCTIONS, "mine"), (run, CLASS, "HalfOfIt")])
def test_a_strategy_file_runs_and_its_result_is_saved(tmp_path: Path, how: Any, source: str, name: str) -> None:
    done = how(tmp_path, source, "-o", str(tmp_path / "out"), "--capital-base", "1000")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "out") in done.stdout
    assert "Traceback" not in done.stderr
    result = rustybt.Result.load(tmp_path / "out")
    # 0.5 x 1000 / 8 = 62.5: 62 units, at 9 with 5 basis points
    assert result.transactions.select("amount", "price").row(0) == (Decimal(62), Decimal("9.0045"))
    assert (result.manifest["strategy"], result.manifest["bundle"]) == (name, "small")
    assert len(result.manifest["strategy_sha256"]) == 64


@pytest.mark.parametrize(("variable", "coloured"), [("FORCE_COLOR", True), ("NO_COLOR", False), (None, False)])
def test_figures_are_a_table_and_losses_red_where_colours_can_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, coloured: bool
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    if variable is not None:
        monkeypatch.setenv(variable, "1")
    falling = FUNCTIONS.replace("0.5", "-0.5")
    done = run(tmp_path, falling, "-o", str(tmp_path / "out"), "--capital-base", "1000")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert ("\x1b[31m" in done.stdout) == coloured
    assert ("\x1b" in done.stdout) == coloured
    if not coloured:
        assert lines[0] == "mine  2021-02-01 to 2021-02-05"
        table = lines[1 : lines.index(next(line for line in lines if line.startswith("Ledger hash"))) + 1]
        assert len({len(line) for line in table}) == 1
        assert [line for line in table if line.startswith("Transactions ") and line.endswith(" 4")]


def test_notes_are_printed_below_the_figures(tmp_path: Path) -> None:
    done = run(tmp_path, "def handle_data(context, data):\n    pass\n")
    lines = done.stdout.splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.startswith("note no_orders: No order was placed"))
    assert lines[place - 1].startswith("Ledger hash")
    assert lines[place + 1].startswith("saved to")


def test_without_a_folder_the_result_is_saved_with_the_runs(tmp_path: Path) -> None:
    done = run(tmp_path, FUNCTIONS)
    assert done.returncode == 0, done.stderr
    place = Path(done.stdout.strip().rpartition("saved to ")[2].replace("\n", ""))
    assert place.is_relative_to(os.environ["RUSTYBT_ROOT"])
    assert rustybt.Result.load(place).transactions.height > 0


def test_the_options_reach_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = run(tmp_path, FUNCTIONS, "-o", str(folder), "--compat", "zipline", "--numbers", "float", "--no-progress")
    assert done.returncode == 0, done.stderr
    manifest = rustybt.Result.load(folder).manifest
    assert set(manifest["compat"].values()) == {True}
    assert manifest["numbers"] == "float"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (None, "does not exist"),
        ("def initialize(context)\n    pass\n", "line 1"),
        ("x = 1\n", "no strategy"),
        (CLASS + "\nclass Other(Strategy):\n    pass\n", "several strategies"),
        ("import rustybt\n" + FUNCTIONS.replace('"A"', '"AX"'), "AX"),
    ],
)
def test_what_is_wrong_is_a_message_and_no_traceback(tmp_path: Path, source: str | None, says: str) -> None:
    done = run(tmp_path, source)
    assert done.returncode == 1
    assert says in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_strategy_that_raises_is_shown_with_its_own_lines_and_the_moment(tmp_path: Path) -> None:
    source = FUNCTIONS + "    if len(context.portfolio.positions):\n        raise ValueError('enough of this')\n"
    done = run(tmp_path, source, "-o", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "ValueError: enough of this" in done.stderr
    assert "line 11" in done.stderr
    assert "raise ValueError('enough of this')" in done.stderr
    assert "2021-02-03" in done.stderr
    assert "_loop.py" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_message_says_which_line_of_the_strategy_led_to_it(tmp_path: Path) -> None:
    done = run(tmp_path, FUNCTIONS.replace('"A"', '"B"'))
    assert done.returncode == 1
    assert """mine.py, line 5, in initialize: context.asset = symbol("B")""" in done.stderr


@pytest.mark.parametrize("line", ["import zipline.api", "raise RuntimeError('zipline api method symbol must be ...')"])
def test_a_script_for_zipline_is_told_how_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setitem(sys.modules, "zipline", None)  # an installed Zipline is kept out of sight
    done = run(tmp_path, f"{line}\n{FUNCTIONS}")
    assert done.returncode == 1
    assert "run it with --zipline" in done.stderr
    assert "line 1" in done.stderr
    assert "click" not in done.stderr


def test_a_strategy_can_import_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "weights_of_mine.py").write_text("HALF = 0.5")
    done = run(tmp_path, "from weights_of_mine import HALF\n" + FUNCTIONS.replace("0.5", "HALF"))
    assert done.returncode == 0, done.stderr


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    done = run(tmp_path, FUNCTIONS, "-o", str(folder))
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-b", "nowhere"], "nowhere"),
        (["-s", "soon"], "soon"),
        (["--capital-base", "much"], "much"),
        (["--data-frequency", "minute"], "1m"),
    ],
)
def test_an_option_that_can_not_be_is_a_message(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = run(tmp_path, FUNCTIONS, *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_option_that_is_missing_is_named(tmp_path: Path) -> None:
    done = command("run")
    assert done.returncode == 2
    assert "--algofile" in done.stderr


def test_a_run_imports_no_pandas_and_no_calendar_library(tmp_path: Path) -> None:
    watch = FUNCTIONS + (
        "\ndef analyze(context, perf):\n"
        "    import sys\n"
        "    print(sorted({'pandas', 'exchange_calendars', 'pyarrow', 'matplotlib'} & set(sys.modules)))\n"
    )
    done = process(tmp_path, watch)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[]"


def test_a_run_can_be_compared_with_an_asset_or_a_file(tmp_path: Path) -> None:
    returns = tmp_path / "returns.csv"
    returns.write_text("date,return\n2021-02-01,0.25\n2021-02-03,-0.5\n", encoding="utf-8")
    done = run(tmp_path, FUNCTIONS, "-o", str(tmp_path / "a"), "--benchmark-file", str(returns))
    assert done.returncode == 0, done.stderr
    found = rustybt.Result.load(tmp_path / "a").daily["benchmark_returns"].to_list()
    assert found == [Decimal("0.25"), 0, Decimal("-0.5"), 0, 0]
    done = run(tmp_path, FUNCTIONS, "--benchmark-symbol", "A", "--benchmark-sid", "0")
    assert "Pass one of them" in done.stderr
    done = run(tmp_path, FUNCTIONS, "-o", str(tmp_path / "b"), "--benchmark-symbol", "A")
    assert done.returncode == 0, done.stderr
    assert rustybt.Result.load(tmp_path / "b").daily["benchmark_returns"][1] == Decimal("0.125")


def test_the_compat_report_is_printed(tmp_path: Path) -> None:
    done = run(tmp_path, FUNCTIONS, "-o", str(tmp_path / "out"), "--compat-report", "--diagnostics")
    assert "info short_run: The run has" in done.stdout
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "limits_can_slip RustyBT's the same" in said
    assert "year_of_252 RustyBT's differs" in said


def test_the_collector_passes_over_what_a_run_imports_and_goes_on(tmp_path: Path) -> None:
    source = "import gc\n" + FUNCTIONS.replace(
        'context.asset = symbol("A")',
        'context.asset = symbol("A")\n    print("collects:", gc.isenabled(), gc.get_freeze_count() > 50_000)',
    )
    done = process(tmp_path, source, "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "collects: True True" in done.stdout


def test_a_process_that_did_something_before_keeps_its_collector_as_it_is() -> None:
    import gc

    from rustybt.cli._importing import importing

    frozen = gc.get_freeze_count()
    with importing():
        assert gc.isenabled()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, frozen)


def test_a_run_whose_analyze_fails_is_saved_all_the_same(tmp_path: Path) -> None:
    source = FUNCTIONS + "\ndef analyze(context, result):\n    raise KeyError('column')\n"
    done = run(tmp_path, source, "-o", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "raised KeyError" in done.stderr
    assert "result" not in done.stderr
    assert f"saved to {tmp_path / 'out'}" in done.stdout
    assert rustybt.Result.load(tmp_path / "out").daily.height == 5
