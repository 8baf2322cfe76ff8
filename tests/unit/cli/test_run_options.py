"""`rustybt run` takes what `run_algorithm` takes: parameters, prices to fill at, a seed, a picture."""

from __future__ import annotations

import inspect
from decimal import Decimal
from pathlib import Path

import pytest

import rustybt
from rustybt.cli import main
from rustybt.cli._run import run
from tests.unit._small import ingest

STRATEGY = """
from rustybt.api import order, record, symbol

def initialize(context, units=0, **others):
    context.asset, context.units, context.others = symbol("A"), units, others

def handle_data(context, data):
    if context.units and not context.portfolio.positions:
        order(context.asset, context.units)
    record(draw=int(context.rng.integers(10**9)), others=repr(context.others))
"""


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})


def ran(folder: Path, *arguments: str, source: str = STRATEGY, code: int = 0) -> rustybt.Result:
    file = folder / "mine.py"
    file.write_text(source, encoding="utf-8")
    output = folder / f"out-{len(list(folder.iterdir()))}"
    with pytest.raises(SystemExit) as left:
        main(["run", "-f", str(file), "-b", "small", "-o", str(output), *arguments])
    assert left.value.code == code
    return rustybt.Result.load(output)


def test_parameters_reach_initialize_as_what_they_look_like(tmp_path: Path) -> None:
    given = ("units=3", "share=0.25", "name=A B", "on=true", "none=none", "windows=[5, 20]", "text='7'", "minus=-1e-3")
    result = ran(tmp_path, *(part for one in given for part in ("--param", one)))
    expected = {
        "share": Decimal("0.25"),
        "name": "A B",
        "on": True,
        "none": None,
        "windows": [5, 20],
        "text": "7",
        "minus": Decimal("-0.001"),
    }
    assert result.recorded["others"][-1] == repr(expected).replace("Decimal('-0.001')", "Decimal('-0.001')")
    assert result.transactions["amount"].to_list() == [Decimal(3)]
    floats = ran(tmp_path, "-p", "share=0.25", "--numbers", "float")
    assert floats.recorded["others"][-1] == "{'share': 0.25}"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["days"], "pass a name, an equals sign and a value"),
        (["1st=2"], "pass a name, an equals sign and a value"),
        (["n=1", "n=2"], "--param n was given twice"),
        (["wrong=1", "units=2"], None),
    ],
)
def test_a_parameter_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], told: str | None
) -> None:
    arguments = [part for one in given for part in ("-p", one)]
    if told is None:
        ran(tmp_path, *arguments)
        return
    (tmp_path / "mine.py").write_text(STRATEGY, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["run", "-f", str(tmp_path / "mine.py"), "-b", "small", *arguments])
    assert left.value.code == 1
    assert told in capsys.readouterr().err


def test_capital_is_a_hundred_thousand_where_none_is_given(tmp_path: Path) -> None:
    assert ran(tmp_path).manifest["capital_base"] == "100000"


def test_how_a_bar_is_read_reaches_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ran(tmp_path, "--trigger", "range", "--same-bar", "path:ohlc", "--touch", "through")
    assert [result.manifest[name] for name in ("same_bar", "touch")] == ["path:ohlc", "through"]
    with pytest.raises(SystemExit) as left:
        main(["run", "-f", str(tmp_path / "mine.py"), "-b", "small", "--trigger", "range", "--resolve", "1m"])
    assert left.value.code == 1
    assert "resolve='1m': bundle 'small' has only 1d bars" in capsys.readouterr().err


def test_prices_to_fill_at_triggers_and_seed_reach_the_run(tmp_path: Path) -> None:
    result = ran(tmp_path, "--fill-at", "open", "--trigger", "range", "--seed", "7", "--benchmark", "A")
    chosen = {name: result.manifest[name] for name in ("fill_at", "trigger", "seed", "benchmark")}
    assert chosen == {"fill_at": "open", "trigger": "range", "seed": 7, "benchmark": "A"}
    assert result.recorded["draw"][0] != ran(tmp_path, "--seed", "8").recorded["draw"][0]


def test_a_picture_is_drawn_where_asked(tmp_path: Path) -> None:
    ran(tmp_path, "--plot", str(tmp_path / "mine.png"))
    assert (tmp_path / "mine.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_of_bars_is_run_on_without_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bars = tmp_path / "A.csv"
    # no sessions of New York
    rows = [f"2024-07-0{day},{day},{day},{day},{day},100000" for day in (3, 4, 5)]
    bars.write_text("\n".join(["date,open,high,low,close,volume", *rows]) + "\n")
    (tmp_path / "mine.py").write_text(STRATEGY)
    given = ["run", "-f", str(tmp_path / "mine.py"), "--data", str(bars), "-p", "units=2", "-o", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as left:
        main(given)
    assert left.value.code == 1
    assert "2024-07-04" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        main([*given, "--trading-calendar", "XLON"])
    assert left.value.code == 0
    result = rustybt.Result.load(tmp_path / "out")
    # two units on the second day's close of 4, 5 basis points above it
    assert result.transactions.select("amount", "price").rows() == [(2, Decimal("4.002"))]
    assert (result.manifest["bundle"], result.manifest["calendar"]) == ("data", "XLON")
    with pytest.raises(SystemExit):
        main([*given[:-2], "-b", "small"])
    assert "data= and bundle= were both given" in capsys.readouterr().err


OWN_RUNS = {
    "import rustybt\nrustybt.run_algorithm(initialize=initialize)": 12,
    "from rustybt import run_algorithm as go\nif True:\n    result = go(initialize=initialize)": 13,
    "import rustybt as rb\nprint(rb.run_algorithm(initialize=initialize))": 12,
    "from zipline import run_algorithm\n\nrun_algorithm()": 13,
}
NO_OWN_RUNS = (
    "import rustybt\nif __name__ == '__main__':\n    rustybt.run_algorithm(initialize=initialize)",
    "import rustybt\ndef research():\n    return rustybt.run_algorithm(initialize=initialize)",
    "def run_algorithm():\n    pass\nrun_algorithm()",
)


@pytest.mark.parametrize(("text", "line"), OWN_RUNS.items())
def test_a_file_that_runs_itself_is_told_and_not_run_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: int
) -> None:
    (tmp_path / "mine.py").write_text(STRATEGY + text, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["run", "-f", str(tmp_path / "mine.py"), "-b", "small"])
    assert left.value.code == 1
    assert f"line {line} runs a backtest itself" in capsys.readouterr().err


@pytest.mark.parametrize("text", NO_OWN_RUNS)
def test_a_file_that_could_run_itself_as_a_script_is_run(tmp_path: Path, text: str) -> None:
    assert ran(tmp_path, source=STRATEGY + text).daily.height == 5


def test_every_parameter_of_the_function_that_text_can_say_is_an_option() -> None:
    of_objects = {
        "initialize",
        "handle_data",
        "before_trading_start",
        "analyze",
        "on_order",
        "strategy",
        "environ",
        "blotter",
        "metrics_set",
        "capital_changes",
        "custom_loader",
        "keep_strategy",  # --compat-report
        "market",
    }
    of_zipline = {
        "bundle_timestamp",
        "default_extension",
        "extensions",
        "strict_extensions",
        "emission_rate",
    }
    options = {parameter.name for parameter in run.params}
    options |= {"benchmark_returns", "benchmark"} if {"benchmark_file", "benchmark_symbol"} <= options else set()
    wanted = set(inspect.signature(rustybt.run_algorithm).parameters)
    assert wanted - of_objects - of_zipline - options == set()
