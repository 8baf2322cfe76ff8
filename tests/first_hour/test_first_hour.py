"""The first hour in an empty environment: a frame, a strategy, figures, a picture, saved runs, the command line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.first_hour.conftest import Place

BOUND = 60
"""Seconds from the start of the process to the picture, on machines that have other things to do too. The goal is 5 on
one that has not; `docs/performance/README.md` says what it takes."""
STEPS = re.compile(r"^step (\w+): ([0-9.]+) s$", re.MULTILINE)

STRATEGY = """
from rustybt.api import order_target_percent, symbol


def initialize(context, days=40):
    context.stock, context.days = symbol("ACME"), days


def handle_data(context, data):
    closes = data.history(context.stock, "close", context.days, "1d")
    order_target_percent(context.stock, 1 if closes[-1] > closes.mean() else 0)
"""


@pytest.fixture
def hour(place: Place) -> str:
    """What the script of the first hour prints."""
    shutil.copy(Path(__file__).with_name("hour.py"), place.folder)
    return place.run("python", "hour.py")


def test_the_environment_has_what_the_wheel_has(place: Place, checkout: Path) -> None:
    where = place.run("python", "-c", "import rustybt; print(rustybt.__file__)").strip()
    assert "site-packages" in where
    assert checkout not in Path(where).parents
    assert place.run("rustybt", "--version").startswith("rustybt ")
    assert place.run("rustybt", "runs", "list").startswith("No saved results in ")
    assert place.run("rustybt", "bundles").endswith("Begin with: rustybt ingest sample\n")


def test_from_a_frame_to_the_picture_and_the_saved_run(place: Place, hour: str) -> None:
    took = {name: float(seconds) for name, seconds in STEPS.findall(hour)}
    assert list(took) == ["import", "frame", "run", "figures", "picture", "again"]
    until = sum(took.values()) - took["again"]
    print(hour, f"from the start of the process to the picture: {until:.2f} s", sep="\n")
    assert until < BOUND
    assert re.search(r"^cross  2025-03-03 to 2025-12-31$", hour, re.MULTILINE)
    for figure in ("Total return", "Sharpe ratio", "Max drawdown", "Value at the end"):
        assert re.search(rf"^{figure} +-?[0-9,.]+( USD|%)?$", hour, re.MULTILINE), figure
    assert (place.folder / "run.png").read_bytes().startswith(b"\x89PNG")
    # nothing of the data is kept, and nothing lies around but what was asked for
    root = place.folder.parent / "root"
    assert sorted(path.name for path in root.iterdir()) == ["runs"]
    assert sorted(path.name for path in place.folder.iterdir()) == ["hour.py", "run.png"]
    (saved,) = (root / "runs").iterdir()
    assert f"saved {saved}" in hour
    assert saved.name.startswith("cross-")


def test_saved_runs_are_listed_shown_drawn_compared_and_deleted(place: Place, hour: str) -> None:
    assert re.search(r"cross +data +2025-03-03 +2025-12-31", place.run("rustybt", "runs", "list"))
    shown = place.run("rustybt", "runs", "show")
    assert "Total return" in shown
    assert re.search(r"^data_hash +[0-9a-f]{16}", shown, re.MULTILINE)
    place.run("rustybt", "runs", "plot", "latest", "-o", "latest.png")
    assert (place.folder / "latest.png").read_bytes().startswith(b"\x89PNG")
    script = place.folder / "hour.py"
    script.write_text(script.read_text().replace('"close", 40', '"close", 20').replace("assert rustybt.run", "# "))
    place.run("python", "hour.py")
    told = place.run("rustybt", "runs", "diff", *names(place), ends=1)
    assert "Their books differ from entry" in told
    assert "strategy_sha256" in told
    for name in names(place):
        place.run("rustybt", "runs", "rm", "--yes", name)
    assert place.run("rustybt", "runs", "list").startswith("No saved results in ")


def names(place: Place) -> list[str]:
    """Of the saved runs, the oldest first."""
    return sorted(path.name for path in (place.folder.parent / "root" / "runs").iterdir())


def test_the_same_by_the_command_line(place: Place) -> None:
    days = [f"2025-03-{day:02}" for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)]
    rows = [f"{day},{price},{price + 1},{price - 1},{price},100000" for price, day in enumerate(days, 10)]
    (place.folder / "ACME.csv").write_text("\n".join(["Date,Open,High,Low,Close,Volume", *rows]) + "\n")
    (place.folder / "strategy.py").write_text(STRATEGY)
    place.run("rustybt", "ingest", "csv", "ACME.csv", "--bundle", "mine")
    assert re.search(r"^mine +1d +2025-03-03 +2025-03-14 +10 +1 ", place.run("rustybt", "bundles"), re.MULTILINE)
    order = ("rustybt", "run", "-f", "strategy.py", "-b", "mine", "-s", "2025-03-05", "--plot", "run.png")
    printed = place.run(*order, "--param", "days=3")
    assert re.search(r"^strategy  2025-03-05 to 2025-03-14$", printed, re.MULTILINE)
    # 100,000 / 12 on the first day, at 13 on the next
    assert "saved to " in printed
    assert (place.folder / "run.png").exists()
    told = place.run(*order, "--param", "days=9", ends=1)
    assert "start='2025-03-13'" in told
