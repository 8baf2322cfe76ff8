"""A script with Zipline's own import lines: by command, by module, and twice in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rustybt.errors import InputError
from rustybt.zipline._alias import as_zipline
from rustybt.zipline._script import run_script
from rustybt.zipline.command import run
from rustybt.zipline.data.bundles.core import bundles, unregister
from tests.unit._command import Done, command, zipline_command
from tests.unit._small import DAYS, ingest

SCRIPT = '''
"""Buys one of A a day."""
from zipline.api import order, record, symbol
import zipline.finance.commission as fees

def initialize(context):
    context.asset = symbol("A")
    context.set_commission(fees.PerShare(cost=0.5))

def handle_data(context, data):
    order(context.asset, 1)
    record(price=data.current(context.asset, "price"), one=globals().get("one"))

def analyze(context, perf):
    from zipline.api import get_datetime
    print("analyzed", len(perf), get_datetime().date())

def _test_args():
    raise AssertionError("nobody calls this")
'''


@pytest.fixture(autouse=True)
def small() -> None:
    ingest({"A": ["8", "9", "10", "11", "12"]})


def process(module: str, *arguments: str) -> Any:
    """A module with these arguments, in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def here(module: str, *arguments: str) -> Done:
    """The same in this process."""
    return (zipline_command if module == "rustybt.zipline" else command)(*arguments)


DATES = ["-s", str(DAYS[0]), "-e", str(DAYS[4])]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("how", "way"),
    [
        (here, ("rustybt", "run", "--zipline", "-f")),
        (process, ("rustybt.zipline",)),
        (here, ("rustybt.zipline", "--no-default-extension", "run", "-f")),
    ],
)
def test_a_script_runs_unmodified_and_its_frame_is_pickled(
    how: Any, way: tuple[str, ...], script: Path, tmp_path: Path
) -> None:
    done = how(*way, str(script), "-b", "small", "-o", str(tmp_path / "perf.pickle"), "--capital-base", "1000", *DATES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["analyzed", "5", "2021-02-06"]
    perf = pd.read_pickle(tmp_path / "perf.pickle")
    assert perf["price"].tolist() == [8.0, 9.0, 10.0, 11.0, 12.0]
    # each order fills a day later at the close and 5 basis points, and costs half a unit of money
    assert perf["ending_cash"].iloc[-1] == pytest.approx(1000 - (9 + 10 + 11 + 12) * 1.0005 - 4 * 0.5, abs=1e-9)
    assert perf["positions"].iloc[-1][0]["sid"].symbol == "A"
    assert done.stderr.count("What differs: docs/coming_from_zipline.md") == 1


def test_the_frame_is_printed_and_the_notice_can_be_hidden(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ZIPLINE_NOTICE", "0")
    done = command("run", "--zipline", "-f", str(script), "-b", "small", "--no-benchmark", "--print-algo", *DATES)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert SCRIPT in done.stdout
    assert "[5 rows x" in done.stdout


def test_a_text_and_definitions_run(tmp_path: Path) -> None:
    place = tmp_path / "perf.pickle"
    given = ["-t", SCRIPT, "-D", "one=1", "-D", "two=one + 1", "-b", "small", "-o", str(place)]
    done = zipline_command(*given, *DATES)
    assert done.returncode == 0, done.stderr
    assert pd.read_pickle(place)["one"].tolist() == [1.0] * 5


def test_the_default_bundle_is_said_to_be_the_sample(script: Path) -> None:
    text = "def initialize(context): pass"
    done = zipline_command("-t", text, "-s", "2004-01-02", "-e", "2004-01-09", "-o", os.devnull)
    assert done.returncode == 0, done.stderr
    assert "on bundle 'sample'" in done.stderr
    assert "no bundle 'quandl'" in done.stderr


def test_an_unknown_bundle_points_at_the_list(script: Path) -> None:
    done = command("run", "--zipline", "-f", str(script), "-b", "nope", *DATES)
    assert done.returncode == 1
    assert "No bundle 'nope'" in done.stderr
    assert "`rustybt bundles`" in done.stderr
    assert "rustybt ingest zipline --bundle nope" in done.stderr


def test_what_a_script_raises_is_shown_with_its_own_lines(tmp_path: Path) -> None:
    given = ["-b", "small", *DATES, "-t"]
    done = zipline_command(*given, "def handle_data(context, data):\n    data.current(1, 2)\n")
    assert done.returncode == 1
    done = zipline_command(*given, "def initialize(context):\n    1 / 0\n")
    assert done.returncode == 1
    assert 'File "<algorithm>", line 2, in initialize\n    1 / 0' in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "rustybt/engine" not in done.stderr


def test_missing_dates_and_scripts_are_told_in_zipline_s_words(script: Path) -> None:
    for arguments, said in (
        (["-f", str(script), "-e", "2021-02-05"], "must specify the start date"),
        (["-s", "2021-02-01", "-e", "2021-02-05"], "must specify exactly one of '-f' / '--algofile'"),
    ):
        done = zipline_command(*arguments)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_script_without_callbacks_or_with_a_typo_is_refused() -> None:
    options = {"start": DAYS[0], "end": DAYS[1], "capital_base": 1_000, "bundle": "small"}
    with pytest.raises(InputError, match="defines none of initialize, handle_data"):
        run_script("x = 1", **options)
    with pytest.raises(InputError, match="<algorithm>, line 1"):
        run_script("def (", **options)
    with pytest.raises(InputError, match=r"-D 'one': write name=value"):
        run_script(SCRIPT, defines=["one"], **options)


def test_an_inner_module_of_zipline_is_missing_with_a_reason() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"zipline\.lib.*coming_from_zipline"):
        run_script("import zipline.lib.adjustment", start=DAYS[0], end=DAYS[1], capital_base=1, bundle="small")


def test_within_the_alias_zipline_is_ours_and_outside_of_it_what_it_was() -> None:
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "zipline"}
    import rustybt.zipline.finance.commission as ours

    spec = ours.__spec__
    with as_zipline():
        import zipline
        import zipline.finance.commission as theirs
        from zipline.finance import commission

        assert theirs is commission is ours
        assert zipline is sys.modules["rustybt.zipline"]
        with as_zipline():
            import zipline.api
        assert sys.modules["zipline.api"] is sys.modules["rustybt.zipline.api"]
    assert ours.__spec__ is spec
    after = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "zipline"}
    assert after == before


