"""The examples: each runs as a script and through `rustybt run`, and says what it says it does; in this process."""

from __future__ import annotations

import csv
import gzip
import os
import runpy
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

import rustybt
import rustybt.catalog
from rustybt.api import execution
from rustybt.cli._main import cli
from tests.unit._command import command

EXAMPLES = Path(__file__).parents[2] / "examples"
FOR_ZIPLINE = EXAMPLES / "zipline_script.py"
SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if path != FOR_ZIPLINE)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with the sample, for all tests of this file."""
    place = tmp_path_factory.mktemp("examples")
    rustybt.ingest_sample(place)
    return place


@pytest.fixture(autouse=True)
def _there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    monkeypatch.chdir(root)


def script_run(script: Path) -> str:
    """What a file prints that is run as a script."""
    printed = StringIO()
    with redirect_stdout(printed):
        runpy.run_path(str(script), run_name="__main__")
    return printed.getvalue()


def rustybt_run(script: Path, output: Path) -> str:
    """What the line of a script's docstring prints. output: where the result goes."""
    done = command(*command_of(script), "-o", str(output))
    assert done.returncode == 0, done.stderr
    return done.stdout


def command_of(script: Path) -> list[str]:
    """The arguments of the `rustybt run` line in a script's docstring."""
    line = next(x.strip() for x in script.read_text(encoding="utf-8").splitlines() if x.strip().startswith("rustybt "))
    _, *arguments = shlex.split(line)
    return [str(script) if x.startswith("examples/") else x for x in arguments]


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of the sample, as text."""
    path = Path(rustybt.__file__).parent / "sample" / name
    with gzip.open(path, "rt", encoding="utf-8") if name.endswith(".gz") else path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_there_are_examples_and_the_readme_lists_each():
    assert len(SCRIPTS) >= 4
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    places = [path for path in EXAMPLES.iterdir() if path.name != "README.md" and not path.name.startswith((".", "_"))]
    lines = {f"| [{path.name}](" if path.is_file() else f"| [{path.name}/](" for path in places}
    assert [line for line in lines if line not in readme] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_an_example_runs_as_a_script(script: Path):
    assert "Sharpe ratio" in script_run(script)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_command_in_its_docstring_runs_too(tmp_path: Path, script: Path):
    assert "Ledger hash" in rustybt_run(script, tmp_path / "result")
    result = rustybt.Result.load(tmp_path / "result")
    assert result.transactions.height > 0
    assert result.manifest["strategy"].replace("_", "").lower() == script.stem.replace("_", "")


def test_the_script_for_zipline_runs_as_both_lines_of_its_docstring_say(tmp_path: Path):
    printed = rustybt_run(FOR_ZIPLINE, tmp_path / "perf.pickle")
    assert "portfolio_value" in printed
    assert (tmp_path / "perf.pickle").is_file()
    line = next(x for x in FOR_ZIPLINE.read_text(encoding="utf-8").splitlines() if x.startswith("python -m "))
    arguments = [str(FOR_ZIPLINE) if x.startswith("examples/") else x for x in shlex.split(line)[1:]]
    start, end = (arguments[arguments.index(option) + 1] for option in ("-s", "-e"))
    sessions = {row["date"] for row in rows_of("bars.csv.gz") if start <= row["date"] <= end}
    # the shim stands in for Zipline's modules, which is a process's own matter
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, encoding="utf-8", timeout=120, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"[{len(sessions)} rows x" in done.stdout


def test_buy_and_hold_ends_with_what_arithmetic_on_the_sample_says(tmp_path: Path):
    """Worked out from the sample's text: one purchase, the split, the dividends, the last close."""
    rustybt_run(EXAMPLES / "buy_and_hold.py", tmp_path / "result")
    result = rustybt.Result.load(tmp_path / "result")
    closes = {row["date"]: Fraction(row["close"]) for row in rows_of("bars.csv.gz") if row["symbol"] == "AAPL"}
    held_from, sized_on, last = "2004-01-05", "2004-01-02", "2012-12-31"
    shares = Fraction(99, 100) * 100_000 // closes[sized_on]
    paid = shares * closes[held_from] * Fraction(10_005, 10_000) + shares * Fraction(1, 1000)
    for row in rows_of("splits.csv"):
        if row["symbol"] == "AAPL" and held_from < row["ex_date"] <= last:
            shares /= Fraction(row["ratio"])
    earned = [
        Fraction(row["amount"])
        for row in rows_of("dividends.csv")
        if row["symbol"] == "AAPL" and held_from < row["ex_date"] <= last
    ]
    assert len(earned) == 2
    value = 100_000 - paid + shares * (sum(earned) + closes[last])
    assert Fraction(result.metrics["final_value"]) == value


def test_a_bid_of_the_limit_example_never_fills_above_its_limit(tmp_path: Path):
    rustybt_run(EXAMPLES / "limit_orders.py", tmp_path / "result")
    result = rustybt.Result.load(tmp_path / "result")
    limits: dict[str, Decimal | None] = dict(result.orders.select("id", "limit").iter_rows())
    bids = [
        (price, limits[order])
        for order, amount, price in result.transactions.select("order_id", "amount", "price").iter_rows()
        if amount > 0
    ]
    assert len(bids) > 10
    assert [(price, limit) for price, limit in bids if limit is None or price > limit] == []


FILES = EXAMPLES / "files"
LINES = [line[2:] for line in (FILES / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("$ ")]
READ = {
    "iso": (3, "10.00"),
    "european": (2, "1234.50"),
    "nasdaq": (2, "187.15"),
    "coin": (2, "42283.58"),
    "holes": (3, "10.00"),
}
"""Rows and first open of each file's bundle."""


def test_the_example_of_order_kinds_says_what_bars_of_the_sample_do_to_each():
    """From the sample: opens, lows and highs of MSFT after the close of 35.22 of 2 January 2008."""
    lines = dict(line.split(": ", 1) for line in script_run(EXAMPLES / "order_kinds.py").splitlines() if ": " in line)
    assert lines["MarketOnOpen"] == "filled at 35.24 on 03 Jan", "35.22 and 5 basis points"
    assert lines["LimitOnOpen"] == "cancelled, 100 of 100 were left"
    assert lines["good for the day"] == "cancelled, it was good until then"
    assert lines["post only"].startswith("rejected, post_only")
    named = {name: getattr(execution, name) for name in execution.__all__}
    styles = {
        name for name, one in named.items() if isinstance(one, type) and issubclass(one, execution.ExecutionStyle)
    }
    assert lines.keys() >= styles - {"ExecutionStyle"}


def test_every_file_of_the_examples_has_a_line_that_reads_it():
    named = {shlex.split(line)[3] for line in LINES}
    assert named == {path.name for path in FILES.iterdir()} - {"README.md"}


@pytest.mark.parametrize("line", LINES, ids=lambda line: shlex.split(line)[3])
def test_a_file_of_the_examples_is_read_as_its_line_says(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(FILES)
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    arguments = shlex.split(line)[1:]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    bundle = arguments[arguments.index("--bundle") + 1]
    with rustybt.open_version(bundle) as version:
        bars = rustybt.catalog.scan(version, version.frequencies[0]).collect(engine="in-memory")
    assert (bars.height, bars["open"][0]) == (READ[bundle][0], Decimal(READ[bundle][1]))