def test_scripts_run_side_by_side_in_threads() -> None:
    frames: dict[int, float] = {}

    def run(amount: int) -> None:
        text = SCRIPT.replace("order(context.asset, 1)", f"order(context.asset, {amount})")
        options = {"start": DAYS[0], "end": DAYS[4], "capital_base": 1_000, "bundle": "small"}
        frames[amount] = run_script(text, **options)["positions"].iloc[-1][0]["amount"]

    threads = [threading.Thread(target=run, args=(amount,)) for amount in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert frames == {1: 4, 2: 8, 3: 12}
    assert not [name for name in sys.modules if name == "zipline" and sys.modules[name].__name__ == "rustybt.zipline"]


PROGRAM = """
import sys
import pandas as pd
from zipline import run_algorithm
from zipline.api import order, symbol
from helper import UNITS

def initialize(context):
    context.asset = symbol("A")

def handle_data(context, data):
    order(context.asset, UNITS)

if __name__ == "__main__":
    start, end = pd.Timestamp("2021-02-01"), pd.Timestamp("2021-02-05")
    perf = run_algorithm(start, end, initialize, 1000, handle_data, bundle="small")
    print("held", perf["positions"].iloc[-1][0]["amount"])
"""


@pytest.mark.parametrize(
    ("how", "way"),
    [
        (process, ["rustybt.zipline"]),
        (here, ["rustybt.zipline", "-f"]),
        (here, ["rustybt", "run", "--zipline", "-f"]),
    ],
)
def test_a_script_that_runs_itself_runs_as_by_python_itself(
    how: Any, way: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "helper", raising=False)
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "helper.py").write_text("UNITS = 3", encoding="utf-8")
    done = how(*way, str(path))
    sys.modules.pop("helper", None)
    assert done.stdout == "held 12\n", done.stderr
    assert "on bundle 'small'" in done.stderr


def test_zipline_s_commands_about_bundles_are_there(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    extension = tmp_path / "extension.py"
    extension.write_text(
        """
import pandas as pd
from zipline.data.bundles import register

def ingest(environ, assets, minutes, days, adjustments, *rest):
    sessions = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    prices = dict.fromkeys(("open", "high", "low", "close"), 1.5)
    days.write([(0, pd.DataFrame({**prices, "volume": 10}, index=sessions))])
    equity = {"symbol": "Z", "start_date": sessions[0], "end_date": sessions[1], "exchange": "NYSE"}
    assets.write(equities=pd.DataFrame([equity]))
    adjustments.write()

register("mine", ingest)
""",
        encoding="utf-8",
    )

    def zipline(*arguments: str) -> str:
        done = zipline_command("-e", str(extension), *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    others = set(bundles)  # that tests of this process have registered, and csvdir
    request.addfinalizer(lambda: unregister("mine"))
    assert "bundle 'mine'" in zipline("ingest", "-b", "mine", "--no-show-progress")
    listed = zipline("bundles").splitlines()
    assert "csvdir <no ingestions>" in listed
    assert "csvdir" in others
    assert [line.split()[0] for line in listed] == sorted({*others, "mine", "small"})
    assert zipline("clean", "-b", "mine", "-k", "0").startswith("Deleted ")
    assert "mine <no ingestions>" in zipline("bundles").splitlines()


@pytest.mark.parametrize(("line", "told"), [("", True), ("    context.set_benchmark(context.asset)\n", False)])
def test_that_there_is_no_benchmark_is_told_unless_the_script_sets_one(
    line: str, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SCRIPT.replace("    context.set_commission", f"{line}    context.set_commission")
    days = ["-s", str(DAYS[0]), "-e", str(DAYS[4])]
    run.main(["-t", text, "-o", os.devnull, "-b", "small", *days], standalone_mode=False)
    assert ("no benchmark was given" in capsys.readouterr().err) is told


def test_a_script_may_set_the_name_of_a_function_and_none_of_contexts_own_values(tmp_path: Path) -> None:
    """As in Zipline, whose portfolio, account and recorded_vars are properties, and whose functions are attributes."""
    path = tmp_path / "names.py"
    path.write_text(
        "from zipline.api import order, symbol\n"
        "def initialize(context):\n"
        "    context.symbol, context.refused = symbol('A'), []\n"
        "    for name in ('portfolio', 'account', 'recorded_vars', 'datetime'):\n"
        "        try:\n"
        "            setattr(context, name, 5)\n"
        "        except AttributeError as error:\n"
        "            context.refused.append(str(error)[:20])\n"
        "def handle_data(context, data):\n"
        "    order(context.symbol, 1)\n"
        "def analyze(context, perf):\n"
        "    print(len(perf.orders.iloc[-1]), *context.refused, sep='; ')\n",
        encoding="utf-8",
    )
    done = zipline_command("-b", "small", "-f", str(path), *DATES)
    names = ("portfolio = 5", "account = 5: `", "recorded_var", "datetime = 5:")
    assert done.stdout.splitlines()[0] == "; ".join(["2", *(f"context.{name}"[:20] for name in names)]), done
